"""Proof of possession: what RFC 9449 asks of a proof, and how a nonce challenge is met."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from provider_stub import HOSTS, Script, client

from casb_cli.core.errors import SignInNeeded
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.auth.dpop import Bound, Proofs
from casb_cli.transport.auth.endpoint import TokenEndpoint, parse_token
from casb_cli.transport.auth.grants import ClientCredentials
from casb_cli.transport.auth.static import Routed, StaticToken
from casb_cli.transport.auth.tokens import TokenAuthenticator
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.signin import Proving

GET = Call(name="GET /things", query={"a": "b"})
TOKEN = {"token_type": "DPoP", "access_token": "bound-token", "expires_in": 3600, "scope": "things.read"}
CHALLENGE = {"error": "use_dpop_nonce"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("casb_cli.transport.retry.backoff", lambda *_, **__: 0.0)


def read(proof):
    """Return header and claims of a proof whose signature its own key confirms."""
    header = jwt.get_unverified_header(proof)
    key = RSAAlgorithm.from_jwk(json.dumps(header["jwk"]))
    return header, jwt.decode(proof, key, algorithms=["RS256"], options={"verify_aud": False, "verify_iat": False})


def answer(status=200, body=None, **headers):
    return httpx.Response(status, json=body or {}, headers={k.replace("_", "-"): v for k, v in headers.items()})


def signing_in(script, proofs):
    endpoint = TokenEndpoint(
        http=client(script),
        name="POST /token",
        client_id="id-1",
        client_auth="assertion",
        proofs=proofs,
        url=f"{HOSTS['oauth']}/token",
    )
    count = iter(range(9))
    return ClientCredentials(endpoint, lambda: {"client_assertion": f"assertion-{next(count)}"})


def bound(script, proofs=None):
    """Return a client whose token is bound, and its proofs."""
    proofs = proofs or Proofs()
    return client(script, key=Bound(TokenAuthenticator(signing_in(script, proofs)), proofs))


def test_a_proof_names_the_request_and_the_token_and_never_repeats():
    proofs = Proofs(clock=lambda: 1_700_000_000.9)
    header, claims = read(proofs.make("GET", "https://api.x.test/v1/a%2Fb?q=1#part", "a-token"))
    assert header["typ"] == "dpop+jwt"
    assert header["alg"] == "RS256"
    assert set(header["jwk"]) == {"kty", "n", "e"}, "the private half stays here"
    assert claims.pop("jti") != read(proofs.make("GET", "https://api.x.test/v1/a"))[1]["jti"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"a-token").digest()).rstrip(b"=").decode()
    assert claims == {"htm": "GET", "htu": "https://api.x.test/v1/a%2Fb", "iat": 1_700_000_000, "ath": digest}


def test_a_nonce_is_remembered_for_its_own_host_alone():
    proofs = Proofs()
    assert proofs.heard("https://one.test/token", {"dpop-nonce": "n1"})
    assert not proofs.heard("https://one.test/other", {"dpop-nonce": "n1"})
    assert not proofs.heard("https://one.test/other", {})
    assert read(proofs.make("GET", "https://ONE.test/x"))[1]["nonce"] == "n1"
    assert "nonce" not in read(proofs.make("GET", "https://two.test/x"))[1]


def test_the_token_endpoint_is_asked_again_with_its_nonce_and_a_fresh_assertion():
    script = Script(answer(400, CHALLENGE, dpop_nonce="n1"), answer(200, TOKEN))
    token = signing_in(script, Proofs()).obtain(None)
    assert token["token_type"] == "DPoP"
    first, second = script.requests
    forms = [parse_qs(request.content.decode()) for request in script.requests]
    assert [form["client_assertion"] for form in forms] == [["assertion-0"], ["assertion-1"]]
    assert "client_id" not in forms[0]
    proofs = [read(request.headers["dpop"])[1] for request in (first, second)]
    assert "nonce" not in proofs[0]
    assert proofs[1]["nonce"] == "n1"
    assert proofs[0]["jti"] != proofs[1]["jti"]
    assert proofs[1]["htm"] == "POST"
    assert proofs[1]["htu"] == "https://login.x.test/token"
    assert "ath" not in proofs[1]


def test_a_token_endpoint_that_asks_for_nonces_for_ever_is_an_error():
    script = Script(*(answer(400, CHALLENGE, dpop_nonce=f"n{number}") for number in range(3)))
    with pytest.raises(SignInNeeded):
        signing_in(script, Proofs()).obtain(None)
    assert len(script.requests) == 2


def test_each_call_carries_the_token_and_a_proof_of_its_final_address():
    script = Script(answer(200, TOKEN), answer(), answer())
    api = bound(script)
    api.send(GET)
    api.send(Call(name="DELETE /things/{id}", path={"id": "a/b"}))
    _, first, second = script.requests
    assert first.headers["authorization"] == "DPoP bound-token"
    one, two = (read(request.headers["dpop"])[1] for request in (first, second))
    assert (one["htm"], one["htu"]) == ("GET", "https://api.x.test/v1/things")
    assert (two["htm"], two["htu"]) == ("DELETE", "https://api.x.test/v1/things/a%2Fb")
    assert one["ath"] == two["ath"]
    assert api.granted == "things.read"


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("told", ["header", "body"])
def test_a_nonce_challenge_is_met_once_and_repeats_no_sign_in(status, told):
    asks = (
        answer(status, dpop_nonce="n7", www_authenticate='DPoP error="use_dpop_nonce"')
        if told == "header"
        else answer(status, CHALLENGE, dpop_nonce="n7")
    )
    script = Script(answer(200, TOKEN), asks, answer(200, {"ok": 1}))
    assert bound(script).send(Call(name="POST /things", json={})).json() == {"ok": 1}
    assert len(script.requests) == 3, "an unsafe call too: a challenged one was not carried out"
    proofs = [read(request.headers["dpop"])[1] for request in script.requests[1:]]
    assert "nonce" not in proofs[0]
    assert proofs[1]["nonce"] == "n7"
    assert proofs[0]["jti"] != proofs[1]["jti"]


def test_a_second_challenge_in_a_row_is_a_failure():
    asks = [answer(401, CHALLENGE, dpop_nonce=f"n{number}") for number in range(4)]
    script = Script(answer(200, TOKEN), *asks[:2], answer(200, TOKEN), *asks[2:])
    with pytest.raises(SignInNeeded):
        bound(script).send(GET)


def test_a_nonce_that_comes_with_a_good_answer_serves_the_next_call():
    script = Script(answer(200, TOKEN), answer(dpop_nonce="n2"), answer())
    api = bound(script)
    api.send(GET)
    api.send(GET)
    assert read(script.requests[2].headers["dpop"])[1]["nonce"] == "n2"


def test_a_retried_call_gets_a_proof_of_its_own():
    script = Script(answer(200, TOKEN), answer(503), answer())
    bound(script).send(GET)
    ids = [read(request.headers["dpop"])[1]["jti"] for request in script.requests[1:]]
    assert ids[0] != ids[1]


def test_a_rejected_bound_token_is_renewed_once():
    script = Script(answer(200, TOKEN), answer(401), answer(200, {**TOKEN, "access_token": "second"}), answer())
    bound(script).send(GET)
    assert script.requests[-1].headers["authorization"] == "DPoP second"


def test_a_bearer_token_goes_out_without_proof():
    script = Script(answer(200, {**TOKEN, "token_type": "Bearer"}), answer())
    bound(script).send(GET)
    assert script.requests[1].headers["authorization"] == "Bearer bound-token"
    assert "dpop" not in script.requests[1].headers


def test_a_call_as_nobody_proves_nothing():
    script = Script(answer())
    bound(script).send(Call(name="GET /things", identity=NOBODY))
    assert "dpop" not in script.requests[0].headers


def test_a_route_proves_where_its_part_does():
    script = Script(answer(200, TOKEN), answer(), answer())
    proofs = Proofs()
    dpop = Bound(TokenAuthenticator(signing_in(script, proofs)), proofs)
    plain = StaticToken(lambda: "static-token")
    assert isinstance(dpop, Proving)
    assert not isinstance(plain, Proving)
    api = client(script, key=Routed(lambda call: dpop if call.name == GET.name else plain, (dpop, plain)))
    api.send(GET)
    api.send(Call(name="GET /others"))
    assert "dpop" in script.requests[1].headers
    assert "dpop" not in script.requests[2].headers


def test_only_a_bound_token_keeps_its_type():
    def token(kind):
        reply = answer(200, {**TOKEN, "token_type": kind})
        from casb_cli.transport.calls import Answer

        return parse_token(
            Answer(call=GET, status=200, headers=dict(reply.headers), body=reply.content, url="https://x.test")
        )

    assert token("DPoP")["token_type"] == "DPoP"
    assert "token_type" not in token("Bearer")


@pytest.mark.parametrize(
    ("curve", "algorithm"), [(ec.SECP256R1, "ES256"), (ec.SECP384R1, "ES384"), (ec.SECP521R1, "ES512")]
)
@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_an_assertion_follows_the_kind_of_its_key(curve, algorithm, form):
    key = ec.generate_private_key(curve())
    text = (
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        if form == "pem"
        else json.dumps({**json.loads(ECAlgorithm.to_jwk(key)), "kid": "k1"})
    )
    made = Assertion(lambda: text, issuer="me", algorithm=None).make()
    header = jwt.get_unverified_header(made)
    assert header["alg"] == algorithm
    assert header.get("kid") == ("k1" if form == "jwk" else None)
    assert jwt.decode(made, key.public_key(), algorithms=[algorithm])["iss"] == "me"


def test_an_rsa_jwk_signs_and_names_its_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = json.dumps({**json.loads(RSAAlgorithm.to_jwk(key)), "kid": "k9"})
    made = Assertion(lambda: jwk, issuer="me", algorithm=None).make()
    assert jwt.get_unverified_header(made) == {"alg": "RS256", "kid": "k9", "typ": "JWT"}
    assert jwt.decode(made, key.public_key(), algorithms=["RS256"])["iss"] == "me"
    named = Assertion(lambda: jwk, issuer="me", algorithm=None, key_id="told").make()
    assert jwt.get_unverified_header(named)["kid"] == "told"


@pytest.mark.parametrize("text", ['{"kty": "RSA", "n": "x', '{"kty": "oct", "k": "c2VjcmV0LXNlY3JldA"}', "{}"])
def test_a_jwk_that_is_no_private_key_is_refused_without_its_text(text):
    with pytest.raises(SignInNeeded) as caught:
        Assertion(lambda: text, issuer="me", algorithm=None).make()
    assert "c2VjcmV0" not in str(caught.value)


def test_curves_are_for_those_who_ask_for_them():
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(SignInNeeded):
        Assertion(lambda: text, issuer="me").make()
