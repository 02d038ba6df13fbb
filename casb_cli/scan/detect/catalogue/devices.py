"""Passwords and keys as routers, switches and firewalls write them in their configurations: a directive a line."""

# ruff: noqa: E501 - forms

from __future__ import annotations

from casb_cli.scan.detect.catalogue._build import credential, form
from casb_cli.scan.detect.rules import Detector

_LINE = r"(?<![^\n])[ \t]{0,8}(?:set[ \t]|no[ \t])?"
_BLANK = r"[ \t]{1,4}"
_KIND = r"(?:(?:[05-9]|simple|cipher|plaintext|ascii-text|text|clear)[ \t]{1,4})?"
"""How the value is written: in the clear, or in a way that can be read back."""
_VALUE = r"[\"']?(?P<v>(?!(?i:public|private)\b)[^\s\"'<>{}$|\[\]]{4,120})[\"']?"
_END = r"(?=[ \t]{0,4};?(?:[ \t][^\n]{0,100})?(?:\r?\n|\Z))"


def _directive(before: int, hint: str, words: str) -> tuple[str, str, int]:
    return hint, _LINE + words + _BLANK + _KIND + _VALUE + _END, before


_DIRECTIVES = (
    _directive(100, r"\b(?:r[ow]community6?|snmp-server community|snmp-agent community (?:read|write))[ \t]{1,4}[^\s]{4}",
               r"(?:r[ow]community6?|snmp-server community|snmp-agent community (?:read|write))"),
    _directive(160, r"\busername [^\s]{1,40} [^\n]{0,60}(?:password|secret)[ \t]{1,4}[^\s]{1,9}",
               r"username (?!and |or )\S{1,40}(?: (?:privilege|role|group) \S{1,20}){0,2} (?:password|secret)"),
    _directive(130, r"\b(?:enable|neighbor [^\s]{1,60}|(?:chap|pap)|local-user [^\s]{1,40}|super) (?:password|secret)[ \t]{1,4}[^\s]{1,9}",
               r"(?:enable|neighbor \S{1,60}|ppp (?:chap|pap)|local-user \S{1,40}|super) (?:password|secret)(?: level \d{1,2})?"),
    _directive(160, r"\b(?:tacacs|radius)-server [^\n]{0,100}key[ \t]{1,4}[^\s]{1,9}", r"(?:tacacs|radius)-server (?:[^\n]{1,100} )?key"),
    _directive(170, r"\b(?:key-string|isakmp key|message-digest-key [0-9]{1,3} md5|pre-shared-key|plain-text-password-value|psksecret)[ \t]{1,4}[^\s]{1,9}",
               r"(?:[a-z0-9-]{1,24} ){0,6}(?:key-string|isakmp key|message-digest-key \d{1,3} md5|pre-shared-key(?: (?:local|remote))?|plain-text-password-value|psksecret)"),
    _directive(80, r"\b(?:standby|vrrp|glbp) [0-9]{1,4} authentication [^\s]{1,9}", r"(?:standby|vrrp|glbp) \d{1,4} authentication(?: (?:md5 )?key-string)?"),
)  # fmt: skip
_SNMP_USER = form(
    80, 240, r"\bcreateUser [^\s]{1,60} (?:MD5|SHA)", r"\bcreateUser \S{1,60} (?P<v>(?:MD5|SHA)[^\n]{9,240})",
    each=r"(?:MD5|SHA(?:-?[0-9]{3})?|DES|AES(?:-?[0-9]{3})?)[ \t]{1,4}[\"']?(?P<v>[^\s\"']{8,100})",
)  # fmt: skip
"""A user of SNMP's third version: what signs, and what encrypts."""

DETECTORS: tuple[Detector, ...] = (
    credential(
        "device-secret",
        "Password or key of a network device",
        "A password, a community or a shared key in the configuration of a router, a switch or a firewall.",
        *(form(before, 130, hint, pattern) for hint, pattern, before in _DIRECTIVES),
        _SNMP_USER,
        severity="medium",
        confidence="medium",
        reference="the manuals of Cisco IOS, Huawei VRP, FortiOS, Junos and Net-SNMP",
        checks=("given",),
        filters=("unfilled", "documentation", "monotone", "no_password", "template_file"),
        doubts=("doubtful_password", "sequence"),
        match=lambda: (
            "snmp-server community " + "winter" + "harbour RO\n",
            'createUser ann SHA "' + "winter" + 'harbour" AES "' + "harbour" + 'winter"\n',
            "rocommunity " + "winter" + "harbour 10.0.0.0/8\n",
            "username ann privilege 15 password 0 " + "Gr8Pass" + "9word\n",
            "enable secret " + "Gr8Pass" + "9word\n",
            " neighbor 10.0.0.2 password 7 " + "0822455D0A" + "16544541\n",
            "tacacs-server host 10.0.0.1 key " + "Gr8Pass" + "9word\n",
            "crypto isakmp key " + "Gr8Pass" + "9word address 10.0.0.2\n",
            " ip ospf message-digest-key 1 md5 " + "Gr8Pass" + "9word\n",
            " standby 1 authentication " + "Gr8Pass" + "9word\n",
            "set system login user ann authentication plain-text-password-value " + "Gr8Pass" + "9word\n",
        ),
        no_match=lambda: (
            "snmp-server community public RO\n",
            "username ann password <password>\n",
            "enable password prompt\n",
            "tacacs-server host 10.0.0.1 port 49\n",
            "no username ann\n",
            "username and password login, as before\n",
            "the neighbor 10.0.0.2 password is read from a file\n",
        ),
    ),
)
