from __future__ import annotations

import stat

import pytest

from casb_cli.ui.crash import describe, redact

CANARY = "Zq7Canary9SecretValue42"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"{{'access_token': '{CANARY}'}}",
        f'{{"client_secret": "{CANARY}"}}',
        "{'password': 'short'}",
        f"https://user:{CANARY}@host/path",
        "https://host.example/dl?sig=abc&x=1",
        f"https://host.example/dl?token={CANARY}#frag",
        f"token {CANARY}",
        f"got {CANARY} instead",
        f"api_key={CANARY};",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    ],
)
def test_what_may_be_a_credential_is_taken_out(text):
    shown = redact(text)
    for secret in (CANARY, "short", "sig=abc", "MIIEvQ", "ghp_0123"):
        assert secret not in shown


def test_plain_words_stay():
    text = "'NoneType' object has no attribute 'login' at https://api.github.com/orgs/acme"
    assert redact(text) == text


def crashed(tmp_path):
    try:
        try:
            raise ValueError(f"token={CANARY}")
        except ValueError as inner:
            raise RuntimeError("outer words") from inner
    except RuntimeError as error:
        return describe(error, lambda: tmp_path / "crashes")


def test_the_traceback_lies_in_a_private_file_without_the_secret(tmp_path, monkeypatch):
    monkeypatch.delenv("CASB_DEBUG", raising=False)
    told = crashed(tmp_path)
    [file] = (tmp_path / "crashes").iterdir()
    assert told.message == "unexpected RuntimeError: outer words"
    assert str(file) in told.hint
    assert told.exit_code == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    text = file.read_text()
    assert "test_ui_crash.py" in text
    assert "RuntimeError: outer words" in text
    assert "ValueError" in text
    assert CANARY not in text


def test_debug_shows_it_redacted(tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_DEBUG", "1")
    told = crashed(tmp_path)
    assert "Traceback" in told.hint
    assert CANARY not in told.hint
    assert list(tmp_path.iterdir()) == []


def test_no_place_to_write_is_no_second_failure(tmp_path, monkeypatch):
    monkeypatch.delenv("CASB_DEBUG", raising=False)
    (tmp_path / "crashes").write_text("in the way")
    told = crashed(tmp_path)
    assert "CASB_DEBUG=1" in told.hint
