"""Credentials as programs and servers store them: files whose every line has a known place for the secret."""

# ruff: noqa: E501 - forms

from __future__ import annotations

from casb_cli.scan.detect.catalogue._build import credential, form
from casb_cli.scan.detect.catalogue._forms import UUID
from casb_cli.scan.detect.examples import ALNUM, HEX, rand, uuid
from casb_cli.scan.detect.rules import Detector

_CRYPT = "./" + ALNUM
_ACCOUNT = r"(?<![^\n])[ \t]{0,8}[A-Za-z0-9_.@-]{1,64}:"
_CRYPTED = (
    r"\$(?:2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}|(?:1|apr1)\$[^$\s:]{1,8}\$[./A-Za-z0-9]{22}"
    r"|5\$(?:rounds=[0-9]{1,9}\$)?[^$\s:]{1,16}\$[./A-Za-z0-9]{43}|6\$(?:rounds=[0-9]{1,9}\$)?[^$\s:]{1,16}\$[./A-Za-z0-9]{86}"
    r"|(?:y|gy|7)\$[./A-Za-z0-9]{1,20}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}"
    r"|[89]\$[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}"
    r"|argon2(?:id|i|d)\$v=[0-9]{1,3}\$m=[0-9]{1,9},t=[0-9]{1,5},p=[0-9]{1,4}\$[A-Za-z0-9+/]{8,88}\$[A-Za-z0-9+/]{16,172})"
)
_CRYPT_HINT = r"\$(?:2[abxy]\$[0-9]{2}|[15689y]|gy|7|apr1|argon2(?:id|i|d)\$v=[0-9]{1,3})\$[./A-Za-z0-9$=,]{20}"
_HASHED_NAME = r"(?:(?:username \S{1,40}[^\n]{0,40} |enable )(?:secret|password) [0-9]|--iscrypted|user(?:add|mod) [^\n]{0,80}(?:-p|--password)|encrypted-password|-crypted password|passwd:)[ \t]{1,4}"
"""What stands in front of a hash in configurations of devices and of what installs systems."""
_SHADOW = f"$6${rand(16, _CRYPT)}${rand(86, _CRYPT, 2)}"
_BCRYPT = f"$2y$12${rand(53, _CRYPT, 3)}"


_BYTES_OF = (
    r"(?:key|secret|password|passwd|auth_?data|reset_?token)(?:_?(?:bytes?|data|raw|value|[0-9]{1,3}))?"
    r"(?:\[[a-z0-9_]{0,20}\])?\s{0,3}(?::=|=|:)\s{0,3}(?:[a-z0-9_.:;&\[\] ]{0,40}[(\[{]){1,2}\s{0,40}"
)
_BYTES = r"(?:0x[0-9a-f]{1,2}|[0-9]{1,3}),\s{0,20}"
_SECRET_KIND = r"kind:\s{0,3}[\"']?[Ss]ecret[\"']?[ \t\r]{0,4}\n"
_SECRET_DATA = r"(?<![^\n])[ \t]{0,12}data:[ \t\r]{0,4}\n(?P<v>(?:[ \t]{1,16}[^\n]{0,1100}(?:\n|\Z)){1,30})"
_SECRET_VALUE = (
    r"(?<![^\n])[ \t]{1,16}[\"']?"
    r"(?![\w.-]{0,40}(?:crt|cert|user|username|host|port|ur[il]|name|namespace|email|region|ca|ca\.pem)[\"']?:)[\w.-]{1,60}[\"']?:[ \t]{1,4}[\"']?"
    r"(?P<v>[A-Za-z0-9+/]{8,1000}={0,2})[\"']?[ \t\r]{0,4}(?=\n|\Z)"
)
"""One of the values of such a manifest, of those that may be secret."""
_STATIC_KEY = (
    "-----BEGIN OpenVPN Static" + " key V1-----\n" + "\n".join(rand(32, HEX, seed) for seed in range(16)) + "\n"
)
_PORT = r"(?:543[0-9]|6432|6543|15432|25060|25432|26257|\*)"
"""The ports that PostgreSQL, its poolers and kin are known to listen at: any number would cost the whole look more."""

DETECTORS: tuple[Detector, ...] = (
    credential(
        "password-hash",
        "Hash of a password in a list of accounts",
        "A line of a shadow, htpasswd or FTP server's file, or a row of a database, with the hash of a password.",
        # A line of its own is such a list as well, as those have it who try hashes.
        form(130, 300, _CRYPT_HINT, r"(?:" + _ACCOUNT + r"|(?<![^\n])|" + _HASHED_NAME + r"[\"']?)(?P<v>" + _CRYPTED + r")(?=[:\s\"']|\Z)"),
        # Juniper's own way, which anybody can read back.
        form(100, 130, r"\"\$9\$[A-Za-z0-9./-]{8}",
             r"\b(?:secret|password|key|authentication-key|ascii-text)[ \t]{1,4}\"(?P<v>\$9\$[A-Za-z0-9./-]{8,120})\""),
        form(180, 300, r"'" + _CRYPT_HINT,
             r"(?:(?<![\w$])\(|,)\s{0,3}(?:[0-9]{1,12}|null|'[^'\n]{0,80}')\s{0,3},\s{0,3}'(?P<v>" + _CRYPTED + r")'", caseless=True),
        form(110, 140, r":\s{0,2}\{s?(?:sha|md5)(?:256|512)?\}[a-z0-9+/]{20}",
             r"(?<![^\n])[ \t]{0,8}[a-z0-9_.@-]{1,64}:{1,2}\s{0,2}(?P<v>\{s?(?:sha|md5)(?:256|512)?\}[a-z0-9+/]{22,120}={0,2})(?=[:\s]|\Z)", caseless=True),
        # What Windows keeps, as tools print it; all know that of no password at all.
        form(200, 4, r":[0-9a-f]{32}:[0-9a-f]{32}:::", r"(?<![^\n])[^\s:]{1,100}:[0-9]{3,10}:[0-9a-f]{32}:(?P<v>(?!31d6cfe0d16ae931)[0-9a-f]{32}):::", caseless=True),
        # What Kerberos answers, as those keep it who try passwords against it.
        form(24, 4000, r"\$krb5(?:asrep|tgs|pa)\$(?:17|18|23)\$", r"(?P<v>\$krb5(?:asrep|tgs|pa)\$(?:17|18|23)\$\S{0,200}?[0-9a-f]{16,64}\$[0-9a-f]{64,3600})(?![0-9a-f])"),
        # What PostgreSQL and its poolers keep.
        form(80, 8, r"\"[ \t]{1,4}\"md5[0-9a-f]{32}\"", r"(?<![^\n])\"[^\"\n]{1,64}\"[ \t]{1,4}\"(?P<v>md5[0-9a-f]{32})\""),
        severity="medium",
        reference="crypt(5); Apache: password formats; RFC 2307; hashcat: example hashes",
        filters=("documentation",),
        match=lambda: (
            f"backup:*:17431:0:99999:7:::\nubuntu:{_SHADOW}:17431:0:99999:7:::\n",
            f"ann:{_BCRYPT}\n",
            f"bob:$apr1${rand(8, _CRYPT)}${rand(22, _CRYPT, 5)}",
            f"(1, 'ann', '{_BCRYPT}', 1),",
            "userPassword: {SSHA}" + rand(38, ALNUM),
            f"{_SHADOW}\n",
            f"rootpw --iscrypted {_SHADOW}\n",
            f'set system root-authentication encrypted-password "{_SHADOW}"',
            f"username ann privilege 15 secret 9 $9${rand(14, _CRYPT)}${rand(43, _CRYPT, 6)}\n",
            'secret "' + "$9$" + rand(30) + '"; ## SECRET-DATA\n',
            f"$krb5tgs$23$*svc$CORP.NET$cifs/srv*${rand(32, HEX)}${rand(400, HEX, 2)}\n",
        ),
        no_match=lambda: (
            f'hash = "{_BCRYPT}"',
            "ubuntu:!:17431:0:99999:7:::",
            "root:$6$short$hash:1:2",
            f"verify({_SHADOW})",
        ),
    ),
    credential(
        "password-file",
        "Password in a file of accounts",
        "A password in a netrc or pgpass file: told by the line's other fields.",
        form(360, 110, r"\b(?:machine\s{1,8}[^\s]{1,100}|default)\s{1,8}(?:login|account)\s{1,8}[^\s]{1,100}\s{1,8}(?:port\s{1,8}[^\s]{1,8}\s{1,8})?password\s{1,8}[^\s]{3}",
             r"\b(?:machine\s{1,8}\S{1,100}|default)\s{1,8}(?:(?:login|account|port)\s{1,8}\S{1,100}\s{1,8}){1,3}"
             r"password\s{1,8}(?P<v>\S{3,100})"),
        form(270, 110, rf":{_PORT}:[A-Za-z_*][^:\s]{{0,62}}:[A-Za-z_*][^:\s]{{0,62}}:[^:\s]{{3}}",
             r"(?<![^\n])(?=[^:\s]{0,120}[.g-zG-Z*])(?:[A-Za-z0-9_.*-]{1,120}|/[\w/.-]{1,100}):"
             rf"{_PORT}:"
             r"[A-Za-z_*][^:\s]{0,62}:[A-Za-z_*][^:\s]{0,62}:(?P<v>(?:[^:\s\\]|\\.){3,100})(?=\s*?(?:\n|\Z))"),
        form(120, 110, r":\{(?i:plain|clear|cleartext)\}[^\s:]{4}", _ACCOUNT + r"\{(?i:plain|clear|cleartext)\}(?P<v>[^\s:]{4,100})(?=[:\s]|\Z)"),
        form(200, 110, r"\b(?:pptpd?|x?l2tpd?|pppd)[\"']?[ \t]{1,12}[^\s]{4}",
             r"(?<![^\n])[\"']?[\w.@\\-]{1,64}[\"']?[ \t]{1,12}[\"']?(?:pptpd?|x?l2tpd?|pppd)[\"']?[ \t]{1,12}[\"']?(?P<v>[^\s\"']{4,100})[\"']?[ \t]{1,12}(?:\*|[0-9.\"]{7,18})[ \t\r]{0,4}(?=\n|\Z)"),
        form(120, 110, r"\buser [^\s]{1,60} on [^\n]{0,80}>[^\s]{4}", r"(?<![^\n])(?:acl setuser|user) \S{1,60} on (?:[^\n>]{0,80} )?>(?P<v>[^\s]{4,100})(?=\s|\Z)"),
        form(120, 130, r"\bchpasswd:\s{1,12}list:\s{0,4}[|>-]{0,3}\s{1,12}[^\s:]{1,40}:[^\s]{4}",
             r"\bchpasswd:\s{1,12}list:\s{0,4}[|>-]{0,3}(?P<v>(?:\s{1,12}(?:- )?[\w.-]{1,40}:[^\s]{4,100}){1,12})", each=r"\s(?:- )?[\w.-]{1,40}:(?P<v>(?!RANDOM\b)[^\s]{4,100})"),
        form(100, 110, r"<keyMaterial>[^<\n]{8}", r"<keyMaterial>(?P<v>[^<\n]{8,63})</keyMaterial>"),
        form(130, 40, r"following password to proceed to installation:?\s{1,12}[0-9a-f]{8}",
             r"following password to proceed to installation:?\s{1,12}(?P<v>[0-9a-f]{32})(?![0-9a-f])"),
        reference="netrc(5); PostgreSQL: the password file; Dovecot, pppd and Redis; WLAN profiles of Windows; Jenkins",
        filters=("unfilled",),
        match=lambda: (
            "machine imap.host login ann@host password " + "pass1" + "23",
            "machine git.host\n  login ann\n  password " + "winter" + "\n",
            "db.host:5432:shop:app:" + "hunter" + "2\n",
            "*:*:*:postgres:" + "s3cret\n",
            "ann:{PLAIN}" + "winter:1000:1000::/home\n",
            '"ann" pptpd "' + 'hunter2x" *\n',
            "user ann on >" + "hunter2x ~* +@all\n",
            "chpasswd:\n  list: |\n    root:" + "hunter2x\n",
            "<keyMaterial" + ">winter harbour</keyMaterial>",
            "Please use the following password to proceed to installation:\n\n" + rand(32, HEX) + "\n",
        ),
        no_match=lambda: (
            "machine host login <user> password <password>",
            "default password timing factor",
            "machine learning with a login and a password that works",
            "hostname:port:database:username:password",
            "src/main.c:51234:warning:unused variable",
            "default password required here",
            "the user logged on > see below",
            "user\npassword reset",
        ),
    ),
    credential(
        "openvpn-static-key",
        "Static key of OpenVPN",
        "The shared key that OpenVPN signs or encrypts its packets with.",
        form(96, 700, r"-----BEGIN OpenVPN Static key V1-----\s{1,4}[0-9a-f]{32}",
             r"-----BEGIN OpenVPN Static key V1-----\s{1,4}(?P<v>(?:[0-9a-f]{32}\s{1,4}){1,16})"),
        reference="OpenVPN: tls-auth and secret",
        match=lambda: (_STATIC_KEY,),
        no_match=lambda: ("-----BEGIN OpenVPN Static key V1-----\n...\n",),
    ),
    credential(
        "firefox-login",
        "Saved login of Firefox",
        "A user's name or password as Firefox keeps it: readable with the key file beside it.",
        form(60, 1010, r"EPgAAAAAAAAAAAAAAAAAAAEwF[A-Za-z0-9+/]{12}",
             r"(?<![A-Za-z0-9+/])(?P<v>M[A-Za-z0-9+/]{3}EPgAAAAAAAAAAAAAAAAAAAEwF[A-Za-z0-9+/]{40,1000}={0,2})(?![A-Za-z0-9+/=])"),
        reference="Mozilla NSS: SDR, PK11SDR_Encrypt",
        filters=(),
        match=lambda: ('"encryptedPassword": "' + "MDoEEPgAAAAAAAAAAAAAAAAAAAEwFAYIKoZIhvcNAwcE" + rand(44) + '"',),
        no_match=lambda: ("MDoEEPgAAAAAAAAAAAAAAAAAAAEw", "EPgAAAAAAAAAAAAAAAAAAAEwF" + rand(60)),
    ),
    credential(
        "wordpress-salt",
        "Secret key of WordPress",
        "One of the eight keys and salts that sign the cookies of a WordPress site.",
        form(90, 130, r"[\"'](?:secure_)?(?:auth|logged_in|nonce)_(?:key|salt)[\"']\s{0,3},\s{0,12}[\"'][^\n]{20}",
             r"[\"'](?:secure_)?(?:auth|logged_in|nonce)_(?:key|salt)[\"']\s{0,3},\s{0,12}"
             r"(?:'(?P<v>(?:[^'\n\\]|\\.){40,120})'|\"(?P<v2>(?:[^\"\n\\]|\\.){40,120})\")", caseless=True),
        reference="WordPress: security keys",
        checks=("mixed",),
        filters=("monotone", "documentation"),
        match=lambda: ("define('LOGGED_" + "IN_KEY',    '" + rand(30) + " #|" + rand(31, seed=2) + "');",),
        no_match=lambda: (
            "define('AUTH_KEY', 'put your unique phrase here');",
            "define('AUTH_" + "KEY', '" + "x" * 64 + "');",
        ),
    ),
    credential(
        "laravel-app-key",
        "Application key of Laravel",
        "The key that encrypts the cookies and data of a Laravel application.",
        form(60, 110, r"app_key[\"']?\s{0,3}[=:]\s{0,3}[\"']?base64:[a-z0-9+/]{20}",
             r"app_key[\"']?\s{0,3}[=:]\s{0,3}[\"']?(?P<v>base64:[a-z0-9+/]{22,88}={0,2})(?![a-z0-9+/=])", caseless=True),
        form(60, 8, r"[\"']base64:[A-Za-z0-9+/]{43}=", r"[\"'](?P<v>base64:[A-Za-z0-9+/]{43}=)(?=[\"'])"),
        severity="critical",
        reference="Laravel: encryption",
        match=lambda: ("APP_KEY=" + "base64:" + rand(43) + "=",),
        no_match=lambda: ("APP_KEY=base64:", "APP_KEY=" + "base64:" + "A" * 43 + "="),
    ),
    credential(
        "rails-master-key",
        "Master key of Rails",
        "A file that is the key of a Rails application's encrypted credentials.",
        form(40, 4, r"\A[0-9a-f]{32}\s{0,2}$", r"\A(?P<v>[0-9a-f]{32})\s{0,2}\Z"),
        form(64, 4, r"rails_master_key[\"']?\s{0,3}[=:]\s{0,3}[\"']?[0-9a-f]{32}",
             r"rails_master_key[\"']?\s{0,3}[=:]\s{0,3}[\"']?(?P<v>[0-9a-f]{32})(?![0-9a-f])", caseless=True),
        severity="critical",
        reference="Rails: custom credentials",
        filters=("not_a_key_file", "monotone"),
        match=lambda: ("RAILS_MASTER_KEY=" + rand(32, HEX),),
        no_match=lambda: (rand(32, HEX), "RAILS_MASTER_KEY=" + rand(30, HEX)),
    ),
    credential(
        "key-bytes",
        "Key as a list of bytes",
        "A key, a secret or a password that code holds as a list of numbers.",
        form(160, 2600, _BYTES_OF + _BYTES + _BYTES,
             r"(?:(?<![a-z])|(?=(?-i:[KSPAR])))(?<!public)(?<!public_)" + _BYTES_OF + r"(?P<v>(?:" + _BYTES + r"){7,256}(?:0x[0-9a-f]{1,2}|[0-9]{1,3})),?\s{0,40}[)\]}]", caseless=True),
        severity="medium",
        confidence="medium",
        checks=("bytes_by_chance",),
        filters=("public_key", "minified"),
        match=lambda: (
            "key := []byte{" + "0x8f, 0x13, 0x5c, 0xd0, 0x77, 0x2e, 0xa9, 0x41, 0x36, 0xc8, 0x04, 0xfb" + "}",
            "private static final byte[] SECRET = {" + "71, 212, 78, 88, 5, 67, 89, 165, 51, 109, 36, 172" + "};",
            "unsigned char aes_key[16] = { " + "0x8f,0x13,0x5c,0xd0,0x77,0x2e,0xa9,0x41, 0x36,0xc8,0x04,0xfb };",
        ),
        no_match=lambda: (
            "key := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}",
            "publicKey := []byte{" + "71, 212, 78, 88, 5, 67, 89, 165, 51, 109, 36, 172" + "}",
            "public_key = [" + "71, 212, 78, 88, 5, 67, 89, 165, 51, 109, 36, 172" + "]",
            "tokens = [101, 2023, 2003, 1037, 6251, 102, 4, 77, 12]",
            "monkey = [" + "71, 212, 78, 88, 5, 67, 89, 165, 51, 109, 36, 172" + "]",
        ),
    ),
    credential(
        "vault-secret-id",
        "Secret id of HashiCorp Vault",
        "The secret half of an AppRole login of HashiCorp Vault, beside its role or a word for it.",
        form(40, 40, r"secret_id[\"']?\s{0,3}[=:]\s{0,3}[\"']?[0-9a-f]{8}-[0-9a-f]{4}-",
             rf"secret_id[\"']?\s{{0,3}}[=:]\s{{0,3}}[\"']?(?P<v>{UUID})(?![0-9a-f-])"),
        filters=("example_uuid",),
        keywords=("vault", "approle", "role_id"),
        required=True,
        distance=160,
        reference="HashiCorp Vault: AppRole",
        match=lambda: (f"approle/login role_id=x secret_id={uuid()}", f'role_id = "x"\nsecret_id = "{uuid()}"'),
        no_match=lambda: (f"secret_id={uuid()}", "vault: secret_id=projects/1/secrets/x"),
    ),
    credential(
        "docker-login",
        "Login of an image registry",
        "User name and password of an image registry in the configuration of Docker or a secret of Kubernetes.",
        form(32, 1010, r"\"auth\"\s{0,4}:\s{0,4}\"[A-Za-z0-9+/]{8}", r"\"auth\"\s{0,4}:\s{0,4}\"(?P<v>[A-Za-z0-9+/]{8,1000}={0,2})\""),
        # The whole file in base64: what `{"auths":` is, and with the blanks that tools put between.
        form(64, 6010, r"(?:eyJhdXRocyI6|ewo(?:JImF1dGhzIj|gICJhdXRocyI6|gICAgImF1dGhzIj))[A-Za-z0-9+/]{20}",
             r"(?<![A-Za-z0-9+/])(?P<v>(?:eyJhdXRocyI6|ewo(?:JImF1dGhzIj|gICJhdXRocyI6|gICAgImF1dGhzIj))[A-Za-z0-9+/]{20,6000}={0,2})", checks=("registry_logins",)),
        checks=("basic_credentials",),
        reference="Docker: config.json",
        filters=("unfilled",),
        match=lambda: ('"auths": {"host": {"auth": "' + "YW5uOnMzY3J" + "ldC1QYTU1" + '"}}',),
        no_match=lambda: ('"auth": "' + rand(30) + '"', '"auth": "basic"'),
    ),
    credential(
        "kubernetes-secret",
        "Value in a Secret of Kubernetes",
        "A manifest of Kubernetes with a secret value in it, as base64.",
        form(1200, 1400, r"\bkind:\s{0,3}[\"']?[Ss]ecret\b",
             r"(?:" + _SECRET_KIND + r"(?:[^\n]{0,200}\n){0,16}?" + _SECRET_DATA + r"|" + _SECRET_DATA.replace("<v>", "<v2>") + r"(?:[^\n]{0,400}\n){0,16}?[ \t]{0,12}" + _SECRET_KIND + r")", each=_SECRET_VALUE),
        severity="medium",
        confidence="medium",
        reference="Kubernetes: Secrets",
        checks=("given",),
        filters=("unfilled", "documentation", "template_file", "sealed", "unlikely_password"),
        match=lambda: ("apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  db: " + "d2ludGVyaGFy" + "Ym91cjk=\n",),
        no_match=lambda: (
            "kind: Secret\ndata:\n  username: YW5uYWJlbGxl\n",
            "kind: ConfigMap\ndata:\n  db: d2ludGVyaGFyYm91cjk=\n",
            "kind: Secret\ndata:\n  password: {{ .Values.password | b64enc }}\n",
        ),
    ),
    credential(
        "npm-login",
        "Login of a package registry",
        "User name and password, or the password, of a package registry in an npmrc file.",
        form(24, 210, r"[^a-z0-9]_(?:auth|password)\s{0,3}=\s{0,3}[\"']?[a-z0-9+/=_.-]{6}|\A_auth\s{0,3}=\s{0,3}[\"']?[a-z0-9+/=]{6}",
             r"(?<![a-z0-9])_(?:auth|password)\s{0,3}=\s{0,3}[\"']?(?P<v>[a-z0-9+/=_.-]{6,200})[\"']?(?=\s|\Z)", caseless=True),
        form(200, 210, r":_authToken\s{0,3}=\s{0,3}[\"']?[A-Za-z0-9+/=_.-]{6}",
             r":_authToken\s{0,3}=\s{0,3}[\"']?(?P<v>[A-Za-z0-9+/=_.-]{6,200})[\"']?(?=\s|\Z)", checks=("mixed",)),
        reference="npm: npmrc",
        filters=("not_a_registry_file", "unfilled"),
        match=lambda: ("//registry.host/:_password=" + "Correct" + "HorseBattery", f"//registry.host/:_authToken={uuid()}"),
        no_match=lambda: ("self._password = passwords", "//registry.host/:_password=${NPM_PASSWORD}"),
    ),
)  # fmt: skip
