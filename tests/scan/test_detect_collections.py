"""Secrets in lists and mappings under a telling name, each of them told; and what such a list holds besides."""

from __future__ import annotations

import base64
import random
import string

import pytest
from scan_scanner import SCANNER

from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream

FAMILY = {one.id for one in DetectorSet.shipped().detectors if one.family == "credential"}


def found(text: str, name: str) -> list[str]:
    result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), reveal=True)
    return sorted(match.clear[0] for match in result.matches if match.detector in FAMILY)


def drawn(size: int, seed: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=size))


KEYS = drawn(32, 1), drawn(40, 2)
CHOSEN = "Gr8Pass" + "!9", "s3cure-" + "Pa55"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.yml", "api_keys:\n  - {}\n  - {}\nname: shop\n"),
        ("a.yml", "mail:\n  tokens:\n  - '{}'\n  - '{}'\n"),
        ("a.yml", "secrets:\n  mailer: {}\n  maps: {}  # both\n"),
        ("a.yml", "secret_keys: [{}, {}]\n"),
        ("a.toml", 'access_keys = [\n  "{}",\n  "{}",\n]\n'),
        ("a.toml", '[tokens]\nprod = "{}"\nstaging = "{}"\n\n[other]\nx = 1\n'),
        ("a.json", '{{"apiKeys": ["{}", "{}"], "region": "eu"}}\n'),
        ("a.json", '{{"tokens": [{{"name": "a", "value": "{}"}}, {{"name": "b", "value": "{}"}}]}}\n'),
        ("a.py", 'TOKENS = {{\n    "prod": "{}",\n    "dev": "{}",\n}}\n'),
        ("a.go", 'tokens := map[string]string{{"prod": "{}", "dev": "{}"}}\n'),
        ("a.java", 'static final List<String> API_KEYS = List.of("{}", "{}");\n'),
    ],
)
def test_each_key_of_a_collection_is_told(name, form):
    assert found(form.format(*KEYS), name) == sorted(KEYS)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.yml", "passwords:\n  - {}\n  - {}\n"),
        ("a.yml", "basic_auth_users:\n  - ann:{}\n  - bob:{}\n"),
        ("a.yml", "auth:\n  users:\n    ann: {}\n    bob: {}\n"),
        ("a.ini", "[users]\nann = {}, admin\nbob = {}\n"),
        ("a.json", '{{"passwords": {{"ann": "{}", "bob": "{}"}}}}\n'),
        ("a.py", 'accounts = [("ann", "{}"), ("bob", "{}")]\n'),
        ("a.js", "app.use(auth({{ users: {{ 'ann': '{}', 'bob': '{}' }} }}));\n"),
        ("a.sql", "INSERT INTO users (id, login, password, n) VALUES (1, 'ann', '{}', 7), (2, 'bob', '{}', 8);"),
    ],
)
def test_each_password_of_a_collection_is_told(name, form):
    assert found(form.format(*CHOSEN), name) == sorted(CHOSEN)


def test_each_value_of_a_manifest_with_secrets_is_told():
    packed = sorted(base64.b64encode(one.encode()).decode() for one in CHOSEN)
    text = f"apiVersion: v1\nkind: Secret\ndata:\n  db: {packed[0]}\n  username: YWRtaW4=\n  mail: {packed[1]}\n"
    assert found(text, "secret.yaml") == packed


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yml", "api_keys:\n  - ${API_KEY_1}\n  - ${API_KEY_2}\n"),
        ("a.yml", "tokens:\n  - name: build-agent-2\n    scope: read_repository\n"),
        ("a.yml", "secrets:\n  - db_password_2\n  - source: api_token_3\n    target: /run/secrets/token3\n"),
        ("a.yml", "secrets:\n  db_password:\n    file: ./secrets/db_password2.txt\n"),
        ("a.yml", "users:\n  ann: administrators\n  bob: team-2\n"),
        ("a.yml", f"tokens: 3\nrevision: {drawn(40, 3, '0123456789abcdef')}\n"),
        ("a.json", '{"tokens": ["the", "quick", "brown2"], "users": {"name": "Ann2Bob3"}}\n'),
        ("a.py", 'credentials = [("ann", "user_name2"), ("bob", "your-password")]\n'),
        ("a.sql", "INSERT INTO users (id, login, password) VALUES (1, 'ann2x', '$2y$10$abcdefghijklmnopqrstuv');"),
        ("a.sql", f"INSERT INTO users (id, password) VALUES (1, '{drawn(32, 4, '0123456789abcdef')}');"),
        ("a.sql", "INSERT INTO users (password_changed, login) VALUES ('2026-01-02T03', 'ann9x!')"),
    ],
)
def test_what_such_a_collection_holds_besides_is_none(name, text):
    assert found(text, name) == []
