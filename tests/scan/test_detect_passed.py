"""Secrets among other pairs, in the place of a variable, as the key of a call, and weak ones that are in use."""

from __future__ import annotations

import base64
import random
import string

import pytest
from scan_scanner import SCANNER

from casb_cli.scan.detect.examples import jwt
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream

FAMILY = {one.id for one in DetectorSet.shipped().detectors if one.family == "credential"}


def drawn(size: int, seed: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=size))


def found(text: str, name: str = "conf.txt") -> list[tuple[str, str]]:
    """Return the clear values that detectors of credentials report, with how sure they are."""
    result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), reveal=True)
    return [(match.clear[0], match.confidence) for match in result.matches if match.detector in FAMILY]


KEY, HEXADECIMAL = drawn(32, 3), drawn(32, 4, "0123456789abcdef")
PICKED, SESSION = "Gr8Pass" + "word!9", drawn(26, 6, string.ascii_lowercase + string.digits)
SIGNS = "ab,T7(" + drawn(6, 5) + ",]9k"
"""A password whose signs elsewhere end a value, or part code."""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("web.config", f'<add name="shop" connectionString="Server=db;User Id=app;Password={SIGNS};Encrypt=true" />'),
        ("db.ini", f"conn = DRIVER=x;SERVER=db;UID=app;PWD={SIGNS};DATABASE=shop"),
        ("db.py", f'connect("host=db user=app password={SIGNS}")'),
        ("db.properties", f"url=jdbc:mysql://db/shop?user=app&password={SIGNS}&ssl=true"),
        ("send.sh", f'curl -d "mail=ann" -d "password={SIGNS}" https://host.corp.net/x'),
    ],
)
def test_a_password_among_other_pairs_is_told_whole(name, text):
    assert [value for value, _ in found(text, name)] == [SIGNS]


@pytest.mark.parametrize("value", ["#blu3w4ve", "#k7Qz9!x", "(k7Qz9!x"])
def test_a_sign_in_front_of_a_password_belongs_to_it(value):
    assert [told for told, _ in found(f"Server=db;User Id=app;Password={value};Encrypt=true")] == [value]


@pytest.mark.parametrize(
    "value", ["#login2form", "#ff00aa", "(see9below)", "#{DbPassword1}#", "%DB_PASS1%", "[PASSWORD1]"]
)
def test_a_sign_in_front_may_begin_something_else(value):
    assert found(f'password: "{value}"') == []


@pytest.mark.parametrize(
    "text",
    [
        '"password=;user=;"',
        '"password=:password;user=:user;"',
        '"password={0};user={1}"',
        "url + '&password=' + encodeURIComponent(password)",
        "?user=app&password=%s&ssl=true",
    ],
)
def test_a_pair_that_is_to_be_filled_in_is_none(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"const p = process.env.DB_PASSWORD || '{KEY}';", KEY),
        (f"const t = process.env.API_TOKEN ?? '{KEY}';", KEY),
        (f'key = os.environ.get("API_KEY") or "{KEY}"', KEY),
        (f'password <- "{KEY}"', KEY),
        (f'api_key <- "{KEY}"', KEY),
        (f"crypto.createHmac('sha256', '{HEXADECIMAL}')", HEXADECIMAL),
        (f"hmac.new(b'{HEXADECIMAL}', body, hashlib.sha256)", HEXADECIMAL),
        (f"AES.new(b'{KEY}', AES.MODE_CBC)", KEY),
        (f'aes.NewCipher([]byte("{KEY}"))', KEY),
        (f'.setSigningKey("{KEY}")', KEY),
        (f'new HMACSHA256(Encoding.UTF8.GetBytes("{KEY}"))', KEY),
        (f"git clone https://{KEY}@git.corp.net/team/x.git", KEY),
        (f"https://{KEY}@code.corp.net/team/x.git", KEY),
        ("My password is xKq" + "vTbWz", "xKqvTbWz"),
        ("curl -u ':Gr8Pass" + "9word' https://host.corp.net", "Gr8Pass9word"),
        (f"| user | password |\n|---|---|\n| ann | {KEY} |\n", KEY),
        (f"bot:\n  token: >-\n    {KEY}\n", KEY),
        (f"password: |\n  {PICKED}\n", PICKED),
        (f"DB_PASSWORD: ${{DB_PW:-{PICKED}}}", PICKED),
        (f'password: <%= ENV["DB_PW"] || "{PICKED}" %>', PICKED),
        (f'creds = "{PICKED}"', PICKED),
        (f"account: ann, password {PICKED}", PICKED),
        (f"login failed for user ann with password {PICKED}.", PICKED),
        (f'"administratorLoginPassword": {{\n  "value": "{PICKED}"\n}}', PICKED),
        (f"  DbPassword:\n    Type: String\n    NoEcho: true\n    Default: {PICKED}\n", PICKED),
        (f'set {{\n  name  = "auth.rootPassword"\n  value = "{PICKED}"\n}}', PICKED),
        (f'request.get(url).auth("ann", "{PICKED}", false)', PICKED),
        (f'client.username_pw_set("ann", "{PICKED}")', PICKED),
        (f"jira = Tracker(host, basic_auth=('ann', '{PICKED}'))", PICKED),
        (f'store.connect("imap.corp.net", "ann@corp.net", "{PICKED}");', PICKED),
        (f'keyStore.load(stream, "{PICKED}".toCharArray());', PICKED),
        (f'driver.find_element(By.ID, "password").send_keys("{PICKED}")', PICKED),
        (f"page.fill('#password', '{PICKED}')", PICKED),
        (f"fill_in 'Password', with: '{PICKED}'", PICKED),
        (f"echo {PICKED} | passwd --stdin ann", PICKED),
        (f'expect "password:"; send "{PICKED}\\r"', PICKED),
        (f"openssl enc -aes-256-cbc -in x -out y -k {PICKED}", PICKED),
        (f"htpasswd -b -c .htpasswd ann {PICKED}", PICKED),
        (f"db.conn=ann/{PICKED}@db.corp.net:1521/SHOP", PICKED),
        (f'"ann" "md5{HEXADECIMAL}"', f"md5{HEXADECIMAL}"),
        (f"GET / HTTP/1.1\nCookie: lang=en; PHPSESSID={SESSION}\n", SESSION),
        (f"Set-Cookie: shop_session={SESSION}; HttpOnly", SESSION),
        (f'"cookies": [{{"name": "sessionid", "value": "{SESSION}"}}]', SESSION),
        (f"vendorPRIVATE-{HEXADECIMAL}", HEXADECIMAL),
        (f"vendor_key.access.{KEY}", KEY),
        (f'jsapi_ticket = "{KEY}"', KEY),
        (f"the password is `{PICKED}` for all", PICKED),
        (f"Password\t{PICKED}", PICKED),
        (f"| **Password** | `{PICKED}` |", PICKED),
        (f"| API key | {KEY} |", KEY),
        (
            f"http://hooks.slack.com/services/T0{SESSION[:7].upper()}/B0{SESSION[7:14].upper()}/{KEY[:24]}",
            f"http://hooks.slack.com/services/T0{SESSION[:7].upper()}/B0{SESSION[7:14].upper()}/{KEY[:24]}",
        ),
        (f"user,ann\npassword,{PICKED}\nhost,db1\n", PICKED),
        (f"Password:\n{PICKED}\n", PICKED),
        (f"API key:\n{HEXADECIMAL}\n", HEXADECIMAL),
        (f"Benutzer ann, Passwort {PICKED}", PICKED),
        (f"<param-name>password</param-name><param-value>{PICKED}</param-value>", PICKED),
        (f"<param-name>api-key</param-name>\n<param-value>{KEY}</param-value>", KEY),
        (f"pgdb.connect('db', 'postgres', '{PICKED}')", PICKED),
        (f"https://chat.corp.net/hooks/{KEY[:26].lower()}", f"https://chat.corp.net/hooks/{KEY[:26].lower()}"),
    ],
)
def test_a_secret_is_found_where_it_is_handed_on(text, value):
    assert [value for value, _ in found(text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "const p = process.env.DB_PASSWORD || 'password';",
        "const token = props.token || defaultToken",
        f"hmac-sha256 digest: {HEXADECIMAL}",
        f"sha256('{HEXADECIMAL}')",
        f"https://{KEY}@o1.ingest.sentry.io/42",
        "the password is JavaScript in disguise",
        "identified by\n\\fIactionName\\fR",
        r"password=Contrase\u00f1a",
        r"secret=\u4f60\u597d\u4e16\u754c",
        "token: >-\n  a text that says what the token of 2026 is for\n",
        "DB_PASSWORD: ${DB_PW:-changeme}",
        'creds = load("credentials.json")',
        "user ann with password authentication2",
        "a user with a password that has 12 characters",
        'connect("localhost:8080", "bucket-2")',
        'object.connect("clicked", "on_button1_clicked")',
        f'HashPassword("password", "{drawn(16, 8)}", 5000)',
        "keyStore.load(stream, password.toCharArray());",
        "page.fill('#password', env.PASSWORD_9)",
        "echo $PASSWORD_9 | passwd --stdin ann",
        f'{{"sessionId": "{HEXADECIMAL}"}}',
        "Cookie: session=your-session-id-goes-here",
        "PASSWORD_HASHERS = ['web.auth.hashers.PBKDF2PasswordHasher']",
        'password = "@@PASSWORD9@@"',
        "passwordSecret: orders-postgres9",
        f"/vendor/origin-access/{KEY}/list",
        "libcryptsetup-token-systemd-pkcs11.so",
        f"pubKey = '{KEY}'",
        "pgdb.connect('db', 'postgres', pw2)",
        "https://ann:mypass123@example.com/",
        'secret = "\\u201cfakepassw0rd7#\\u201d"',
        'password = "this-is-not-real-7!"',
        """secret = '"&key=RAW(" + s3_key + ")"'""",
        """secret = 'spec.some.path[*].secretRef2'""",
        "xoxp-1-" + "RANDOM9STRINGHERE",
        'secretKeyAlgo = "PBKDF2WithHmacSHA256"',
        "db.password=@db.password1@",
        f"jobs:\n  rotate_secrets:\n    steps:\n      - uses: actions/checkout@{HEXADECIMAL}{HEXADECIMAL[:8]}\n",
        f'{{"tokens": {{"COIN": "0x{HEXADECIMAL}{HEXADECIMAL[:8]}"}}}}',
        f'tokenMint = "{KEY}"',
        "secrets:\n  - db_password_2026a\n",
        f"the primary key {HEXADECIMAL}",
        f"Signing key: {HEXADECIMAL[:16].upper()} of the archive",
        '"client_secret": "[a-zA-Z0-9-_]{24}"',
        'passwordKey = "com.company.app.passwordKey2"',
        "| password | string2 | required |",
        "| password | varchar(64) | NO |",
        "password,varchar2",
        "Change password\nv2.3.1-beta4\n",
        "Forgot password\nSign1n\n",
        "test_login,pass,fail2x",
        f"public key:\n{HEXADECIMAL}\n",
        f"KEY `FK{KEY[:24].lower()}` (`app_id`)",
        "token:\n  issuer-2024-prod-abc\n",
        'string PasswordKey = "Auth:Password:V2";',
    ],
)
def test_what_is_handed_on_there_and_is_none(text):
    assert found(text) == []


def test_a_signed_token_in_base64_once_more_is_found():
    packed = base64.b64encode(jwt(3).encode()).decode()
    assert found(f"  token: {packed}\n", "secret.yaml") == [(packed, "high")]
    assert found(f"  note: {base64.b64encode(b'eyJ' + b'x.y' * 60).decode()}\n", "secret.yaml") == []


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("compose.yml", "      POSTGRES_PASSWORD: " + "secret2", "secret2"),
        ("compose.yml", "    - MYSQL_ROOT_PASSWORD=" + "root", "root"),
        ("app.properties", "db.password=" + "admin123", "admin123"),
        ("run.sh", "docker run -e MYSQL_ROOT_PASSWORD=" + "test123 mysql", "test123"),
    ],
)
def test_a_weak_password_in_use_is_told_as_less_sure(name, text, value):
    assert found(text + "\n", name) == [(value, "low")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compose.yml", "      DB_PASSWORD: changeme"),
        ("compose.yml", "      password: password"),
        ("compose.yml", "      DB_PASSWORD: db-password"),
        ("compose.yml.example", "      DB_PASSWORD: admin"),
        ("user_test.rb", "  password: 'secret',"),
        ("app.properties", "password.label=secret"),
    ],
)
def test_a_word_that_stands_for_a_password_is_none_all_the_same(name, text):
    assert found(text + "\n", name) == []


def test_a_header_with_a_sample_of_a_login_is_less_sure():
    sample = base64.b64encode(b"user:passwd").decode()
    assert found(f"Authorization: Basic {sample}\n") == [(sample, "low")]
