"""Secrets that templates, stored settings and shells declare; and words that stand for none where one could be."""

from __future__ import annotations

import json
import random
import string
import time

import pytest
from scan_scanner import SCANNER

from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream

FAMILY = {one.id for one in DetectorSet.shipped().detectors if one.family == "credential"}


def drawn(size: int, seed: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=size))


def found(text: str, name: str = "conf.txt") -> list[tuple[str, str]]:
    """Return the clear values that detectors of credentials report, and where."""
    result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), reveal=True)
    return [(match.clear[0], match.place) for match in result.matches if match.detector in FAMILY]


def values(text: str, name: str = "conf.txt") -> list[str]:
    return [value for value, _ in found(text, name)]


CHOSEN, KEY, WORD = "Gr8Pass" + "word!9", drawn(32, 3), "winter" + "harbour"
HASH = f"{drawn(32, 4, '0123456789abcdef')}${drawn(400, 5, '0123456789abcdef')}"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("stack.yaml", f"Parameters:\n  DbPassword:\n    Type: String\n    NoEcho: true\n    Default: {WORD}\n", WORD),
        ("stack.yaml", f"Parameters:\n  HookToken:\n    Type: String\n    Default: {CHOSEN}\n", CHOSEN),
        ("stack.yaml", f"Parameters:\n  SigningPrivateKey:\n    NoEcho: True\n    Default: {CHOSEN}\n", CHOSEN),
        (
            "stack.json",
            json.dumps({"MasterPassword": {"Description": "at first", "NoEcho": "true", "Default": WORD}}, indent=2),
            WORD,
        ),
        (
            "stack.yaml",
            f"  DbPassword:\n    Default: {WORD}\n    Description: of it, at first\n    NoEcho: true\n",
            WORD,
        ),
        ("stack.json", f'"Password":{{"Type":"String","NoEcho":"true","MinLength":8,"Default":"{WORD}"}}', WORD),
        ("stack.yaml", f"  Password:\n    Type: String\n    Description: one, or two\n    Default: {CHOSEN}\n", CHOSEN),
        ("arm.json", f'"adminPassword": {{"type": "securestring", "defaultValue": "{CHOSEN}"}}', CHOSEN),
        ("dump.sql", f'\'a:2:{{s:13:"smtp_password";s:14:"{CHOSEN}";}}\'', CHOSEN),
        ("dump.sql", f'a:1:{{s:15:\\"smtp_password_1\\";s:9:\\"x\\";s:10:\\"app_secret\\";s:32:\\"{KEY}\\";}}', KEY),
        ("init.sql", f"\\set POSTGRES_PASS {CHOSEN}\n", CHOSEN),
        (".cshrc", f"setenv DB_PASSWORD {CHOSEN}\n", CHOSEN),
        ("run.cmd", f"setx DB_PASSWORD {CHOSEN} /m\n", CHOSEN),
        ("config.fish", f"set -gx DB_PASSWORD {CHOSEN}\n", CHOSEN),
        ("run.ps1", f"Connect-App -Certificate a.pfx -CertFilePassword {CHOSEN} -Id 7", CHOSEN),
        ("app.rb", f"property_set(:shop, :secret, '{KEY}')", KEY),
        ("app.rb", f'set :api_token, "{KEY}"', KEY),
        ("hashes.txt", f"$krb5asrep$23$ann@CORP.NET:{HASH}\n", f"$krb5asrep$23$ann@CORP.NET:{HASH}"),
        ("hashes.txt", f"$krb5tgs$23$*svc$CORP$cifs/x*${HASH}\n", f"$krb5tgs$23$*svc$CORP$cifs/x*${HASH}"),
    ],
)
def test_what_templates_stored_settings_and_shells_declare_is_found(name, text, value):
    assert values(text, name) == [value]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stack.yaml", "Parameters:\n  DbPassword:\n    Type: String\n    NoEcho: true\n"),
        ("schema.json", '"password": {"type": "string", "default": "password"}'),
        ("stack.yaml", "  DbPassword:\n    Type: String\n    Default: !Ref Other\n"),
        ("dump.sql", 's:30:"views/customer/forgotpassword";s:30:"forgotPasswordResetTokenExpire";'),
        ("run.sh", "set -e password\nset PASSWORD_FILE /run/secrets/pw"),
        ("help.txt", "Use -AsPassword to be asked for it, -NoPassword otherwise"),
        ("app.rb", "t.string :token, null: false\nvalidates :secret, 'presence'"),
    ],
)
def test_a_declaration_without_a_secret_tells_none(name, text):
    assert values(text, name) == []


@pytest.mark.parametrize("word", ["password", "Password", "pass", "passwd", "pwd", "test", "foo"])
def test_the_words_own_name_in_a_configuration_is_no_password(word):
    assert values(f"services:\n  db:\n    environment:\n      - DB_PASSWORD={word}\n", "docker-compose.yml") == []


def test_a_weak_word_in_the_file_that_a_program_signs_in_with_is_found():
    assert values("DB_PASSWORD=password\n", ".env") == ["password"]


@pytest.mark.parametrize("name", ["key_password", "key_store_password", "encryption_password"])
def test_the_password_of_a_key_in_a_configuration_is_found(name):
    assert values(f"tls:\n  {name}: {WORD}\n", "application.yml") == [WORD]
    assert values(f'encrypted_password = "{WORD}"\nKEY_PASSWORD = "{WORD}"\n', "names.py") == []


@pytest.mark.parametrize(
    "text",
    [
        "openssl pkcs12 -export -out a.p12 -password pass:changeit\n",
        "keytool -importkeystore -deststorepass changeit -destkeystore a.jks\n",
        "java -Djavax.net.ssl.keyStorePassword=changeit -jar a.jar\n",
        'store.load(stream, "changeit".toCharArray())',
    ],
)
def test_what_opens_the_key_stores_of_java_is_found_as_less_sure(text):
    result = inspect_stream(text.encode(), name="run.sh", scanner=SCANNER, key=bytes(32), reveal=True)
    assert [(match.clear[0], match.confidence) for match in result.matches] == [("changeit", "low")]


@pytest.mark.parametrize(
    "text",
    [
        "Wechat(appid='appid', appsecret='appsecret')",
        'options.PublicSecret = "publicsecret";',
        'EnvAPIPassword: "api_password",',
        'define fetch($source,$user,$password="",$timeout="0") {',
        "get '/passwords/:id/edit' => \"sites/passwords#edit\"\nput '/forgot-password' => \"sites/passwords#update\"",
        '"/guides/2.0/creating-a-strong-password":"/guides/server@3.0/passwords"',
        "<Password>*SENSITIVE*DATA*DELETED*</Password>",
        "To ann@git.corp.net:radiant-forest-1519.git\n * [new branch] main\n",
        "ftp.login('anonymous', 'anonymous@')",
        'get "/users/:user_id/requests/:secret" => "web_requests#handle_request", as: :requests',
        '"devDependencies": {"generate-password": "~1.3.0", "reset-token": "^12.4.0-beta.1"}',
        "[shop](https://host/shop-token):Jsp+SpringMVC+SSO+Redis | two",
        "$lands = ['PT' => 'Portugal', 'PW' => 'Palau', 'PY' => 'Paraguay'];",
        '{\n  "PT": "Lisbon1",\n  "PW": "Melekeok1"\n}',
        "PT: Portugal\nPW: Palau\nPY: Paraguay\n",
        "  mysql_user:\n    update_password: on_create\n",
        '$secret = "\\0$secret";',
        "users:\n  ann: U02HS73S804\n  bob: W9YRVLTEH\n  eve: U038BLZPX1S\n",
        f'user{{password: "name_pass", email: "{WORD}2006@corp.net"}}',
    ],
)
def test_names_routes_ids_and_codes_of_lands_are_no_passwords(text):
    assert values(text, "app.yaml") == []


def test_a_readme_whose_title_is_html_is_read_line_by_line():
    text = (
        '<p align="center">\n<img src="logo.png">\n</p>\n\n# Shop\n\nSet up:\n\n```ini\n'
        f"name = shop\nsmtp_password = {CHOSEN}\nport = 25\n```\n"
    )
    assert found(text, "README.md") == [(CHOSEN, "line 11, column 17")]


def test_a_readme_whose_title_is_html_is_told_by_its_badges_too():
    text = (
        '<div align="center">\n<h1>Shop</h1>\n</div>\n\n> It sells\n\n'
        f"[![Builds](https://x/y.svg)](https://x)\n\npassword = {CHOSEN}\n"
    )
    assert found(text, "README.md") == [(CHOSEN, "line 9, column 12")]


def test_what_tells_objects_keys_in_bundles_is_no_secret():
    letters = string.ascii_lowercase[:20]
    assert values(f"return'{letters}'.split('').forEach(f),'{letters}'===Object.keys(t({{}},f)).join('')", "a.js") == []


@pytest.mark.parametrize(
    "octets", [range(16), range(15, -1, -1), range(0, 256, 17), [*range(17, 256, 17), 0], [*range(40, 56)]]
)
def test_bytes_that_count_are_told_as_less_sure(octets):
    result = inspect_stream(
        f'token = "{bytes(octets).hex()}"'.encode(), name="a.go", scanner=SCANNER, key=bytes(32), reveal=True
    )
    assert [match.confidence for match in result.matches] in ([], ["low"])


@pytest.mark.parametrize(("size", "told"), [(42, []), (43, ["sentry-org-token"]), (44, [])])
def test_a_token_of_sentry_ends_in_the_base64_of_32_bytes(size, told):
    text = "sntrys_e" + f"yJ{drawn(120, 7)}_{drawn(size, 8)}"
    result = inspect_stream(text.encode(), name="a.txt", scanner=SCANNER, key=bytes(32))
    assert [match.detector for match in result.matches if match.detector.startswith("sentry")] == told


def test_many_properties_of_a_parameter_cost_little():
    told = "Password:\n" + ("    type: a" + " " * 60 + "\n") * 4000 + "    NoEcho: true\n"
    started = time.process_time()
    assert values(told, "stack.yaml") == []
    assert time.process_time() - started < 2


def test_a_page_with_headings_of_markdown_in_it_stays_a_page():
    text = f"<html><body>\n\n# Shop\n\n<p>Password: <b>{CHOSEN}</b></p></body></html>"
    assert found(text, "page.html") == [(CHOSEN, "line 5")]
