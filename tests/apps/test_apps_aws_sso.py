"""A profile of IAM Identity Center: botocore renews its token and fetches its role's keys through our client."""

from __future__ import annotations

import hashlib
import json
import os
import time
from datetime import UTC, datetime, timedelta

import botocore.credentials
import botocore.tokens
import pytest

from casb_cli.apps.aws.credentials import Found
from casb_cli.apps.aws.endpoints import base_urls
from casb_cli.core.errors import SignInNeeded
from casb_cli.transport.calls import Answer


class Sso:
    """Stands behind the plain client: hands out tokens and keys, or refuses the refresh token."""

    def __init__(self, *, refuse=False):
        self.calls, self.refuse = [], refuse

    def send(self, call):
        self.calls.append(call)
        if call.name == "POST /sso-oidc/CreateToken":
            if self.refuse:
                refusal = {"error": "invalid_grant", "error_description": "Invalid refresh token"}
                return self._answer(call, 400, refusal, {"x-amzn-errortype": "InvalidGrantException"})
            given = {"accessToken": "fresh-token", "refreshToken": "next", "expiresIn": 3600, "tokenType": "Bearer"}
            return self._answer(call, 200, given)
        assert call.name == "GET /sso/GetRoleCredentials"
        end = int((time.time() + 3600) * 1000)
        keys = {"accessKeyId": "ASIASSO", "secretAccessKey": "sso-secret", "sessionToken": "sso-session"}
        return self._answer(call, 200, {"roleCredentials": {**keys, "expiration": end}})

    def _answer(self, call, status, body, headers=None):
        known = {"content-type": "application/json", **(headers or {})}
        return Answer(call=call, status=status, headers=known, body=json.dumps(body).encode(), url=call.url)


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def profile(monkeypatch, tmp_path):
    """A profile with a session whose token has just ended, and what renews it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr(botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "config").write_text(
        "[profile audit]\nregion = eu-west-1\nsso_session = work\n"
        "sso_account_id = 123456789012\nsso_role_name = Audit\n"
        "[sso-session work]\nsso_region = eu-central-1\nsso_start_url = https://larkspur.awsapps.test/start\n"
    )
    now = datetime.now(UTC)
    (tmp_path / "cache").mkdir()
    kept = tmp_path / "cache" / f"{hashlib.sha1(b'work').hexdigest()}.json"
    kept.write_text(
        json.dumps(
            {
                "startUrl": "https://larkspur.awsapps.test/start",
                "region": "eu-central-1",
                "accessToken": "old-token",
                "expiresAt": text(now - timedelta(minutes=1)),
                "clientId": "client",
                "clientSecret": "client-secret",
                "registrationExpiresAt": text(now + timedelta(days=30)),
                "refreshToken": "refresh-1",
            }
        )
    )
    return kept


def found(sso):
    return Found(sso, base_urls({"region": "eu-west-1", "profile": "audit"}), profile="audit")


def test_an_ended_token_is_renewed_and_the_roles_keys_are_fetched_by_our_client(profile):
    sso = Sso()
    keys = found(sso).keys()
    assert (keys.access_key, keys.secret_key, keys.token) == ("ASIASSO", "sso-secret", "sso-session")
    renewal, fetch = sso.calls
    assert (renewal.name, renewal.host) == ("POST /sso-oidc/CreateToken", "sso-oidc:eu-central-1")
    assert renewal.url == "https://oidc.eu-central-1.amazonaws.com/token"
    assert json.loads(renewal.content)["refreshToken"] == "refresh-1"
    assert (fetch.name, fetch.host) == ("GET /sso/GetRoleCredentials", "sso:eu-central-1")
    assert fetch.headers["x-amz-sso_bearer_token"] == "fresh-token"
    assert "account_id=123456789012" in fetch.url
    assert "role_name=Audit" in fetch.url
    assert json.loads(profile.read_text())["refreshToken"] == "next", "the next sign-in would be refused"


def test_a_refused_renewal_asks_for_a_new_sign_in(profile):
    sso = Sso(refuse=True)
    with pytest.raises(SignInNeeded) as caught:
        found(sso).keys()
    assert "aws sso login --profile audit" in caught.value.hint
    assert "refresh-1" not in str(caught.value)
    assert [call.name for call in sso.calls] == ["POST /sso-oidc/CreateToken"]
