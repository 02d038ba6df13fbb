"""Secrets in a list or a mapping under a telling name: of JSON, YAML, TOML, INI and code."""

# ruff: noqa: E501 - forms

from __future__ import annotations

from casb_cli.scan.detect.catalogue._build import form
from casb_cli.scan.detect.catalogue._forms import CLOSES
from casb_cli.scan.detect.rules import Rule

_SIGN = r"(?::=|=>?|:)"
_TYPE = r"(?:[a-z0-9_.<>, ]|\[[a-z]{0,10}\]){1,40}"
_BUILT = r"(?:(?:new\s{1,2})?" + _TYPE + r"\s?)?"
"""What turns what stands in brackets into a list: `new String[]`, `map[string]string`, `listOf`."""
_QUOTED = r"\"(?:[^\"\n\\]|\\.){0,400}\"|'(?:[^'\n\\]|\\.){0,400}'|`[^`\n]{0,400}`"
_PIECE = rf"(?:[^\[\](){{}}\"'`]|{_QUOTED})"
_BODY = rf"(?:{_PIECE}|[\[({{]{_PIECE}{{0,600}}+[\])}}]){{1,3000}}+"
"""What stands in brackets, and in one pair more within."""
_PROPERTY = (
    r"(?!(?:user_?names?|users?|names?|e-?mails?|identity|logins?|ids?|[a-z_]{0,20}_id|roles?|groups?|types?|kinds?|scopes?|titles?|labels?"
    r"|descriptions?|hosts?|ur[il]s?|paths?|files?|regions?|versions?|status|date|created|updated|expir[a-z_]{0,10}|images?|colou?rs?"
    r"|fonts?|avatars?|phones?|hash|sha[0-9]{0,3}|checksum|digest|sources?|classname|class|regexp?|pattern|format)[\"']?\s{0,8}[:=])"
)
"""No name of what is told about a user or a secret."""


def _values(least: int, most: int) -> str:
    """Return the expression of the values of a collection: in quotes, or a line's, or those between commas."""
    bare = rf"[^\s\"'`,\[\](){{}}#<>]{{{least},{most}}}"
    name = r"[\"']?" + _PROPERTY + r"[\w.@ -]{1,60}[\"']?\s{0,8}(?::|=>?)[ \t]{0,8}"
    return (
        rf"(?:(?<![^\n\[({{,;])[ \t\r\n]{{0,40}}+(?:-[ \t]{{1,4}})?(?:{name})?[\[(]?[bru]?"
        rf"(?:[\"'`](?:[\w.@-]{{1,60}}:(?=\S{{6}}))?(?P<v>[^\s\"'`]{{{least},{most}}})[\"'`](?!\s{{0,8}}[:=])"
        rf"|(?:[\w.@-]{{1,60}}:(?=[^\s:]{{6}}))?(?P<v2>{bare})(?=[ \t\r]{{0,8}}(?:[\n,\])}}#]|\Z))))"
    )


_PAIRS = (
    r"(?:[\[({]\s{0,12}(?:\"[^\"\n]{1,60}\"|'[^'\n]{1,60}')\s{0,4},\s{0,12}[\"'](?P<v>[^\s\"'`]{6,100})[\"']\s{0,12}[\])}]"
    r"|[\"']?"
    + _PROPERTY
    + r"(?<![\w.@-])[\w.@-]{1,60}[\"']?\s{0,4}(?::|=>?)\s{0,4}[\"'](?P<v2>[^\s\"'`]{6,100})[\"'](?=\s{0,8}(?:[,\])}]|\Z)))"
)
"""A user's name and the password, of which each pair has brackets or a sign of its own."""


_MEMBER = r"(?!(?-i:[UW][A-Z0-9]{8,10})(?![\w@!$%&*-]))"
"""No id of a member of Slack, which is told beside a name as a password would be."""
_LINES = (
    r"(?<![^\n])[ \t]{0,40}(?:- )?[\"']?"
    + _PROPERTY
    + r"[\w.@-]{1,60}[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?"
    + _MEMBER
    + r"(?P<v>[^\s\"'`,\[\](){}#<>]{6,100})[\"']?(?=[ \t\r]{0,8}(?:,[^\n:=]{0,60})?(?:[\n#]|\Z))"
)
"""The same on a line of its own, where a role may follow."""


def _collected(names: str, each: str, checks: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """Return the rules of collections with one of the names: in brackets, in deeper lines, in a section."""
    turned = r"[\"'`\])]{0,3}\s{0,20}(?::\s{0,4}" + _TYPE + ")?" + _SIGN + r"\s{0,20}" + _BUILT
    ways = (
        (
            140,
            names + CLOSES + _SIGN + r"\s*" + _BUILT + r"[\[({]",
            names + turned + r"[\[({](?P<v>" + _BODY + r")[\])}]",
        ),
        (
            140,
            names + r"[\"']?:[ \t\r]*\n",
            r"(?<![^\n])(?P<deep>[ \t]{0,40})(?:- )?[\"']?[\w.-]{0,60}?" + names + r"[\"']?:[ \t\r]{0,8}\n"
            r"(?P<v>(?:(?P=deep)(?:[ \t]{1,20}|(?=- ))[^\n]{0,400}(?:\n|\Z)){1,40})",
        ),
        (
            120,
            r"\[[a-z0-9_.-]{0,40}" + names + r"\][ \t\r]*\n",
            r"(?<![^\n])\[[a-z0-9_.-]{0,40}" + names + r"\][ \t\r]{0,8}\n(?P<v>(?:(?!\[)[^\n]{0,400}(?:\n|\Z)){1,40})",
        ),
    )
    return tuple(
        form(before, 3200, hint, pattern, caseless=True, checks=checks, each=each) for before, hint, pattern in ways
    )


TOKEN_COLLECTIONS = _collected(
    r"(?:secrets|tokens|(?:api|access|secret|auth|signing|encryption)[_ .-]?keys|credentials|creds|(?:git(?:hub|lab)|bitbucket)-(?:oauth|token)|\"bearer)",
    _values(12, 300),
)
PASSWORD_COLLECTIONS = (
    *_collected(
        r"(?:passwords|passwds|passphrases|pwds|(?:http_?)?basic_?auth(?:_?users)?|auth_?users)", _values(6, 100)
    ),
    *_collected(r"(?:credentials|creds|logins|accounts|users)", _PAIRS)[:1],
    *_collected(r"(?:logins|accounts|users)", _LINES, ("chosen",))[1:],
)
