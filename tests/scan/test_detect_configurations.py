"""Passwords and keys in whole configurations of devices and programs, in the words of their manuals."""

from __future__ import annotations

import base64
import random
import string

import pytest
from scan_scanner import SCANNER

from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream

FAMILY = {one.id for one in DetectorSet.shipped().detectors if one.family == "credential"}


def drawn(size: int, seed: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=size))


CHOSEN, LETTERS, HEXADECIMAL = "harbour" + "lights7", "qxz" + "vkjwm", drawn(32, 4, "0123456789abcdef")
ENCODED = base64.b64encode(CHOSEN.encode()).decode()


def found(text: str, name: str = "conf.txt") -> list[str]:
    result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), reveal=True)
    return [match.clear[0] for match in result.matches if match.detector in FAMILY]


@pytest.mark.parametrize(
    "line",
    [
        "snmp-server community {} RW",
        "rwcommunity {} 192.0.2.0/24",
        "username ops privilege 15 password 0 {}",
        "enable password {}",
        " neighbor 192.0.2.9 password {}",
        "tacacs-server host 192.0.2.1 key {}",
        "radius-server key {}",
        "crypto isakmp key {} address 192.0.2.9",
        "  key-string {}",
        " ppp chap password 0 {}",
        "local-user ops password cipher {}",
        "    set psksecret {}",
        "set security ike policy p1 pre-shared-key ascii-text {}",
        " vrrp 1 authentication text {}",
    ],
)
def test_a_directive_of_a_network_device_tells_its_password(line):
    text = f"! configuration of a device\nhostname edge\n{line.format(CHOSEN)}\nend\n"
    assert found(text, "edge.cfg") == [CHOSEN]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("chap-secrets", f'"ann" pptpd "{CHOSEN}" *\n', CHOSEN),
        ("users.acl", f"user ann on >{CHOSEN} ~* +@all\n", CHOSEN),
        ("users", f"ann:{{PLAIN}}{CHOSEN}:1000:1000::/home\n", CHOSEN),
        ("msmtprc", f"account shop\nhost smtp.host\nuser ann\npassword {LETTERS}\n", LETTERS),
        ("user-data", f"#cloud-config\nchpasswd:\n  list: |\n    root:{CHOSEN}\n", CHOSEN),
        ("wlan.xml", f"<sharedKey><keyMaterial>{CHOSEN}</keyMaterial></sharedKey>", CHOSEN),
        ("db.yaml", f"kind: Secret\nmetadata:\n  name: db\ndata:\n  username: YW5u\n  db: {ENCODED}\n", ENCODED),
        ("db.yaml", f"apiVersion: v1\ndata:\n  db: {ENCODED}\nkind: Secret\n", ENCODED),
        ("a.xml", f"<password>\n  {CHOSEN}\n</password>", CHOSEN),
        ("run.sh", f"smbclient //files/share -U ann%{CHOSEN}", CHOSEN),
        ("run.sh", f"openssl rsa -in a.key -passin pass:{CHOSEN}", CHOSEN),
        ("run.bat", f"net user ann {CHOSEN} /add", CHOSEN),
        ("run.sh", f"ldapsearch -x -D cn=admin -w {CHOSEN} -b dc=x", CHOSEN),
        ("a.ini", 'passphrase = "green harbour"', "green harbour"),
    ],
)
def test_files_and_programs_that_keep_a_password_tell_it(name, text, value):
    assert found(text, name) == [value]


@pytest.mark.parametrize(
    "line",
    [
        "snmp-server community public RO",
        "enable password prompt",
        "username ops password <password>",
        "tacacs-server host 192.0.2.1 port 49",
        " no neighbor 192.0.2.9 password",
        "the neighbor 192.0.2.9 password is read from a file",
        "openssl rsa -in a.key -passin pass:$SECRET",
        "smbclient //files/share -U ann%$PASSWORD",
        "net user ann * /add",
        'password = "enter your password here"',
        "kind: Secret\ndata:\n  password: {{ .Values.password | b64enc }}",
        "kind: ConfigMap\ndata:\n  db: " + ENCODED,
    ],
)
def test_a_directive_without_a_password_tells_none(line):
    assert found(f"hostname edge\n{line}\nend\n", "edge.cfg") == []
