"""Secrets without a form of their own: told by the name they are assigned to and by how they look."""

from __future__ import annotations

from casb_cli.scan.detect.catalogue._collections import PASSWORD_COLLECTIONS, TOKEN_COLLECTIONS
from casb_cli.scan.detect.catalogue._forms import (
    CLOSES,
    DECLARED,
    ENDS,
    EQUALS,
    FALLBACK,
    FOREIGN,
    HERE,
    OPEN,
    PASSWORD,
    PASSWORD_FORMS,
    PASSWORD_HINT,
    SCHEME,
    SECRET,
    SIGN,
    TOKEN_FORMS,
    UUID,
    UUID_HINT,
    UUID_NAME,
)
from casb_cli.scan.detect.examples import HEX, rand, uuid
from casb_cli.scan.detect.rules import Detector, Rule

# Those first that rule out most for what they cost.
_RANDOM_FILTERS = (
    "public_key",
    "uuid",
    "repeated",
    "documentation",
    "identifier",
    "encoded_words",
    "plain_words",
    "placeholder",
    "code_piece",
    "other_name",
    "position",
    "content_hash",
    "file_name",
    "lock_file",
    "minified",
    "template_file",
    "sealed",
)


_MIXED = (
    r"(?-i:(?=\S{0,40}?[a-z])(?=\S{0,40}?[A-Z])(?=\S{0,40}?[0-9]))(?=[^\s,;<>(){}\[\]&]{0,60}[,;<>(){}\[\]&]\S)"
    r"(?!\S{1,60}?(?:[&;,][\w.-]{1,40}[=:]|</))[^\s\"'`]{12,64}(?=[ \t\r]{0,8}(?:\n|\Z))"
)
"""A value to the end of its line, with signs in it that elsewhere end one."""


def _assigned(hint: str, names: str) -> Rule:
    """Return the rule of a password behind one of the names; `hint` may tell them less exactly."""
    return Rule(
        hint=hint + r"[a-z0-9_\[]{0,16}" + CLOSES + ENDS,
        pattern=(
            r"(?<!\$\()"
            + names
            + r"[a-z0-9_\[]{0,16}"
            + EQUALS
            + r"(?:\s{0,40}"
            + FALLBACK
            + OPEN
            + r"(?P<v>(?:[^\"'`\s]|(?<=\S) (?=\S)|'(?=[a-z0-9][^\"'`\s]{0,60}\")){4,100}?)(?<!\\)\\{0,3}"
            r"(?:[\"`]|'(?![a-z0-9][^\"'`\s]{0,60}\"))|"
            + HERE
            + r"(?:\$\{[a-z0-9_]{1,60}:-)?(?P<v2>"
            + _MIXED
            + r"|(?:[^\s\"'`,;<>(){}\[\]&]|&(?![a-z0-9_.-]{1,40}=)){4,100}+(?![^\s\"'`,;<>)}\]&])))"
        ),
        then=r"(?:"
        + DECLARED
        + r")?[=>*-]{0,2}\s{0,40}(?:[|>][+-]?\s{1,41})?(?:<%=\s{0,3}|"
        + OPEN
        + r"[^\"`\s]{4}|[^\s\"'`,;<>(){}\[\]]{4}|env\[|\$\{|[^\s\"'`]{12})",
        caseless=True,
        before=96,
        after=230,
    )


DETECTORS: tuple[Detector, ...] = (
    Detector(
        id="high-entropy-assignment",
        title="Random value assigned to a secret's name",
        family="credential",
        severity="medium",
        confidence="medium",
        description="A value that looks random, assigned to a name such as api_key, secret or token.",
        rules=(
            Rule(
                hint=SECRET + r"[a-z0-9_\[]{0,20}" + CLOSES + ENDS,
                pattern=(
                    SECRET
                    + r"[a-z0-9_\[]{0,20}"
                    + SIGN
                    + r"(?:\s{0,40}"
                    + FALLBACK
                    + OPEN
                    + SCHEME
                    + r"\s?(?P<v>[^\"'`\s]{6,1200}?)\s?\\{0,3}[\"'`]|"
                    + HERE
                    + SCHEME
                    + r"(?P<v2>[A-Za-z0-9+/_=.~!@#$%^*-]{6,1200})(?![A-Za-z0-9+/_=(\[{]))"
                ),
                then=r"(?:"
                + DECLARED
                + r")?[=>*-]{0,2}\s{0,40}(?:[|>][+-]?\s{1,41})?(?:"
                + OPEN
                + ")?"
                + SCHEME
                + "\\s?(?:[^\"'`\\s]{10}|[^\"'`\\s]{0,8}[0-9]|env\\[)",
                caseless=True,
                before=112,
                after=1300,
            ),
            *TOKEN_FORMS,
            *TOKEN_COLLECTIONS,
        ),
        checks=("secret_like",),
        filters=_RANDOM_FILTERS,
        doubts=("sequence", "short", "all_digits"),
        columns=(
            "(?:api|client|app|auth|access|secret|private|service|account|bearer)?"
            "(?:apikey|secretkey|accesskey|authkey|secret|apitoken|accesstoken|authtoken|token|key)(?:secret|value)?"
        ),
        keywords=("api key", "client secret", "secret key", "access token", "auth token", "private key", "secret"),
        distance=40,
        generic=True,
        match=lambda: (
            f'api_key = "{rand(32)}"',
            f"CLIENT_SECRET={rand(40, seed=2)}",
            f"  token: {rand(36, seed=3)}",
            f'{{"secretKey": "{rand(28, seed=4)}"}}',
            f'const API_TOKEN: &str = "{rand(28, seed=24)}";',
            f'private val clientSecret: String = "{rand(28, seed=25)}"',
            f'<string name="api_key">{rand(28, seed=26)}</string>',
            f"<name>fs.s3a.secret.key</name>\n<value>{rand(40, seed=28)}</value>",
            f"<key>ApiToken</key><string>service-{rand(48, HEX, 29)}</string>",
            f'{{"key":"api_token","value":"{rand(28, seed=27)}"}}',
            f"export AUTH_TOKEN='{rand(32, HEX, 5)}'",
            f"Authorization: Bearer {rand(40, seed=8)}",
            f"tool --token {rand(40, seed=9)} run",
            f"const appSecret = `{rand(24, seed=6)}`;",
            f"TOKEN = ENV['API_TOKEN'] || '{rand(32, seed=30)}'",
            f'1,"api_secret = ""{rand(40, seed=10)}"""',
            f'{{"note": "api_secret = \\"{rand(40, seed=11)}\\""}}',
            'api_secret = "' + "b6f2ljY8pvhUa29Iaiho" + 'yzhW9dlxH9GMvcijRD68"',
            'api_secret = "' + "xeamFav0lukYmAlFg5x6" + '3FzflyrefzF2JwTESCsM"',
            f"service;api_key\nmail;{rand(32)}\nshop;{rand(32, seed=12)}\n",
            f"api_keys:\n  - {rand(32, seed=31)}\n  - {rand(32, seed=32)}\n",
            f"[tokens]\nmail = {rand(32, seed=33)}\n",
            f"token: >-\n  {rand(32, seed=34)}\n",
        ),
        no_match=lambda: (
            'api_key = "your-api-key-here-please"',
            "token = get_token_from_environment()",
            'secret_name = "production-database-credentials"',
            "api_key: ${API_KEY_FROM_VAULT_1}",
            f"commit token sha256 = {rand(64, HEX)}",
            'token = "123e4567-e89b-12d3-a456-426614174000"',
            f"name = {rand(32)}",
            "secret: process.env.CLIENT_SECRET_V2",
            "private_key: x25519.X25519PrivateKey",
            "token: PostOAuth2TokenRefresh",
            "?tokena=A&amp;tokenb=B\">package_name-0.1.2.tar.gz'",
            'token: "TheQuickBrownFoxJumpsOverTheLazyDogAgain2"',
            'secret_name = "getElementByIdOrNameFromSecretDocument"',
            "Authorization: Bearer YOUR_ACCESS_TOKEN_HERE",
            "tool --token string-that-you-got-before",
            f'"NextToken": "{rand(60, seed=7)}"',
            "arn:aws:secretsmanager:us-west-2:123456789012:secret:MySecret2-a1b2c3",
            "secrets:\n  - source: database_password_2\n",
        ),
    ),
    Detector(
        id="password-assignment",
        title="Password in the clear",
        family="credential",
        severity="medium",
        confidence="medium",
        description="A value assigned to a name such as password or client_secret, no placeholder and no reference.",
        rules=(
            # A line of a test's log: `PASS: folder/test.exp`, after a newline.
            _assigned(PASSWORD_HINT, r"(?!(?<=\n)(?-i:PASS: ))" + PASSWORD),
            _assigned(FOREIGN, FOREIGN),
            # A secret in quotes may be chosen as passwords are; without them it is more often a reference, but on a
            # line of its own in a configuration.
            Rule(
                hint=r"(?:secret(?:[_-]?key)?|creds?)" + CLOSES + ENDS,
                pattern=r"(?:(?<!existing)(?<!pull)secret(?:[_-]?key)?|(?<![a-z])creds?)"
                + EQUALS
                + r"\s{0,40}"
                + OPEN
                + r"(?P<v>[^\"'`\s]{6,40}?)(?<!\\)\\{0,3}[\"'`]"
                r"|(?<![^\n])[ \t]{0,8}secret[ \t]{0,8}=[ \t]{0,8}(?P<v2>[^\"'`\s()<>{}]{6,40})"
                r"(?=[ \t\r]{0,8}(?:\n|\Z))",
                then=r"(?:" + DECLARED + r")?[=>]{0,2}\s{0,40}(?:" + OPEN + r")?[^\"'`\s()<>{}]{6}",
                caseless=True,
                before=96,
                after=110,
            ),
            *PASSWORD_FORMS,
            *PASSWORD_COLLECTIONS,
        ),
        filters=(
            "code_piece",
            "unlikely_password",
            "identifier",
            "numbered_name",
            "monotone",
            "counted",
            "documentation",
            "uuid",
            "other_name",
            "content_hash",
            "file_name",
            "lock_file",
            "minified",
            "template_file",
            "sealed",
        ),
        doubts=("doubtful_password", "sequence", "made_longer"),
        columns=(
            "(?:user|login|initial|temp|temporary|db|database|account|admin|wifi|ssh|email|old|new|current|default|web)?"
            "(?:password|passwd|passwort|kennwort|passphrase|pwd|pass|motdepasse|senha|contraseña|contrasena|wachtwoord"
            "|hasło|haslo|heslo|lösenord|adgangskode|passord|пароль|Пароль|密码|密碼|パスワード|비밀번호)(?:s|plain|plaintext|cleartext)?"
        ),
        generic=True,
        mask="none",
        match=lambda: (
            "password = " + '"Tr0ub4dor' + '&3x"',
            "DB_PASSWORD=" + "s3cure-" + "Pa55phrase",
            "pwd: " + "'kX9!vv2" + "#Lm'",
            "Passwort: " + "Sommer2024" + "!x",
            "<password>" + "Gr8Pass" + "!word9</password>",
            '<add key="DbPassword" value="' + "Gr8Pass" + '!word9"/>',
            "CREATE USER app IDENTIFIED BY '" + "Gr8Pass" + "!9';",
            "My password is " + "Sup3rS3" + "cret!",
            "password = ENV['DB_PASSWORD'] || '" + "Sup3rS3" + "cret!'",
            "host api login bob password " + "Gr8Pass" + "9word",
            "ENV MYSQL_ROOT_PASSWORD " + "Gr8Pass" + "9word",
            "mysql --password " + "Gr8Pass" + "9word",
            "curl -s -u admin:" + "Gr8Pass" + "9word https://host/x",
            "name,password,city\nann," + "Gr8Pass" + "9word,Rome\nbob," + "s3cure-Pa55" + "phrase,Oslo\n",
            "passwords:\n  ann: " + "Gr8Pass" + "9word\n",
            'users = [("ann", "' + "Gr8Pass" + '9word")]',
            "[users]\nann = " + "Gr8Pass" + "9word, admin\n",
            "user ann with password " + "Gr8Pass" + "9word",
            '"User";"Initial Password"\n"ann";"' + "Gr8Pass" + '9word"\n"bob";"' + "s3cure-Pa55" + 'phrase"\n',
        ),
        no_match=lambda: (
            "password = os.environ['DB_PASSWORD']",
            "password: changeme",
            'password = "${DB_PASSWORD}"',
            'password: "<your password>"',
            "password = getpass()",
            "Password: required",
            "def check(password: str, other: int)",
            "password = settings.database.password",
            "PASSWD_MIN = argon2id.PASSWD_MIN",
            "pass_context = jinja2.contextfunction",
            "password = base64.b16encode(random_bytes[8:])",
            "passive: LowPass2Filter",
            "the password is required and must be changed",
            "users:\n  ann: administrators\n",
            "<password>${password}</password>",
            "a user identified by certificates",
            "curl -u $USER:$PASS https://host",
            "--password string   the password to use",
            "form: AdminPasswordChangeForm2, x",
            'PassedTo: "ec2.amazonaws.com"',
            "name,password_changed,city\nann,2026-01-02,Rome\nbob,2026-03-04,Oslo\n",
            "name,password,city\nann,changeme,Rome\nbob,$2b$12$abcdefgh1234567890,Oslo\n",
        ),
    ),
    Detector(
        id="key-assignment",
        title="Random value called a key",
        family="credential",
        severity="medium",
        confidence="medium",
        description="A value that looks random, assigned to a bare `key`, `auth` or `pat`.",
        rules=(
            Rule(
                hint=r"(?:keys?(?:_?(?:value|bytes|data|hex|base64|b64))?|auth|ticket|_pat|_api)[0-9]?"
                + CLOSES
                + r"(?:"
                + ENDS
                + r"|\sis\s)",
                pattern=(
                    r"(?:(?<![a-z])|(?<=[a-z])(?=(?-i:[KA])))"
                    r"(?:keys?(?:_?(?:value|bytes|data|hex|base64|b64))?|auth|ticket|(?<=_)(?:pat|api))[0-9]?"
                    r"(?:" + SIGN + r"|\sis\s{1,2})"
                    r"(?:\s{0,40}" + OPEN + r"\s?(?P<v>[a-z0-9+/_=.~!@#$%^&*-]{16,600})\s?\\{0,3}[\"'`]"
                    r"|" + HERE + r"(?P<v2>[a-z0-9+/_=.~-]{20,600})(?![a-z0-9+/_=.~({\[-]))"
                ),
                then=r"(?:" + DECLARED + r")?[=>]{0,2}\s{0,40}(?:" + OPEN + r")?\s?[a-z0-9+/_=.~!@#$%^&*-]{16}",
                caseless=True,
                before=84,
                after=700,
            ),
        ),
        checks=("key_like",),
        filters=(*_RANDOM_FILTERS, "other_key"),
        doubts=("sequence",),
        generic=True,
        match=lambda: (
            f"[DEBUG] Using Key={rand(32, seed=21)}",
            f'key := "{rand(40, seed=22)}"',
            f"Your key is {rand(32, HEX, 23)}, keep it",
            f"serviceAuth := {rand(36, seed=24)}",
        ),
        no_match=lambda: (
            f"cache_key = {rand(32, seed=21)}",
            f"primary key: {rand(32, HEX, 22)}",
            f"monkey = {rand(32, seed=23)}",
            "key = get_value_from_the_configuration",
            f"key = sha256:{rand(64, HEX, 24)}",
        ),
    ),
    Detector(
        id="uuid-secret",
        title="UUID assigned to a key's name",
        family="credential",
        severity="medium",
        confidence="medium",
        description="A UUID assigned to a name such as api_key or client_secret: many services issue keys so.",
        reference="RFC 9562 for the form",
        rules=(
            Rule(
                hint=UUID_HINT + CLOSES + ENDS,
                pattern=UUID_NAME + SIGN + r"\s{0,4}(?:" + OPEN + ")?(?P<v>" + UUID + r")(?![a-z0-9-])",
                then=r"[=>]{0,2}\s{0,4}(?:" + OPEN + ")?" + UUID,
                caseless=True,
                before=112,
                after=160,
            ),
            Rule(
                hint=r"(?:key|token|secret)>\s{0,40}" + UUID,
                pattern=r"(?:key|token|secret)>\s{0,40}(?P<v>" + UUID + r")(?=\s{0,40}</)",
                caseless=True,
                before=100,
                after=60,
            ),
        ),
        filters=("position", "example_uuid", "other_name", "lock_file", "template_file"),
        generic=True,
        normal="lower",
        match=lambda: (
            f'api_key = "{uuid(1)}"',
            f"HEROKU_API_KEY={uuid(2)}",
            f'{{"clientSecret": "{uuid(3).upper()}"}}',
            f'"secret" : "{uuid(4)}"',
        ),
        no_match=lambda: (
            'api_key = "123e4567-e89b-12d3-a456-426614174000"',
            f"request_id = {uuid(1)}",
            f"request_token = {uuid(1)}",
            f"api_key_id = {uuid(2)}",
            f"apiKey: {uuid(2)}-7",
            f"secret_name: {uuid(1)}",
        ),
    ),
    Detector(
        id="url-password",
        title="Address with a password",
        family="credential",
        severity="high",
        confidence="high",
        description="A database or service address that carries user name and password.",
        reference="RFC 3986, section 3.2.1",
        rules=(
            Rule(
                hint=r"://[^\s/:\"'<>]{0,80}:[^\s/@\"'<>]{1,120}@",
                # An address of a mail as the user's name should have its sign escaped; people leave it.
                pattern=(
                    r"(?<![a-z0-9])[a-z][a-z0-9+.-]{1,24}://[^\s/:@\"'<>]{0,80}(?:@[a-z0-9.-]{1,60})?:"
                    r"(?P<v>[^\s/@\"'<>]{3,120}?)\\?@[a-z0-9\[%{$]"
                ),
                caseless=True,
                before=300,
                after=8,
            ),
            Rule(
                hint=r"jdbc:oracle:[a-z]{2,5}:[^\s/:@\"']{1,40}/[^\s/@\"']{3,60}@",
                pattern=r"jdbc:oracle:[a-z]{2,5}:[^\s/:@\"']{1,40}/(?P<v>[^\s/@\"']{3,60})@",
                caseless=True,
                before=140,
                after=2,
            ),
        ),
        checks=(),
        filters=(
            "placeholder",
            "documentation",
            "monotone",
            "counted",
            "sample_host",
            "same_twice",
            "escaped_words",
            "template_file",
            "lock_file",
        ),
        doubts=("doubtful_password", "sequence", "example_host"),
        mask="none",
        match=lambda: (
            "postgres://app:" + "h7Qz!kw9" + "@db.internal:5432/prod",
            "mongodb+srv://root:" + "Zx81-Kk2m" + "@cluster0.mongodb.net/x",
            "https://deploy:" + "q8Ws-2024-Lm" + "@git.company.com/x.git",
        ),
        no_match=lambda: (
            "postgres://user:password@localhost/db",
            "postgres://$USER:$PASS@host/db",
            "https://example.com:8443/a@b",
            "redis://user:<password>@host",
            "https://host/path:with@sign",
        ),
    ),
    Detector(
        id="basic-authorization",
        title="Basic authorization header",
        family="credential",
        severity="high",
        confidence="high",
        description="User name and password in an Authorization header.",
        reference="RFC 7617",
        rules=(
            Rule(
                hint=r"\bbasic\s{1,3}[a-z0-9+/]{8}",
                pattern=r"\bbasic\s{1,3}(?P<v>[a-z0-9+/]{8,300}={0,2})(?![a-z0-9+/=])",
                caseless=True,
                before=32,
                after=310,
            ),
        ),
        checks=("basic_credentials",),
        filters=("placeholder",),
        doubts=("encoded_words", "sample_pair"),
        mask="none",
        match=lambda: ("Authorization: Basic " + "YWRtaW46c" + "zNjdXJlLVBhNTU=",),
        no_match=lambda: ("Authorization: Basic realm", "Authorization: Basic aGVsbG8gd29ybGQ="),
    ),
)
