"""Secrets without a form of their own: in which words, signs and files they are found, and what is none."""

from __future__ import annotations

import base64
import random
import string

import pytest
from scan_scanner import SCANNER

from casb_cli.scan.detect.checks_secrets import lettered
from casb_cli.scan.detect.examples import pem
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.detect.view import View, by_value
from casb_cli.scan.inspect import inspect_stream

FAMILY = {one.id for one in DetectorSet.shipped().detectors if one.family == "credential"}
WORDS = "server invoice customer harbour mountain delivery quarter accounting keyboard network winter language".split()  # noqa: SIM905


def found(text: str, name: str = "conf.txt") -> list[str]:
    """Return the clear values that detectors of credentials report, in order."""
    result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), reveal=True)
    return [match.clear[0] for match in result.matches if match.detector in FAMILY]


def drawn(size: int, seed: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=size))


KEY, HEXADECIMAL, PASSWORD, LETTERS = drawn(32, 3), drawn(32, 4, "0123456789abcdef"), "Gr8Pass" + "!9", "qx" + "zvkjw"

SHORT, PAIR = (
    drawn(16, 5, string.ascii_lowercase + string.digits),
    base64.b64encode(b"svc:" + PASSWORD.encode()).decode(),
)
BEYOND = base64.b64encode("svc:Gr8Päss£9".encode()).decode()
UUID = f"{HEXADECIMAL[:8]}-{HEXADECIMAL[8:12]}-4{HEXADECIMAL[13:16]}-a{HEXADECIMAL[17:20]}-{HEXADECIMAL[20:]}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'password             = "{PASSWORD}"', PASSWORD),
        (f'HMACSecret:       "{KEY}",', KEY),
        (f'jwtSecret = []byte("{KEY}")', KEY),
        (f'password = new SecretValue("{PASSWORD}")', PASSWORD),
        (f'"tokens": ["{KEY}", "other"]', KEY),
        (f'if ("{PASSWORD}" == password) {{', PASSWORD),
        (f'if ("{KEY}" !== apiSecret) {{', KEY),
        (f"POSTGRES_PASSWORD={LETTERS}", LETTERS),
        (f"      DB_PASSWD: {LETTERS}", LETTERS),
        (f"mysqlrootpwd='{PASSWORD}'", PASSWORD),
        (f"pw = '{PASSWORD}'", PASSWORD),
        (f"query=1&password={PASSWORD}&scope=all", PASSWORD),
        (f"ALTER USER 'x'@'y' IDENTIFIED WITH native BY '{LETTERS}';", LETTERS),
        (f"requirepass {PASSWORD}", PASSWORD),
        (f"mysql -u root -p{PASSWORD} app", PASSWORD),
        (f"Connect-Server -password {PASSWORD}x", f"{PASSWORD}x"),
        (f"vendor SECRET {KEY}", KEY),
        (f"upload -repotoken {KEY}", KEY),
        (f"<appToken>\n  {KEY}\n</appToken>", KEY),
        (f"consumer_key: '{SHORT}'", SHORT),
        (f"Authorization: ApiKey {KEY}", KEY),
        (f"nats-route://svc:{PASSWORD}@10.0.0.5:4222", PASSWORD),
        (f'Sprintf("amqp://svc:{PASSWORD}@%s:%d", host, port)', PASSWORD),
        (f'"value": "Basic {PAIR}"', PAIR),
    ],
)  # fmt: skip
def test_a_secret_is_found_as_programs_write_it(text, value):
    assert found(f"# settings\n{text}\nend\n") == [value]


@pytest.mark.parametrize(
    "text",
    [
        'passwordLabel: "Enter your password"',
        '"PasswordLastUsed": "2026-09-08T21:47:36Z"',
        "reset_password_within = 5.days",
        "password_encryption = scram-sha-256",
        "auth_verbose_passwords = sha1:6",
        'case "${MVN_PASSWORD:+has-password}" in',
        'username = password.encode("latin1")',
        "asyncio: 3.4-3.12\nbypass: 3.0-3.12",
        "changed pass=s/unlink/remove/",
        'expectedPassword = "my-test-password"',
        "https://user:password@example.com/x",
        "https://name:pass%20word@host/path",
        '"AWS::ApiGateway::ApiKey": "48205d4ffd7feba3"',
        f'"LockToken": "{UUID}"',
        f"public_key: {KEY}",
        f"signed with key {HEXADECIMAL.upper()}{HEXADECIMAL[:8].upper()}",
        'credentials = "' + base64.b64encode(b"username:password").decode() + '"',
        'request.Header.Set("Sec-WebSocket-Key", "' + base64.b64encode(b"the sample nonce").decode() + '")',
        "passwords: ${PASSWORD_FROM_VAULT}",
    ],
)
def test_what_is_no_secret_is_passed_over(text):
    assert found(f"# settings\n{text}\nend\n") == []


def test_letters_by_chance_are_told_from_words():
    chance = [drawn(9, seed, string.ascii_lowercase) for seed in range(200)]
    words = [first + second for first in WORDS for second in WORDS]
    assert sum(lettered(text.encode()) <= -2 for text in chance) >= 170
    assert sum(lettered(text.encode()) <= -2 for text in words) <= len(words) * 0.03
    passed = [text for text in chance if found(f"password: {text}\n")]
    assert len(passed) >= 160
    assert len([text for text in words if found(f"password: {text}\n")]) <= len(words) * 0.03


def test_a_random_value_in_a_sample_file_is_a_secret_all_the_same():
    assert found(f"APP_SECRET={KEY}\n", ".env.example") == [KEY]
    assert found("DB_PASSWORD=s3cret1\n", ".env.example") == []


def test_a_password_that_holds_an_address_is_found_whole():
    value = "D4@r.eaU" + "$Vc8$8q7"
    assert value in found(f"password: '{value}'\n", "routes.js")


def test_a_seed_of_nats_needs_no_right_checksum_but_is_surer_with_one():
    right = "SUAKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5" + "LDNOXD43IZY"  # printed in the documentation of nkeys
    rows = {}
    for text in (right, right[:-1] + "A"):
        result = inspect_stream(text.encode(), name="x.txt", scanner=SCANNER, key=bytes(32))
        rows[text] = [match.confidence for match in result.matches if match.detector == "nats-seed"]
    assert rows == {right: ["high"], right[:-1] + "A": ["medium"]}


CHOSEN = "sword" + "fish"
"""A word that somebody chose for a password."""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f'password = "{CHOSEN}"', "client.py"),
        (f"password: '{CHOSEN}',", "tests/login.spec.ts"),
        (f'if pw == "{CHOSEN}":', "client.py"),
        (f"  password: {CHOSEN}", "compose.yaml"),
        (f"spring.datasource.password={CHOSEN}", "application.properties"),
        (f"docker run -e MYSQL_ROOT_PASSWORD={CHOSEN} -d mysql", "README.md"),
        (f"define('DB_PASSWORD', '{CHOSEN}');", "wp-config.php"),
        (f"- name: DB_PASSWORD\n  value: {CHOSEN}", "deployment.yaml"),
        (f'{{"key": "password", "value": "{CHOSEN}"}}', "collection.json"),
        (f'os.getenv("DB_PASSWORD", "{CHOSEN}")', "settings.py"),
        (f"Server=db;User Id=app;Password={CHOSEN};", "notes.md"),
        (f"<password>{CHOSEN}</password>", "settings.xml"),
        (f"    password '{CHOSEN}'", "build.gradle"),
    ],
)
def test_a_word_is_a_password_where_only_one_can_stand(text, name):
    result = inspect_stream(
        f"# settings\n{text}\nend\n".encode(), name=name, scanner=SCANNER, key=bytes(32), reveal=True
    )
    assert [(match.clear[0], match.confidence) for match in result.matches] == [(CHOSEN, "low")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"password = {CHOSEN}", "client.py"),
        (f"password: {CHOSEN}", "login.ts"),
        ("password: password", "compose.yaml"),
        ('password = "password1"', "client.py"),
        ('PASSWORD = "my_password"', "client.py"),
        ('client_secret = "ClientSecret"', "client.py"),
        ('password: "notarealpassword"', "client.py"),
        ('"password": "Wachtwoord"', "client.json"),
        (f'"LABEL_PASSWORD": "{CHOSEN}"', "page.json"),
        (f'"password": "{CHOSEN}"', "i18n/nl.json"),
        (f'typeof password !== "{CHOSEN}"', "login.js"),
        ('reset_password_action = "settings_page"', "client.py"),
        ("passwd:     files systemd", "nsswitch.conf"),
        ("PWD=homefolder", ".env"),
        ('"GetPasswordData": "ec2:GetPasswordData"', "policies.json"),
        ('TOKEN="${DOCKER_PASS:?DOCKER_PASS is required}"', "release.sh"),
    ],
)
def test_a_word_elsewhere_is_none(text, name):
    assert found(f"# settings\n{text}\nend\n", name) == []


def test_a_weak_password_counts_in_a_file_where_programs_keep_theirs():
    weak = "admin" + "123"
    assert found(f"DB_PASSWORD={weak}\n", "web/.env") == [weak]
    assert found(f"DB_PASSWORD={weak}\n", "web/.env.example") == []
    assert found("DB_PASSWORD=<password>\n", "web/.env") == []
    assert found(f"password = '{weak}'\n", "tests/login.py") == []


def test_the_master_key_is_told_by_the_name_of_its_file():
    assert found(HEXADECIMAL + "\n", "config/master.key") == [HEXADECIMAL]
    assert found(HEXADECIMAL + "\n", "checksum.txt") == []


def test_a_key_that_counts_up_is_less_sure():
    rows = {}
    for value in (KEY, "abcdef1234567890" * 2):
        result = inspect_stream(f'api_key = "{value}"'.encode(), name="x.py", scanner=SCANNER, key=bytes(32))
        rows[value] = [match.confidence for match in result.matches]
    assert list(rows.values()) == [["high"], ["low"]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'password = Some("{CHOSEN}")', CHOSEN),
        ('password: "1t' + "'sB1g3rt" + '"', "1t'sB1g3rt"),
        ("apiKey: 'Hd3jJnYj" + "sr=='", "Hd3jJnYjsr=="),
        ("access_token: 'mngcpuv" + "40421x'", "mngcpuv40421x"),
        ('"auth": "' + PAIR + '"', PAIR),
        ("otp = ROTP::TOTP.new('XDDNI2CZ" + "AFOF5UII')", "XDDNI2CZAFOF5UII"),
        ('"Apitoken": "{\\"name\\":\\"root\\",\\"sig\\":\\"' + HEXADECIMAL + '\\"}",', HEXADECIMAL),
        (f"curl -s --user 'admin:{LETTERS[:5]}' https://host.company.com/", LETTERS[:5]),
        ("Authorization: Basic QWxhZGRpbjpv" + "cGVuIHNlc2FtZQ==", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    ],
)
def test_more_ways_to_write_a_secret(text, value):
    assert found(f"# settings\n{text}\nend\n", "client.scala") == [value]


@pytest.mark.parametrize(
    "text",
    [
        "spring.datasource.password=${DB_PASSWORD:db-wrz2z}",
        "echo ($ok ? 'pass' : 'cancel')",
        "password: 'passw2'",
        'password = "pass_1"',
        "export GITHUB_TOKEN=abcd1234efg567",
        'AccessToken{Token: "access-token-123"}',
        "https://abcdef:x-oauth-basic@git.company.com/",
        "https://user:p%40ss@proxy.company.com/",
        f"encrypted_key: '{KEY}'",
        "postgres://postgres:postgres@db:5432/test",
        "current_password: potrzebujemy twojego aktualnego",
        'var keyStr = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";',
        "os_packages_pam_passwdqc: 'libpam-passwdqc'",
    ],
)
def test_what_manuals_and_tests_write_is_no_secret(text):
    assert found(f"# settings\n{text}\nend\n", "client.scala") == []


def test_a_private_key_under_a_passphrase_is_a_kind_of_its_own_and_less_sure():
    for kind, told in (("RSA", ("private-key", "high")), ("ENCRYPTED", ("encrypted-private-key", "low"))):
        result = inspect_stream(pem(kind).encode(), name="id.pem", scanner=SCANNER, key=bytes(32))
        assert [(match.detector, match.confidence) for match in result.matches] == [told]


DJANGO = "r&lvybzry1*k+qq)=x-!=0yd5l5#1" + "gxzk!82@ru25*ntos3_9^"
WORD = "hollywood"
"""A word that stands for nothing: a weak password, where only one can stand."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Short keys, behind a telling name.
        ("consumer_secret: 'bpz" + "880'", "bpz880"),
        ("MINIO_SECRET_KEY: zyj" + "if377", "zyjif377"),
        ("GOOGLE_CLIENT_SECRET=dziK7u" + "wlyNka", "dziK7uwlyNka"),
        # Long and drawn by lot: the signs in it mean nothing.
        ("SECRET_KEY = 'r&lvybzry1*k+qq)=x-!=0yd5l5#1" + "gxzk!82@ru25*ntos3_9^'", DJANGO),
        ("  token: mZq4+Xb7vRk2/Jw9cTn5" + "hLd8+PsGf3yQxUeAoIzW", "mZq4+Xb7vRk2/Jw9cTn5hLd8+PsGf3yQxUeAoIzW"),
        (f'props.set("shop_keys", "{KEY}")', KEY),
        # A word as a secret that people choose.
        (f"client_secret: '{WORD}',", WORD),
        (f'JWT_SECRET = "{WORD}"', WORD),
        # What stands in where another value lacks.
        (f'PASSWORD = os.environ.get("PASSWORD") or "{PASSWORD}"', PASSWORD),
        (f"const secret = process.env.SECRET || '{KEY}';", KEY),
        (f"client.secret = settings.secret ?? '{KEY}'", KEY),
        # Calls that hold another call, and what takes a key.
        (f'manager.setCipherKey(Base64.decode("{KEY[:22]}=="))', f"{KEY[:22]}=="),
        (f"crypto.createHmac('sha256', '{KEY}')", KEY),
        (f'jwt.sign({{id: 1}}, "{KEY}")', KEY),
        # Types behind the name.
        (f'Private ApiKey As String = "{KEY}"', KEY),
        (f'public string ApiKey {{ get; set; }} = "{KEY}";', KEY),
        # Strings of connections, as they are written with blanks.
        (f'c = "Server = db1; Database = shop; User = app; Password = {WORD}"', WORD),
        # Calls that take a user and a password: a word too.
        (f'new NetworkCredential("svc", "{WORD}")', WORD),
        (f'new PSCredential ( "corp", "{WORD}" )', WORD),
        (f'"--keystore-password", "{WORD}",', WORD),
        (f'if (password.equals("{WORD}")) {{', WORD),
        (f'"{WORD}".equals(form.getPassword())', WORD),
        (f'if (!strcmp(password, "{WORD}"))', WORD),
        (f'if (token.equals("{KEY}")) {{', KEY),
        (f"ConvertTo-SecureString -String '{PASSWORD}' -AsPlainText -Force", PASSWORD),
        # Unquoted in the text that code holds, but no name that anybody would give.
        ("jwt_secret: eitqQdvRbsMFC" + "jOuZLftliNz", "eitqQdvRbsMFCjOuZLftliNz"),
        # Groups of four, as a mail service shows the passwords for programs.
        ("EMAIL_PASSWORD = 'xqzv kjwp " + "bhtd mgfc'", "xqzv kjwp bhtd mgfc"),
        (
            "'cookieValidationKey' => 'Q5i127brjr4c-K71_3JxnZo" + "-9JFaqMCg#@#@'",
            "Q5i127brjr4c-K71_3JxnZo-9JFaqMCg#@#@",
        ),
        ('$password = "92' + '940";', "92940"),
    ],
)
def test_secrets_in_code_as_it_is_written_by_hand(text, value):
    assert found(f"# settings\n{text}\nend\n", "client.scala") == [value]


@pytest.mark.parametrize(
    "text",
    [
        'new NetworkCredential("user", "password")',
        "mysqli_connect('localhost', 'mysql_user', 'mysql_password')",
        'error("--password", "--remote", "--json")',
        "Code.STATUS_WRONG_PASSWORD = 3221225578",
        "STATUS_CALLBACK_BYPASS = 3221226755",
        "has_password:flags.2?true",
        "password: bXlwYXNz",
        "'password' => 'required|min:8',",
        '"password": "sha1$1b11b$edeb0a67a9622f1f2cfeabf9188a711f5ac7d236"',
        "mysql -h192.168.1.112 -uroot -p -P8066",
        '"token_last_eight": "0b49e717"',
        "https://codecov.io/gh/shop/shop/branch/master/graph/badge.svg?token=JfdDyGVpT4",
        'token: "s3cr3t"',
        "password = 'must have eight characters or more'",
        'if (password.equals("password")) {',
        'client_secret="someclientsecret"',
        'password: "$2a$10$UHR6GhotWhpLsKtVP0/i6.Nh9.fuY73cWjLoJjb2sKT8KISBcUW5q"',
        '<a @click.prevent="hidePassword = !hidePassword">',
        'allowed_keys=["ecdsa-sha2-nistp256"],',
        'jwt-secret = "@/dev/stdin"',
        "crypto.createCipheriv('aes-256-cbc', key, iv)",
        " ...s8-SHA1-RC2-40.key => der-key-SHA1-RC2-40.p8} | Bin",
        "signing_key: build9/release-RC2-40x7.jks7.tar",
        "jwt.decode('eyJhbGciOiJIUzI1NiJ9.eyJ1cm46ZXhhbXBsZTpjbGFpbSI6dHJ1ZX0.')",
        '"TargetName":"WindowsLive:(token):name=02vkqqebxbkuxcfl;serviceuri=*"',  # a credential's name, in its audit
    ],
)
def test_what_code_says_about_secrets_is_none(text):
    assert found(f"# settings\n{text}\nend\n", "client.scala") == []


def test_passwords_in_logs_are_found():
    text = f"Using generated security password: {UUID}\nPOST /login?user%5Bpassword%5D={PASSWORD} 200\n"
    assert found(text, "app.log") == [UUID, PASSWORD]


def test_a_private_key_in_pieces_of_a_string_is_found():
    lines = pem("RSA").splitlines()
    text = "key = " + " \\\n    ".join(f'"{line}"' for line in lines)
    assert len(found(text, "client.py")) == 1


def test_a_token_that_counts_up_is_less_sure():
    token = "glpat-" + "abcdefghij" + "1234567890"
    result = inspect_stream(f"token {token}".encode(), name="a.txt", scanner=SCANNER, key=bytes(32))
    assert [(match.detector, match.confidence) for match in result.matches] == [("gitlab-token", "low")]


def test_names_of_a_library_are_no_keys_of_resend():
    names = b"re_pattern_syntax_table_1 re_other_lowercase_table_12 re_modifier_combining_mark_table_1"
    assert inspect_stream(names, name="a.c", scanner=SCANNER, key=bytes(32)).totals == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("MAIL=smtp://ann@host.net:" + PASSWORD.replace("!", "") + "@smtp.host.net:465", PASSWORD.replace("!", "")),
        (f"jdbc:oracle:thin:scott/{PASSWORD}@db.firm:1521:orcl", PASSWORD),
        (f"curl -X POST \\\n  -u ann:{PASSWORD} \\\n  https://host", PASSWORD),
        (f"curl -uann:{PASSWORD} https://host", PASSWORD),
        (f'curl -H "Authorization: {KEY}" https://host', KEY),
        (f"CREATE LOGIN ann WITH PASSWORD = N'{PASSWORD}';", PASSWORD),
        (f"Passwort: {PASSWORD}", PASSWORD),
        (f"Senha: {PASSWORD}", PASSWORD),
        (f"\u041f\u0430\u0440\u043e\u043b\u044c: {PASSWORD}", PASSWORD),
        (f"\u5bc6\u7801\uff1a{PASSWORD}", PASSWORD),
        (f"\u30d1\u30b9\u30ef\u30fc\u30c9: {PASSWORD}", PASSWORD),
        ("password: '" + "#Rk81" + "mz!q'", "#Rk81" + "mz!q"),
        ('passphrase: "' + "river copper window tomorrow" + '"', "river copper window tomorrow"),
        ("PG" + "PASSWORD=winterharbour psql -h host", "winterharbour"),
        ('let password: String = "' + "winterharbour" + '"', "winterharbour"),
    ],
)
def test_passwords_are_found_as_people_write_them(text, value):
    assert found(f"settings\n{text}\nend\n", "client.swift" if text.startswith("let") else "notes.txt") == [value]


@pytest.mark.parametrize(
    "text",
    [
        "ann ALL=(ALL) NOPASSWD:ALL\\nDefaults:ann",
        f"secret='ENC({KEY})'",
        f"secret: 'ENC[PKCS7,{KEY}]'",
        "client_secret: A" + "gBy" + drawn(400, 8),
        f'PUBLIC_API_KEY="{KEY}"',
        'secretKey: "' + b"Whoa Dude, winter rocks".hex() + '"',
        "secret: " + base64.b64encode(b"lT7pm9WPFewfdDKfADrGVF10changeme").decode(),
        f".host.com\tTRUE\t/\tTRUE\t0\tcsrf_token\t{HEXADECIMAL}",
        "https://mailto:johnnyjohn@host.org",
        "scheme://user:&lt;password&gt;@host.org",
        "password=\\u0026#34;placeholder",
        "password: '#inputPassword2'",
        "password: '%password%'",
        'passphrase: "enter the phrase that opens your key"',
        "docker run -u node:staff image",
        "GIT_AUTH_TOKEN=" + "ab" * 16,
        '"password": "pbkdf2_sha256$36000$' + drawn(12, 9) + "$" + drawn(43, 10) + '="',
        "new_pass = 'passwordchanged'",
        f"shared_secret: {UUID}",
        'TOKEN = "' + base64.b64encode(b'{"alg":"HS256","typ":"JWT"}').decode() + '."',
        'token: "' + base64.b64encode(b'{"alg":"HS256","typ":"JWT"}').decode()[:30] + '"',
    ],
)
def test_what_is_sealed_public_or_said_is_no_secret(text):
    assert found(f"# settings\n{text}\nend\n", "a.txt") == []


def test_words_in_an_address_are_less_sure_than_what_is_drawn():
    text = "http://ann:" + "winter@host.org http://ann:" + PASSWORD + "@host.org"
    result = inspect_stream(text.encode(), name="a.txt", scanner=SCANNER, key=bytes(32))
    assert [match.confidence for match in result.matches] == ["low", "high"]


@pytest.mark.parametrize("front", ["2026-04-26 12:36:01 ", "#6 0.245 ", "web-1  | "])
def test_a_private_key_in_a_log_is_found(front):
    lines = pem("").splitlines()
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" + "Q7" * 16
    text = "\n".join(front + line for line in [lines[0], body, *(drawn(64, seed) for seed in range(3)), lines[-1]])
    assert len(found(f"building\n{text}\ndone\n", "build.log")) == 1
    assert found(f"building\n{front}{lines[0]}\n{front}{body}\n{front}{lines[-1]}\n", "build.log") == []


def test_base64_of_a_key_may_be_wrapped_and_that_of_logins_is_opened():
    coded = base64.b64encode(pem("OPENSSH").encode()).decode()
    wrapped = "\n".join(coded[at : at + 64] for at in range(0, len(coded), 64))
    assert len(found(f"id: |\n{wrapped}\n", "s.yaml")) == 1
    for blank in ("", "\n\t", "\n    "):
        logins = f'{{{blank}"auths": {{"reg.host": {{"auth": "{PAIR}"}}}}}}'.replace(": {", ":{", 1)
        coded = base64.b64encode(logins.encode()).decode()
        assert found(f"  .dockerconfigjson: {coded}\n", "s.yaml") == [coded]


def test_a_private_key_whose_body_is_none_is_less_sure():
    texts = (pem("RSA"), pem("RSA").replace("MII", "Qwx", 1), pem("OPENSSH").replace("b3Blb", "MIIEx", 1))
    results = [inspect_stream(text.encode(), name="id.pem", scanner=SCANNER, key=bytes(32)) for text in texts]
    assert [match.confidence for result in results for match in result.matches] == ["high", "low", "low"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app/res/values-sw/strings.xml", '<string name="hint_password">Nenosiri</string>'),
        ("app/res/values-fr/strings.xml", '<string name="end_password">Mot…</string>'),
        ("config/locales/sk.yml", "  reset_password: Vygeneruj heslo"),
        ("src/locale.constant-nl_NL.json", '  "passphrase": "Wachtwoordzin",'),
    ],
)
def test_words_of_a_translation_are_no_passwords(name, text):
    assert found(text, name) == []


@pytest.mark.parametrize("name", ["home/lang/team/app/conf/settings.yml", "strings_of/app/settings.yml"])
def test_folders_far_above_a_file_make_no_translation_of_it(name):
    text = "  db_password: harbour" + "lights\n"
    assert found(text, name) == ["harbourlights"]
    assert found(text, "lang/settings.yml") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"  secret: '{LETTERS}hwy',", LETTERS + "hwy"),
        ('SECRET_KEY = "harbour' + 'lights"', "harbourlights"),
        (f"keyValue = '{KEY[:22]}=='", KEY[:22] + "=="),
        (f"run --username svc --password {LETTERS}", LETTERS),
        (f"auth = base64.b64encode(b'svc:{PASSWORD}')", PASSWORD),
        (f"Authorization: {UUID}", UUID),
        (f"mongodb://svc:{KEY[:12]}@db1.example.com:27017/app", KEY[:12]),
        ("-e MYSQL_ROOT_PASSWORD=" + "harbour123456", "harbour" + "123456"),
    ],
)
def test_secrets_as_programs_choose_and_hand_them_on(text, value):
    assert found(text) == [value]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.yaml", 'secret: "harbourlights"'),
        ("values.yaml", 'existingSecret: "harbour-lights"'),
        ("values.yaml", "password: .Values.initdbPassword"),
        ("ci.yml", "key: bundle-stats-4x-and-more ${{ github.sha }}"),
        ("widget.json", f'"publicResourceKey": "{KEY}"'),
        ("form.vue", '<Field name="password" :rules="passwordRules" />'),
        ("check.go", "PasswordPattern = `^.{8,32}$`"),
        ("notes.md", "mysql --password 12345678"),
        ("options.ts", '{ value: "43200", key: "timeout_12_hours" }'),
        ("pom.md", "io.jsonwebtoken:jjwt-jackson-0.11.2"),
        ("protein.fa", "S" + "A" + "HRDRGKRKRDFRRLWITRINAVIHEMGVFYSYNEFIHNLYKKQLLLNRKILAQIA"),
    ],
)
def test_what_names_or_describes_a_secret_is_none(name, text):
    assert found(text, name) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'char db_password[64] = "{PASSWORD}";', PASSWORD),
        (f'static const char api_key[] = "{KEY}";', KEY),
        (f'wchar_t *password = L"{PASSWORD}";', PASSWORD),
        (f"**Password:** {PASSWORD}", PASSWORD),
        (f"- **password**: {LETTERS}", LETTERS),
        (f"SQL> alter user sys identified by {LETTERS} container=all;", LETTERS),
        (f'store.setKeyPassword("{LETTERS}");', LETTERS),
        (f"vault_token: s.{KEY}", f"s.{KEY}"),
        (f"weather_api = '{KEY}'", KEY),
        (f"cookie.secretkey={KEY[:8]}${KEY[8:16]}!", f"{KEY[:8]}${KEY[8:16]}!"),
        ("AUTHKEY = 'jsvx" + "FBtnPBp='", "jsvx" + "FBtnPBp="),
        (f"//registry.host/:_authToken={UUID[:-3]}team", f"{UUID[:-3]}team"),
        ("<Value>May password:6Ew1" + "ThY0u</Value>", "6Ew1" + "ThY0u"),
        (f"buildConfigField 'String', 'API_KEY', '\"{HEXADECIMAL}\"'", HEXADECIMAL),
        (f'resValue "string", "maps_key", "{KEY}"', KEY),
        (f"git clone https://{KEY}@github.com/shop/shop.git", KEY),
        (f'the password is "{CHOSEN}"', CHOSEN),
        (f"Authorization: Basic {BEYOND}", BEYOND),
    ],
)
def test_secrets_in_further_languages_and_notes(text, value):
    assert found(text) == [value]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test.java", '"{\\"secretKey\\":\\"value\\", \\"size\\":60000}"'),
        ("test.kt", f'encryptedMetadataKey = "{KEY}"'),
        ("main.c", "char password[64] = {0};"),
        ("notes.md", "**Password:** the one that the printer shows"),
        ("call.py", "connect(password=**options)"),
        ("setup.sql", "alter user sys identified by values"),
        ("npmrc", "//registry.host/:_authToken=${NPM_TOKEN}"),
        ("ci.yml", f"key: bundle-{HEXADECIMAL}0a1b2c3d-linux"),
        ("rule.js", "const text = 'if (\\'mypass\\' === password) {}';"),
    ],
)
def test_what_looks_like_them_is_none(name, text):
    assert found(text, name) == []


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        (f'password = "{PASSWORD}"', "medium"),
        (f'password = "{LETTERS}"', "medium"),
        (f'key = "{KEY}"', "medium"),
        (f'api_key = "{UUID}"', "medium"),
        ('password = "harbour' + 'lights"', "low"),
        ('db_password = "harbour' + '123456"', "low"),
        ('db_password = "mypass' + 'word"', "low"),
        ('admin_password = "newpass' + '123"', "low"),
        ('api_key = "1234567890' + "abcdef" * 3 + '"', "low"),
        ('session_token = "13561659' + '3581579345"', "low"),
    ],
)
def test_what_is_drawn_is_surer_than_a_word(text, sure):
    result = inspect_stream(text.encode(), name="conf.txt", scanner=SCANNER, key=bytes(32), reveal=True)
    assert [match.confidence for match in result.matches] == [sure]


@pytest.mark.parametrize("name", ["compose.yaml", ".env", "app.properties", "client.py"])
def test_a_password_drawn_of_all_signs_is_told_whole(name):
    """What password managers draw has brackets, commas and the like in it, which elsewhere end a value."""
    values = ["v7(Kq]2w" + "&Z;x9}Rm", "}3fG,tX>" + "8p<Wd(4k", "Q4z|hT<C" + "Da*b9>q6", "x8=Lm[2)" + "Pv~5Ys!j"]
    form = {"compose.yaml": "password: {}", ".env": "DB_PASSWORD={}", "app.properties": "db.password={}"}
    for value in values:
        assert found(form.get(name, 'password = "{}"').format(value) + "\n", name) == [value]


def test_code_without_quotes_is_no_such_password():
    for text in (
        "password: getPassword1(b2[C3],d4)",
        "  password=${A1b2}${C3d4,,}",
        "pwd=Ab1&user=Cd2&x=Ef3",
        "Password=Ab12cd3;Pooling=No;",
    ):
        assert not any(len(value) > 8 for value in found(f"{text}\n", "run.sh")), text


def test_a_filter_is_asked_once_of_a_value_that_a_text_repeats():
    asked = []

    @by_value
    def of_any(value: bytes) -> bool:
        asked.append(value)
        return True

    places = [View(b"abab", at, at + 2, "") for at in (0, 2)]
    assert [of_any(b"ab", place) for place in places] == [True, True]
    assert asked == [b"ab"]
