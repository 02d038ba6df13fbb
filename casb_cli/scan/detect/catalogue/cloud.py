"""Keys of clouds, and private keys of every form."""

from __future__ import annotations

import base64
import json

from casb_cli.scan.detect.catalogue._build import VALUE_FILTERS, credential, prefixed
from casb_cli.scan.detect.catalogue._cards import ENCODED
from casb_cli.scan.detect.catalogue._keys import BASE64
from casb_cli.scan.detect.examples import ALNUM, HEX, URLSAFE, b64, pem, rand
from casb_cli.scan.detect.rules import Detector, Rule

_B32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_EXAMPLE = "EXAMPLE"


def _aws_id(kind: str = "AKIA", seed: int = 1) -> str:
    return kind + rand(16, _B32, seed)


def _aws_secret(seed: int = 1) -> str:
    return rand(40, ALNUM + "+/", seed)


def _encoded(kind: str) -> str:
    return base64.b64encode(pem(kind).encode()).decode()


def _service_account() -> str:
    return json.dumps(
        {
            "type": "service_" + "account",
            "project_id": "demo-1",
            "private_key_id": rand(40, HEX),
            "private_key": pem(""),
            "client_email": "x@demo-1.iam.gserviceaccount.com",
        },
        indent=2,
    )


def _putty() -> str:
    return "PuTTY-User-Key-" + "File-3: ssh-rsa\nEncryption: none\nComment: x\nPrivate-Lines: 8\n" + rand(64)


_PEM = Rule(
    hint=r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
    pattern=(
        r"(?P<v>-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[ \t\"'>|+,]|\\[rnt\\\r\n]|[\r\n]|(?:Proc-Type|DEK-Info|Version|Comment):[^\r\n]{0,200}){1,400}+"
        r"[A-Za-z0-9+/=]{24,}+[A-Za-z0-9+/=\s\\\"',|>]{0,4000}+)"
        # In a log, each line with something in front: a time, a container's name.
        r"|(?P<v2>-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY-----(?:\\{0,2}r|\r)?(?:\n|\\{1,2}n)"
        r"[^\r\n\\]{1,80}?[ \t\]|:>](?:MI[A-Za-z0-9+/]{40}|b3BlbnNzaC1rZXktdjE)[A-Za-z0-9+/]{0,40}"
        r"(?:(?:\\{0,2}r|\r)?(?:\n|\\{1,2}n)[^\r\n\\]{1,80}?[ \t\]|:>][A-Za-z0-9+/]{60,76}){1,100})"
    ),
    before=100,
    after=7000,
)
_PUTTY = Rule(
    hint=r"Private-Lines: [0-9]{1,3}\r?\n[A-Za-z0-9+/]{40}",
    pattern=r"(?P<v>Private-Lines: [0-9]{1,3}\r?\n[A-Za-z0-9+/]{40}[A-Za-z0-9+/=\r\n]{0,6000})",
    before=80,
    after=6000,
)

_AZURE_MARK = r"(?:\+ACR|\+AMC|\+ASt|\+ABa|\+AEh|\+ASb|\+ARm|AIoT|AzSe|AzFu|APIM)"

DETECTORS: tuple[Detector, ...] = (
    Detector(
        id="private-key",
        title="Private key",
        family="credential",
        severity="critical",
        confidence="high",
        description="A private key in PEM (PKCS 1 and 8, EC, DSA, OpenSSH, PGP) or PuTTY form.",
        reference="RFC 7468, RFC 4880, OpenSSH PROTOCOL.key",
        rules=(
            _PEM,
            _PUTTY,
        ),
        filters=("encrypted_key",),
        doubts=("ill_formed_key",),
        mask="header",
        match=lambda: (
            pem("RSA"),
            pem("EC"),
            pem("DSA"),
            pem(""),
            pem("OPENSSH"),
            "key = " + json.dumps(pem("RSA")),
            pem("PGP").replace("KEY-", "KEY BLOCK-").replace("-\n", "-\nVersion: x\n\n", 1),
            "\r\n".join("    " + line for line in pem("RSA").splitlines()),
            _putty(),
        ),
        no_match=lambda: (
            pem("RSA").replace("PRIVATE", "PUBLIC"),
            f"starts with {'-' * 5}BEGIN RSA PRIVATE KEY{'-' * 5} and so on",
            f"{'-' * 5}BEGIN PRIVATE KEY{'-' * 5}\n...\n{'-' * 5}END PRIVATE KEY{'-' * 5}",
            f'if line == "{"-" * 5}BEGIN EC PRIVATE KEY{"-" * 5}":\n    read()',
        ),
    ),
    Detector(
        id="encrypted-private-key",
        title="Private key under a passphrase",
        family="credential",
        severity="low",
        confidence="low",
        description="A private key in PEM or PuTTY form that opens with a passphrase only.",
        reference="RFC 5958, RFC 1421, OpenSSH PROTOCOL.key",
        rules=(_PEM, _PUTTY),
        filters=("open_key",),
        mask="header",
        match=lambda: (pem("ENCRYPTED"), _putty().replace("Encryption: none", "Encryption: aes256-cbc")),
        no_match=lambda: (pem("RSA"), _putty()),
    ),
    credential(
        "encoded-private-key",
        "Private key in base64",
        "A private key in PEM, encoded once more, as secrets of Kubernetes, build systems and ACME hold it.",
        Rule(
            hint=r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{40}",
            pattern=(
                r"(?<![A-Za-z0-9+/])(?P<v>LS0tLS1CRUdJTiB(?:SU0EgUFJJ|QUklWQVRF|FQyBQUklW|PUEVOU1NI|FTkNSWVBU|EU0EgUFJJ|QR1AgUFJJ)"
                r"(?:[A-Za-z0-9+/]|(?:\r?\n|\\n)[ \t]{0,20}(?=[A-Za-z0-9+/]{32})){60,6000}={0,2})"
            ),
            before=80,
            after=6100,
        ),
        Rule(
            hint=r"MI[HI][A-Za-z0-9+/]{2,5}(?:IBADANBgkqhkiG9w0BAQEFAASC|IBAAKC|AgEAMBMGByqGSM49AgEG)[A-Za-z0-9+/]{60}",
            pattern=(
                r"(?<![A-Za-z0-9+/])(?P<v>MI[HI][A-Za-z0-9+/]{2,5}(?:IBADANBgkqhkiG9w0BAQEFAASC|IBAAKC|AgEAMBMGByqGSM49AgEG)"
                r"[A-Za-z0-9+/]{130,6000}={0,2})"
            ),
            before=130,
            after=6100,
        ),
        severity="critical",
        reference="RFC 5958 (PKCS #8), RFC 8017 (PKCS #1)",
        filters=("monotone",),
        match=lambda: (
            'key = "' + "MIIEvgIBADANBgkqhkiG9w0BAQEF" + "AASCBKgw" + rand(300) + '"',
            "rsa: " + "MIIEpAIBAAKC" + "AQEA" + rand(300, seed=2),
            "tls.key: " + _encoded("RSA"),
            f'"key": "{_encoded("")}"',
            "KEY=" + _encoded("OPENSSH"),
        ),
        no_match=lambda: (
            "ca.crt: " + base64.b64encode(pem("RSA").replace("RSA PRIVATE KEY", "CERTIFICATE").encode()).decode(),
            "starts with " + _encoded("")[:40],
        ),
    ),
    credential(
        "json-web-key",
        "Private JSON web key",
        "The private or shared part of a JSON web key: `d` or `k` beside its type.",
        Rule(
            hint=r"\b[dk][\"']?\s{0,4}[:=]\s{0,4}[\"'][A-Za-z0-9_-]{20}",
            pattern=r"(?<![A-Za-z0-9_$.])[\"']?[dk][\"']?\s{0,4}[:=]\s{0,4}[\"'](?P<v>[A-Za-z0-9_-]{20,1400})[\"']",
            before=48,
            after=1410,
        ),
        severity="critical",
        checks=("random_base64",),
        filters=(*VALUE_FILTERS, "encoded_words"),
        keywords=("kty", "alg", "crv"),
        required=True,
        distance=2000,
        reference="RFC 7517, RFC 7518",
        match=lambda: (
            f'{{"kty": "EC", "crv": "P-256", "x": "{rand(43, URLSAFE)}", "d": "{rand(43, URLSAFE, 2)}"}}',
            f"{{ kty: 'oct', k: '{rand(43, URLSAFE, 3)}' }}",
        ),
        no_match=lambda: (
            f'{{"kty": "EC", "crv": "P-256", "x": "{rand(43, URLSAFE)}", "y": "{rand(43, URLSAFE, 2)}"}}',
            f'{{"id": 1, "d": "{rand(43, URLSAFE)}"}}',
        ),
    ),
    credential(
        "aws-access-key",
        "AWS access key",
        "An access key id of AWS; with its secret near by it opens the account.",
        Rule(
            hint=r"(?:\b|%3D|%22)(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
            pattern=rf"(?:(?<![A-Za-z0-9_])|{ENCODED})(?P<v>(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}})(?![A-Za-z0-9_])",
            before=24,
            after=8,
        ),
        reference="AWS IAM: unique identifiers",
        severity="high",
        confidence="medium",
        proofs=("aws_account_id",),
        # One in thirty ids has no digit: that it looks like a word is no reason against the prefix and length.
        filters=("monotone", "documentation"),
        keywords=("aws", "amazon", "secret", "access key", "aws access key id", "aws secret access key"),
        match=lambda: (
            f"aws_access_key_id={_aws_id()}",
            f"key: {_aws_id('ASIA', 3)}",
            f"'{_aws_id(seed=4)}'",
            "AKIA" + "NBKEQJGP" + "ENZNPJNZ",
        ),
        no_match=lambda: (
            "AKIAIOSFODNN7" + _EXAMPLE,
            f"x{_aws_id()}",
            f"{_aws_id()}A",
            _aws_id().lower(),
            "AKIA" + "A" * 16,
        ),
    ),
    credential(
        "aws-secret-key",
        "AWS secret access key",
        "The secret of an AWS access key: forty characters next to its name or its id.",
        Rule(
            hint=(
                r"(?:secret[_ -]?(?:access[_ -]?)?key|aws[_ -]?secret|secretaccesskey)[^\n]{0,8}[=:,>][\s\"'>=]{0,6}"
                r"[a-z0-9/+]{40}"
            ),
            pattern=(
                r"(?:secret[_ -]?(?:access[_ -]?)?key|aws[_ -]?secret|secretaccesskey)[^\n]{0,8}?[=:,>][\s\"'>=]{0,6}"
                r"(?P<v>[a-z0-9/+]{40})(?![a-z0-9/+=])"
            ),
            caseless=True,
            before=120,
            after=8,
        ),
        Rule(
            hint=r"\b(?:AKIA|ASIA)[A-Z2-7]{16}[\"',;:|\s]{1,6}[A-Za-z0-9/+]{40}",
            pattern=r"(?:AKIA|ASIA)[A-Z2-7]{16}[\"',;:|\s]{1,6}(?P<v>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
            before=80,
            after=8,
        ),
        severity="critical",
        checks=("random_base64",),
        match=lambda: (
            f"aws_secret_access_key = {_aws_secret()}",
            f'"SecretAccessKey": "{_aws_secret(2)}"',
            f"{_aws_id()},{_aws_secret(3)}",
            "aws_secret_access_key = " + "obQgeK5aV2UVSw619Mgu" + "8w5s5khacepv9aD+4SRm",
            "aws_secret_access_key = " + "JoQuX+AXbXHQQr3FC5nk" + "obingcfMXXkpJkdDuIu6",
        ),
        no_match=lambda: (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + _EXAMPLE + "KEY",
            f"commit {rand(40, HEX)}",
            f"secret_key = {_aws_secret()}{_aws_secret(2)}",
            "secret_key = AbstractSecretKeyFactoryProviderConfigBean",
            "secret_key: /usr/share/Applications/SecretKeyFolders",
        ),
    ),
    credential(
        "google-api-key",
        "Google API key",
        "A key for Google's APIs.",
        prefixed("AIza", "A-Za-z0-9_-", 35, edge="A-Za-z0-9_-"),
        checks=("mixed",),
        match=lambda: (f"key={'AIza' + rand(35, URLSAFE)}", f'"{"AIza" + rand(35, URLSAFE, 2)}"'),
        no_match=lambda: ("AIza" + rand(34, URLSAFE), "AIza" + "x" * 35, "xAIza" + rand(35, URLSAFE)),
    ),
    credential(
        "google-oauth-secret",
        "Google OAuth client secret",
        "The secret of an OAuth client of Google.",
        prefixed("GOCSPX-", "A-Za-z0-9_-", 28, edge="A-Za-z0-9_-"),
        match=lambda: ("client_secret: " + "GOCSPX-" + rand(28, URLSAFE),),
        no_match=lambda: ("GOCSPX-" + rand(20, URLSAFE), "GOCSPX-" + "x" * 28),
    ),
    credential(
        "gcp-service-account",
        "Google Cloud service account key",
        "A service account's key file: whoever has it is that account.",
        Rule(
            hint=r"\"private_key_id\"\s{0,8}:\s{0,8}\"[0-9a-f]{40}\"",
            pattern=r"\"private_key_id\"\s{0,8}:\s{0,8}\"(?P<v>[0-9a-f]{40})\"",
            before=80,
            after=8,
        ),
        severity="critical",
        keywords=("service_account", "gserviceaccount.com"),
        required=True,
        distance=400,
        match=lambda: (_service_account(),),
        no_match=lambda: (f'"private_key_id": "{rand(40, HEX)}"', '"private_key_id": "...", service_account'),
    ),
    credential(
        "azure-registry-key",
        "Azure identifiable key",
        "A key of an Azure service: told by the characters that mark the service near its end.",
        Rule(
            # The mark stands at a fixed place, 42 or 76 characters behind the start.
            hint=rf"[A-Za-z0-9+/]{{20}}{_AZURE_MARK}[A-Za-z0-9+/]{{6}}",
            pattern=rf"(?<![A-Za-z0-9+/])(?P<v>(?:[A-Za-z0-9+/]{{42}}|[A-Za-z0-9+/]{{44}}|[A-Za-z0-9+/]{{76}}){_AZURE_MARK}[A-Za-z0-9+/]{{6}}(?:==)?)(?![A-Za-z0-9+/=])",
            before=120,
            after=8,
        ),
        severity="critical",
        checks=("mixed",),
        reference="Microsoft: identifiable keys of Azure services",
        match=lambda: (
            f"docker login -p {rand(42, BASE64)}+ACR{rand(6, BASE64)}",
            f"{rand(76, BASE64)}+ASt{rand(6, BASE64)}==",
        ),
        no_match=lambda: (f"{rand(30, BASE64)}+ACR{rand(6, BASE64)}", f"{rand(42, BASE64)}+AXX{rand(6, BASE64)}"),
    ),
    credential(
        "azure-storage-key",
        "Azure storage account key",
        "An account key of Azure Storage, Cosmos DB, Batch or Event Hubs: 32 or 64 bytes behind its name.",
        Rule(
            hint=r"(?:AccountKey|SharedAccessKey|storage[_-]?key|account[_-]?key)[\"']?\s{0,3}[=:]\s{0,3}[\"']?[a-z0-9+/]{40}",
            pattern=(
                r"(?:AccountKey|SharedAccessKey|storage[_-]?key|account[_-]?key)[\"']?\s{0,3}[=:]\s{0,3}[\"']?"
                r"(?P<v>[a-z0-9+/]{86}==|[a-z0-9+/]{43}=)"
            ),
            caseless=True,
            before=100,
            after=80,
        ),
        severity="critical",
        checks=("base64_key",),
        match=lambda: (
            f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={b64(64)};EndpointSuffix=core.windows.net",
            f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey={b64(32)}",
        ),
        no_match=lambda: (f"hash {b64(64)}", "AccountKey=" + "A" * 86 + "==", "AccountKey=$(KEY)"),
    ),
    credential(
        "azure-client-secret",
        "Microsoft Entra client secret",
        "A client secret of an Entra (Azure AD) application.",
        Rule(
            hint=r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31}",
            pattern=r"(?<![A-Za-z0-9_~.-])(?P<v>[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})(?![A-Za-z0-9_~.-])",
            before=48,
            after=8,
        ),
        match=lambda: ("secret=" + rand(3) + "8Q~" + rand(34),),
        no_match=lambda: (rand(3) + "8Q~" + rand(20), rand(3) + "xQ~" + rand(34)),
    ),
    credential(
        "digitalocean-token",
        "DigitalOcean token",
        "A personal, OAuth or refresh token of DigitalOcean.",
        prefixed("do[opr]_v1_", "a-f0-9", 64),
        match=lambda: ("dop_v1_" + rand(64, HEX), "doo_v1_" + rand(64, HEX, 2)),
        no_match=lambda: ("dop_v1_" + rand(60, HEX), "dop_v1_" + "a" * 64),
        filters=VALUE_FILTERS,
    ),
    credential(
        "nats-seed",
        "NATS seed",
        "The private seed of a NATS operator, account or user; a right checksum makes it sure.",
        Rule(
            hint=r"S[UAONCX][A-Z2-7]{56}",
            # Without a digit it is a protein.
            pattern=r"(?<![A-Z2-7a-z])(?P<v>S[UAONCX](?=[A-Z]{0,55}[2-7])[A-Z2-7]{56})(?![A-Z2-7a-z=])",
            before=64,
            after=8,
        ),
        severity="critical",
        confidence="medium",
        checks=("mixed",),
        proofs=("nats_seed",),
        keywords=("nats", "nkey", "seed"),
        reference="NATS nkeys: seeds end in a CRC-16",
        filters=(),
        # The seed that the documentation of nkeys prints, in two pieces as every example here.
        match=lambda: ("seed: SUAKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5" + "LDNOXD43IZY",),
        no_match=lambda: ("seed: SUAKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5" + "LDNOXD43IZ",),
    ),
)
