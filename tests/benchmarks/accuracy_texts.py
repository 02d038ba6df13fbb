"""Texts for the measure of precision and recall: letters, secrets in configuration and code, and clean data."""

# ruff: noqa: E501, ISC003 - tables of texts, one a line

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
import uuid
from collections.abc import Iterator

from accuracy_numbers import card

_BBAN = {
    "DE": "9" * 18,
    "FR": "9" * 10 + "9" * 11 + "99",
    "GB": "NWBK" + "9" * 14,
    "NL": "INGB" + "9" * 10,
    "ES": "9" * 20,
    "IT": "X" + "9" * 22,
    "AT": "9" * 16,
    "CH": "9" * 17,
    "PL": "9" * 24,
    "BE": "9" * 12,
    "SE": "9" * 20,
    "NO": "9" * 11,
    "PT": "9" * 21,
    "IE": "AIBK" + "9" * 14,
    "DK": "9" * 14,
    "FI": "9" * 14,
    "CZ": "9" * 20,
    "TR": "9" * 5 + "0" + "9" * 16,
}
_LETTERS = string.ascii_letters + string.digits


def account(country: str, source: random.Random) -> str:
    """Return an IBAN: the country's structure of ISO 13616, national check digits where stdnum asks for them."""
    from stdnum import iban

    for _ in range(100_000):
        body = "".join(source.choice("0123456789") if c == "9" else c for c in _BBAN[country])
        check = 98 - int("".join(str(int(c, 36)) for c in f"{body}{country}00")) % 97
        if iban.is_valid(f"{country}{check:02d}{body}", check_country=False):
            return f"{country}{check:02d}{body}"
    raise ValueError(country)


def account_forms(number: str) -> Iterator[tuple[str, str]]:
    """Yield an IBAN as people and programs write it."""
    groups = [number[at : at + 4] for at in range(0, len(number), 4)]
    yield "bare", number
    yield "fours", " ".join(groups)
    yield "no-break spaces", "\u00a0".join(groups)
    yield "dashes", "-".join(groups)
    yield "small", number.lower()
    yield "points", ".".join(groups)
    yield "thin spaces", "\u202f".join(groups)
    yield "sixes", f"{number[:4]} {number[4:8]} {number[8:14]} {number[14:]}"
    yield "two spaces", "  ".join(groups)
    yield "behind its name", f"IBAN{number}"
    yield "country apart", f"IBAN {number[:2]} {number[2:4]} {number[4:]}"
    yield "broken by a line's end", "IBAN " + "\n".join((" ".join(groups[:3]), " ".join(groups[3:])))


def card_forms(number: str) -> Iterator[tuple[str, str]]:
    """Yield a card's number as people and programs write it."""
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[len(number)]
    groups, at = [], 0
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    for name, joint in (
        ("bare", ""),
        ("spaces", " "),
        ("dashes", "-"),
        ("points", "."),
        ("no-break spaces", "\u00a0"),
        ("narrow spaces", "\u202f"),
        ("two spaces", "  "),
    ):
        yield name, joint.join(groups)
    yield "in brackets", f"({' '.join(groups)})"
    yield "with expiry", f"{' '.join(groups)} 11/29"
    yield "json", f'"{number}",'
    yield "no", f"No.{number}"
    yield "tab", f"\t{number}\t"


def torn(number: str) -> Iterator[tuple[str, str]]:
    """Yield a card's or account's number as lines, tables and other scripts break it up."""
    head, tail = number[:8], number[8:]
    fours = [number[at : at + 4] for at in range(0, len(number), 4)]
    yield "over a line", f"{' '.join(fours[:2])}\n{' '.join(fours[2:])}"
    yield "over a quoted line", f"{' '.join(fours[:3])}\n> {' '.join(fours[3:])}"
    yield "over an indented line", f"{' '.join(fours[:2])}\r\n      {' '.join(fours[2:])}"
    yield "bare, over a line", f"{head}\n{tail}"
    yield "strokes", "/".join(fours)
    yield "spaced dashes", " - ".join(fours)
    yield "tabs", "\t".join(fours)
    yield "zero width", "\u200b".join(fours)
    yield "full width", "".join(chr(ord(char) + 0xFEE0) for char in number)


_LINES = (
    "Dear customer, thank you for your order of 12 March 2026.",
    "Sehr geehrte Damen und Herren, anbei die Rechnung über 1.249,90 EUR.",
    "Order no. 2026-0042817, delivery on 14.04.2026 to 10115 Berlin.",
    "Nous vous prions d'agréer nos salutations distinguées.",
    "Subtotal 1,020.00   VAT 19 % 193.80   Total 1,213.80",
    "Our reference 88-2231/7, your letter of the third.",
    "Please call us on weekdays between nine and five.",
)


def letter(kind: str, value: str, source: random.Random, what: str) -> str:
    """Return an invoice or letter with a value in it, where one is given."""
    lines = source.sample(_LINES, 4)
    ways = {
        ("invoice", "card"): ("Paid by card {}", "Kartennummer: {}", "Charged to {} on 03/04/2026", "Payment: {}"),
        ("letter", "card"): ("My number is {} as you asked.", "please debit {} from now on", "Carte : {}"),
        ("invoice", "account"): (
            "IBAN: {}",
            "Bitte überweisen Sie auf {}",
            "Account {} BIC ABCDEFGH",
            "Konto {}, danke",
        ),
    }.get((kind, what))
    if ways:
        lines.insert(2, source.choice(ways).format(value))
    return "\n".join(lines) + "\n"


def _rand(source: random.Random, size: int, alphabet: str = _LETTERS) -> str:
    return "".join(source.choices(alphabet, k=size))


def _mixed(source: random.Random, size: int, alphabet: str = _LETTERS) -> str:
    while True:
        text = _rand(source, size, alphabet)
        if any(c.isdigit() for c in text) and any(c.isupper() for c in text) and any(c.islower() for c in text):
            return text


def secrets(r: random.Random) -> Iterator[tuple[str, str | None, str, str]]:
    """Yield label, `credential` or None, name of the file, text."""
    hexes, upper = "0123456789abcdef", string.ascii_uppercase + string.digits
    tokens = {
        "aws": "AK" + "IA" + _rand(r, 16, string.ascii_uppercase + "234567"),
        "slack bot": f"xox{'b'}-{_rand(r, 12, '123456789')}-{_rand(r, 13, '123456789')}-{_mixed(r, 24)}",
        "slack hook": f"https://hooks.slack.com/serv{'ices'}/T{_rand(r, 8, upper)}/B{_rand(r, 8, upper)}/{_mixed(r, 24)}",
        "stripe": f"sk{'_live_'}{_mixed(r, 24)}",
        "google": f"AI{'za'}{_mixed(r, 35)}",
        "gitlab": f"glp{'at-'}{_mixed(r, 20)}",
        "sendgrid": f"S{'G.'}{_mixed(r, 22)}.{_mixed(r, 43)}",
        "digitalocean": f"dop{'_v1_'}{_rand(r, 64, hexes)}",
        "npm": f"npm{'_'}{_mixed(r, 36)}",
        "shopify": f"shp{'at_'}{_rand(r, 32, hexes)}",
        "openai project": f"sk-{'proj-'}{_mixed(r, 74)}T3Blbk{'FJ'}{_mixed(r, 74)}",
        "anthropic": f"sk-{'ant-api03-'}{_mixed(r, 93)}AA",
        "huggingface": f"hf{'_'}{_rand(r, 34, string.ascii_letters)}",
        "postman": f"PM{'AK-'}{_rand(r, 24, hexes)}-{_rand(r, 34, hexes)}",
        "telegram": f"{_rand(r, 10, '123456789')}:AA{_mixed(r, 33)}",
        "discord hook": f"https://discord.com/api/web{'hooks'}/{_rand(r, 18, '123456789')}/{_mixed(r, 68)}",
        "atlassian": f"ATA{'TT3xFfGF0'}{_mixed(r, 180)}={_rand(r, 8, '0123456789ABCDEF')}",
        "databricks": f"da{'pi'}{_rand(r, 32, hexes)}",
        "vault": f"hv{'s.'}{_mixed(r, 92)}",
        "jwt": ".".join(
            base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in ('{"alg":"RS256"}', '{"sub":"u1"}')
        )
        + f".{_mixed(r, 86)}",
        "pypi": f"py{'pi-'}AgEIcHlwaS5vcmc{_mixed(r, 150)}",
        "mailchimp": f"{_rand(r, 32, hexes)}-us12",
        "linear": f"lin{'_api_'}{_mixed(r, 40)}",
        "notion": f"nt{'n_'}{_rand(r, 11, '0123456789')}{_mixed(r, 35)}",
    }
    places = (
        ("env", "app.env", "TOKEN_VALUE={}\n"),
        ("yaml", "values.yaml", "service:\n  credential: {}\n"),
        ("json", "conf.json", '{{"a": 1, "credential": "{}"}}\n'),
        ("code", "main.go", 'var c = NewClient("{}")\n'),
        ("log", "run.log", "2026-01-02 10:00:01 INFO using {} for the call\n"),
    )
    for label, token in tokens.items():
        for place, name, text in places:
            if label == "mailchimp":
                text = text.replace("credential", "mailchimp_key").replace("TOKEN_VALUE", "MAILCHIMP_KEY")
                text = text.replace("NewClient", "mailchimp.New").replace("using", "mailchimp api")
            yield f"{label} in {place}", "credential", name, text.format(token)
    generic = _mixed(r, 32)
    password = "Kx7" + "!mu9Qz#"
    for label, text in {
        "api key, python": f'API_KEY = "{generic}"',
        "api key, camel": f"const apiKey = '{_mixed(r, 40)}';",
        "secret, yaml": f"client_secret: {_mixed(r, 40)}",
        "secret, json": f'"clientSecret": "{_mixed(r, 40)}",',
        "secret, properties": f"app.security.jwt.secret={_mixed(r, 48)}",
        "secret, java": f'private static final String SECRET_KEY = "{_mixed(r, 44)}";',
        "secret, php": f"define('AUTH_KEY', '{_mixed(r, 64)}');",
        "secret, php array": f"'secret' => '{_mixed(r, 40)}',",
        "secret, terraform": f'  secret_key = "{_mixed(r, 40)}"',
        "secret, docker": f"ENV API_TOKEN={_mixed(r, 36)}",
        "secret, header": f"curl -H 'X-Api-Key: {_mixed(r, 32)}' https://api.host",
        "bearer, header": f"Authorization: Bearer {_mixed(r, 40)}",
        "secret, hexadecimal": f'secret = "{_rand(r, 64, hexes)}"',
        "secret, toml": f'access_token = "{_mixed(r, 50)}"',
        "secret, ruby": f'config.secret_key_base = "{_rand(r, 128, hexes)}"',
        "secret, django": f"SECRET_KEY = '{_mixed(r, 38, _LETTERS + '!@#$%^&*(-_=+)')}'",
        "secret, xml": f"<apiKey>{_mixed(r, 32)}</apiKey>",
        "secret, k8s": f"  token: {base64.b64encode(r.randbytes(30)).decode()}",
        "password, yaml": f"password: {password}",
        "password, env": f"DB_PASSWORD={password}",
        "password, json": f'{{"user": "svc", "password": "{password}"}}',
        "password, python": f'conn = connect(user="svc", password="{password}")',
        "password, java": f'ds.setPassword("{password}");',
        "password, js": f"password: '{password}',",
        "password, csharp": f'"Server=db;User Id=sa;Password={password};"',
        "password, jdbc": f"jdbc:mysql://db:3306/x?user=a&password={password}",
        "password, url": f"postgres://svc:{_mixed(r, 16)}@db.internal:5432/app",
        "password, redis": f"redis://:{_mixed(r, 20)}@cache.internal:6379/0",
        "password, mongodb": f"mongodb+srv://svc:{_mixed(r, 14)}@cluster0.mongodb.net/app",
        "password, netrc": f"machine host login svc password {password}",
        "password, ini": f"[db]\npasswd = {password}",
        "password, prose": f"The password is {password}",
        "password, sql": f"ALTER USER app WITH PASSWORD '{password}';",
        "password, shell": f"export PGPASSWORD='{password}'",
        "password, powershell": f'$pw = ConvertTo-SecureString "{password}" -AsPlainText -Force',
        "password, sshpass": f"sshpass -p '{password}' ssh host",
        "password, german": f"Kennwort: {password}",
        "password, curl": f"curl -u svc:{password} https://host/x",
        "basic": f"Authorization: Basic {base64.b64encode(b'svc:' + password.encode()).decode()}",
        "azure storage": "DefaultEndpointsProtocol=https;AccountName=x;AccountKey="
        + base64.b64encode(r.randbytes(64)).decode()
        + ";EndpointSuffix=core.windows.net",
        "private key": "-----BEGIN {0}-----\n{1}\n-----END {0}-----".format("EC PRIVATE " + "KEY", _mixed(r, 64)),
        "aws secret": f"aws_secret_access_key = {_mixed(r, 40)}",
        "gcp": json.dumps({"type": "service_account", "private_key_id": _rand(r, 40, hexes), "private_key": "-----BEGIN "
                           + "PRIVATE KEY-----\n" + _mixed(r, 64) + "\n-----END PRIVATE KEY-----\n"}),
        "secret, aligned struct": f'\tHMACSecret:       "{_mixed(r, 32)}",',
        "secret, go bytes": f'jwtSecret = []byte("{_mixed(r, 32)}")',
        "secret, list": f'"tokens": ["{_mixed(r, 40)}"]',
        "secret, comparison": f'if ("{_mixed(r, 32)}" == secret) {{',
        "secret, space": f"vendor SECRET {_mixed(r, 32)}",
        "password, aligned": f'password             = "{password}"',
        "password, query": f"login?user=svc&password={password}&scope=all",
        "password, redis conf": f"requirepass {password}",
        "password, url scheme": f"nats-route://svc:{_mixed(r, 14)}@10.0.0.5:4222",
        "basic, alone": f'"value": "Basic {base64.b64encode(b"svc:" + password.encode()).decode()}"',
        "private key, base64": "tls.key: " + base64.b64encode(f"-----BEGIN PRIVATE KEY-----\n{_mixed(r, 64)}".encode()).decode(),
        "json web key": f'{{"kty": "EC", "crv": "P-256", "d": "{_mixed(r, 43)}"}}',
        "uuid key": f'"api_key": "{uuid.UUID(bytes=r.randbytes(16), version=4)}"',
    }.items():  # fmt: skip
        yield label, "credential", "conf.txt", f"# settings\n{text}\nend\n"
    for label, text in {
        "environment": 'password = os.environ["DB_PASSWORD"]',
        "vault reference": "secret: ${vault.path/to/key}",
        "placeholder": 'api_key = "<YOUR_API_KEY>"',
        "changeme": "password: changeme",
        "template": "token: {{ .Values.token }}",
        "type": "token: Optional[AuthenticationToken] = None",
        "hash": f"sha256: {_rand(r, 64, hexes)}",
        "etag": f'ETag: "{_rand(r, 32, hexes)}"',
        "commit": f"commit {_rand(r, 40, hexes)}",
        "integrity": f'"integrity": "sha512-{base64.b64encode(r.randbytes(64)).decode()}"',
        "public key": f"ssh-rsa AAAAB3NzaC1yc2E{_mixed(r, 300)} user@host",
        "certificate": f"-----BEGIN CERTIFICATE-----\n{_mixed(r, 64)}\n-----END CERTIFICATE-----",
        "uuid": f"request_id: {uuid.UUID(bytes=r.randbytes(16), version=4)}",
        "cache key": f"cache_key = '{_rand(r, 32, hexes)}'",
        "function": "token = generate_token(user_id, expires_in=3600)",
        "label": 'passwordLabel: "Enter your password"',
        "bcrypt": "password: $2b$12$" + _mixed(r, 53),
        "documentation key": "AK" + "IAIOSFODNN7EXAMPLE",
        "masked": "api_key: ****************************",
        "css": f".token-{_rand(r, 8, hexes)} {{ color: #a1b2c3 }}",
        "page token": f'"nextPageToken": "{_mixed(r, 60)}"',
        "csrf": f'<input name="csrf_token" value="{_mixed(r, 40)}">',
        "message": "The token has expired; request another token.",
        "date": '"PasswordLastUsed": "2026-09-08T21:47:36Z"',
        "algorithm": "password_encryption = scram-sha-256",
        "expansion": 'case "${MVN_PASSWORD:+has-password}" in',
        "type name": f'"AWS::ApiGateway::ApiKey": "{_rand(r, 16, hexes)}"',
        "sample host": "https://user:pass%20word@example.com/x",
        "basic sample": "Authorization: Basic dXNlcjpwYXNz",
        "public key, value": f"public_key: {_mixed(r, 44)}",
        "secret name": "secretName: production-database-credentials-v2",
        "key path": "private_key_path = /etc/ssl/private/server-2048.key",
        "regular expression": r"password_pattern = ^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$",
        "url": "token_url: https://login.host.example/oauth2/v2.0/token",
        "arn": "secret_arn = arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Ab12Cd",
    }.items():
        yield label, None, "conf.txt", f"# settings\n{text}\nend\n"


def clean_files(r: random.Random, count: int = 25) -> Iterator[tuple[str, str, str]]:
    """Yield label, name and text of files that hold nothing: many of each kind."""
    hexes = "0123456789abcdef"
    for n in range(count):
        lines = 3000
        yield (
            f"log {n}",
            "app.log",
            "".join(
                f"{1_760_000_000_000 + i * 137} req={_rand(r, 16, hexes)} user={r.randint(1, 10**6)} ms={r.random() * 900:.6f} "
                f"order={r.randint(10**15, 10**16 - 1) if i % 50 == 0 else r.randint(1, 10**9)}\n"
                for i in range(lines)
            ),
        )
        yield (
            f"order numbers {n}",
            "orders.csv",
            "order_id,amount\n"
            + "".join(f"{r.randint(4 * 10**15, 5 * 10**15)},{r.random() * 1000:.2f}\n" for _ in range(800)),
        )
        yield (
            f"floats {n}",
            "data.csv",
            "x,y,z\n" + "".join(f"{r.random()!r},{r.gauss(0, 1)!r},{r.random() * 1e5!r}\n" for _ in range(2000)),
        )
        yield (
            f"telephones {n}",
            "calls.csv",
            "id,from,to,seconds\n"
            + "".join(
                f"{i},+{r.randint(10**10, 10**12)},+{r.randint(10**10, 10**12)},{r.randint(1, 999)}\n"
                for i in range(1500)
            ),
        )
        yield (
            f"lock file {n}",
            "deps.lock",
            "".join(
                f'name = "pkg{i}"\nsha = "{_rand(r, 64, hexes)}"\nintegrity = "sha512-{base64.b64encode(r.randbytes(64)).decode()}"\n'
                for i in range(300)
            ),
        )
        yield f"uuids {n}", "ids.txt", "".join(f"{uuid.UUID(bytes=r.randbytes(16))}\n" for _ in range(3000))
        yield (
            f"hashes {n}",
            "sums.txt",
            "".join(f"{hashlib.md5(r.randbytes(8)).hexdigest()}  file{i}.bin\n" for i in range(2000)),
        )
        yield (
            f"picture {n}",
            "page.html",
            (f'<html><img src="data:image/png;base64,{base64.b64encode(r.randbytes(60_000)).decode()}"></html>'),
        )
        yield (
            f"base64 lines {n}",
            "mail.txt",
            "".join(base64.b64encode(r.randbytes(57)).decode() + "\n" for _ in range(900)),
        )
        yield (
            f"minified {n}",
            "app.js",
            ";".join(
                f"function {_rand(r, 2, string.ascii_letters)}(e,t){{return e.{_rand(r, 4, string.ascii_lowercase)}?{r.randint(1, 10**16)}:t}}"
                for _ in range(2500)
            ),
        )
        yield (
            f"identifiers {n}",
            "export.json",
            "".join(
                json.dumps(
                    {"id": r.randint(10**17, 10**19), "ts": 1_760_000_000 + i, "sku": _rand(r, 12, string.digits)}
                )
                + "\n"
                for i in range(1200)
            ),
        )
        yield (
            f"coordinates {n}",
            "track.geojson",
            json.dumps({"coordinates": [[r.uniform(-180, 180), r.uniform(-90, 90)] for _ in range(2500)]}),
        )
        body = "".join(card(r, "9", 16) + "\n" for _ in range(200))
        yield f"barcodes {n}", "parcels.txt", body
        yield (
            f"sums {n}",
            "sheet.tsv",
            "account\tdebit\tcredit\tbalance\n"
            + "".join(
                f"{r.randint(1000, 9999)}\t{r.randint(0, 10**7) / 100:.2f}\t{r.randint(0, 10**7) / 100:.2f}\t{r.randint(0, 10**9)}\n"
                for _ in range(1500)
            ),
        )
        yield (
            f"addresses {n}",
            "hosts.txt",
            "".join(
                f"{r.randint(1, 255)}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(0, 255)} {_rand(r, 12, hexes)} "
                f"{r.randint(0, 2**48):012x} 2026-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}\n"
                for _ in range(2000)
            ),
        )
        yield (
            f"shipments {n}",
            "ship.csv",
            "tracking number,invoice,weight,customer id\n"
            + "".join(
                f"{r.randint(10**11, 10**12 - 1)},{r.randint(10**7, 10**8)},{r.random() * 50:.3f},{r.randint(10**8, 10**9)}\n"
                for _ in range(1200)
            ),
        )
