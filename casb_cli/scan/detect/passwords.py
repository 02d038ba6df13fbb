"""Whether a word beside a password's name is the password itself: by how it is written, and in which file.

Words make weak passwords and many are in use, but most words there are labels, types or names of variables.
"""

from __future__ import annotations

import re

from casb_cli.scan.detect.checks_secrets import by_chance, strong_password
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.view import View, by_value

_NAME = (
    rb"(?:pass(?:word|wd|phrase|wort)?|pwd|pw|kennwort|secret(?:[_-]?key)?)"
    rb"[0-9]?(?:[_-]?confirm(?:ation)?)?"
)
_QUOTED = expression(
    rb"(?P<name>[\w.$-]{0,60}?)"
    + _NAME
    + rb"[\"'`\])\\]{0,4}(?:\s?:\s?[a-z.]{0,10}string[?!]?)?\s{0,20}(?::{0,2}=|=>|={2,3}|:)\s{0,20}"
    rb"(?:(?:some|just|ok|optional\.of(?:nullable)?)\(\s?)?"
    rb"[bru@]?\\{0,3}[\"'`]$",
    re.IGNORECASE,
)
_DEFINED = expression(
    rb"\b(?:define|getenv|environ\.(?:get|setdefault)|env(?:\.fetch)?)\(\s{0,3}[\"'](?P<name>[\w.-]{0,60}?)"
    + _NAME
    + rb"[0-9]?[\"']\s{0,3},\s{0,12}[\"']$"
    rb"|(?:jdbc:|(?:dsn|server|host|data source|database|initial catalog|user|user ?(?:id|name)|uid)\s?=)[^\n]{0,120}"
    rb"[;?&]\s?(?P<more>[\w ]{0,20}?)" + _NAME + rb"\s?=\s?$"
    rb"|<(?P<element>[\w.:-]{0,40}?)" + _NAME + rb"(?:\s[^<>\n]{0,80})?>\s{0,24}$"
    rb"|(?:^|[\s;{:(])(?P<said>[\w-]{0,40}?)" + _NAME + rb"\s{1,4}[\"']$"
    rb"|(?:name|key)=\"(?P<key>[\w.:-]{0,60}?)" + _NAME + rb"\"\s{1,4}value=\"$"
    rb"|\b(?P<spoken>)(?:password|passphrase) is:?\s[\"']$"
    rb"|^\s{0,8}(?:requirepass|masterauth)\s{1,4}[\"']?$"
    rb"|(?:^|\s)--?(?P<option>[\w.-]{0,60}?)" + _NAME + rb"=[\"']?$",
    re.IGNORECASE,
)
"""Names and values of calls, of connections, of elements, and of statements without a sign."""
_PAIRED = expression(
    rb"(?:name|key)[\"']?\s{0,4}:\s{0,4}[\"']?(?P<name>[\w.-]{0,60}?)"
    + _NAME
    + rb"[\"']?(?:,\s{0,40}|\s{1,40})[\"']?value[\"']?\s{0,4}:\s{0,4}[\"']?$",
    re.IGNORECASE,
)
_LINE = expression(
    rb"^\s{0,40}(?:(?:[-#;*]|//|export|set|env)\s{1,4}|[#;]){0,3}[\"']?(?P<name>[\w.-]{0,60}?)"
    + _NAME
    + rb"[\"']?\s{0,20}[=:]\s{0,20}$",
    re.IGNORECASE,
)
_BESIDE = expression(
    rb"(?:user(?:[_ -]?(?:name|id))?|uid|login|name)\s?=\s?[\"']?[\w.@\\$-]{1,60}[\"']?"
    rb"(?:[ \t]{1,4}|[,;&]\s?|\r?\n[ \t]{0,8})"
    rb"(?P<name>[\w.-]{0,40}?)" + _NAME + rb"\s?=\s?$",
    re.IGNORECASE,
)
"""The name of the user, and that of the password right behind it."""
_VARIABLE = expression(rb"(?:^|[\s\"'({;])(?P<name>[A-Z][A-Z0-9_]{0,60}_|PG|)(?:PASSWORD|PASSWD|PASS|(?<=_)PWD)=$")
_CONFIGURATION = expression(
    r"\.(?:ya?ml|env|env\.[\w.-]+|properties|ini|conf|cfg|cnf|toml|config|rsp)$|(?:^|[\\/])(?:\.env|dockerfile)[\w.-]*$"
    r"|(?:^|[\\/])\.[\w-]+rc$",
    re.IGNORECASE,
)
_BARE = expression(r"(?:^|[\\/])[\w-]+$")
"""Files without a suffix, which may be configurations as well."""
_TRANSLATED = expression(
    r"(?:^|[\\/])(?:i18n|l10n|locales?|lang|languages?|translations?)[\\/](?:[^\\/]*[\\/]){0,2}[^\\/]*$"
    r"|\.(?:po|pot|strings|resx|arb|xlf|xliff)$|(?:messages|strings|translations?)[_.][a-z]{2}[^\\/]*$"
    r"|(?:^|[\\/._-])[a-z]{2}[_-](?-i:[A-Z]{2})\.(?:json|ya?ml|php|[jt]s|properties)$",
    re.IGNORECASE,
)
_SENTENCE = expression(rb"[ \t]{1,2}[A-Za-z\x80-\xff]{2,}[ ,.]")
_REFERS = expression(r"\.(?:ya?ml|tf|bicep)$")
_REFERENCE = expression(rb"(?<![a-z_-])secret(?:[_-]?key)?[\"']?\s{0,3}[:=]\s{0,3}[\"']?$", re.IGNORECASE)
"""In descriptions of what is to run a bare `secret` is the name of one that is kept elsewhere."""
_SAYS = expression(
    rb"label|title|placeholder|(?<!plain)(?<!plain[_-])(?<!clear)(?<!clear[_-])text|hint|help|tooltip|mess|msg|error|lang|caption|random|allow|empty|show|hide|toggle"
    rb"|forg[eo]t|reset|change|requir|invalid|enable|disable|verif|encrypt(?!ion)|hash|type|field|ask|remember|param|attr|column|(?:^|[_.-])(?:is|has|no|if|on)[_.-]?$",
    re.IGNORECASE,
)
"""Names of what is said or decided about a password."""
_NAMES_A_NAME = expression(rb"(?:^|_)(?:key|arg|opt|prop|conf)_", re.IGNORECASE)
"""Names of constants in code that hold another name; in a configuration it is the password of a key."""
_LITERAL = expression(
    rb"(?:[a-z]+[0-9]{0,2}|(?:[A-Z][a-z]+){1,3}[0-9]{0,2}|[A-Za-z]+[0-9]{3,6})(?:[-_][A-Za-z0-9]+)*[!.]{0,3}"
)
_JOINED = expression(
    rb"pass|pwd|secret|token|key|test|example|sample|dummy|user|name|your|my|some|the|credential", re.IGNORECASE
)
_CONSTRUCTED = expression(
    rb"(?:my|bad|test|new|old|wrong|incorrect|invalid|user|not_?a_?real|fake|temp|te?mp|abc|foo|some|any|the|your)*"
    rb"(?:pass(?:w|wd|word|phrase)?|pwd|pw|secret|client|key|test|admin|root|user|abc|foo|bar)+(?:changed|updated|[-_]?[0-9]{0,4})",
    re.IGNORECASE,
)
"""What comes to mind first where any password will do."""
_WEAK = frozenset(
    b"asdf qwer zxcv asdfgh passw password passwd passphrase passcode pass pwd secret test testing tests foo bar "
    b"baz qux changeit admin root user guest demo default sample dummy wrong good token other another "
    b"whatever long weak strong short blah nope here that mysecret mypass testpass abc foobar mypwd".split()
)
"""Words that people take for a password without a thought."""
_SHIPPED = b"changeit"
"""What opens the key stores that come with Java, and those that people make as its manual does."""
_ITSELF = frozenset(b"pass passw passwd password passphrase passcode pwd test tests testing foo bar baz qux".split())
"""Those that stand where any value will do, also in the configuration of a sample: its own name, and no value."""
_LACKING = frozenset(
    b"phrase none null nil undefined true false yes no on off string text number object array boolean integer "
    b"function symbol bytes char varchar required optional value input hidden unset empty blank unknown "
    b"placeholder todo redacted masked removed encrypted plain plaintext cleartext hashed prompt file files "
    b"vault auto random generated invalid correct valid enabled disabled compat systemd winbind ldap label "
    b"field email username name login account confirm confirmation strength reset forgot change update submit "
    b"show hide always never once manual external internal interactive static dynamic scram basic bearer "
    b"digest bcrypt scrypt argon kerberos certificate accesstoken confirmed accepted missing ignored unused "
    b"irrelevant fail fails failed credentials memory callback rule error something anything string_value "
    b"on_create this self props state config example changeme wachtwoord passwort kennwort kodeord adgangskode passord "
    b"senha parole parool salasana contrasenya contrasena clave heslo haslo losenord parola jelszo sandi "
    b"geslo lozinka zaporka slaptazodis salasona aldagai motdepasse sifre cyfrinair".split()
)
"""Words for the kind of a password or for its lack, and the word itself in other languages."""
_LACKS = expression(
    rb"_.*|.*(?i:your|x{3}|example|sample|dummy|placeholder|redacted|fake|not[-_]?(?:a[-_]?)?(?:real|actual|valid|secret)|auto[-_]?generated|changed|changeme|change[-_]).*|[A-Z][A-Z_]*_[A-Z_]+"
    rb"|(?i:some)[A-Za-z]+|(?:[A-Z][a-z]+)*(?:Pass(?:word|wd|phrase|code)?|Secret)|PASSWORD|SECRET"
)
"""What says that a value is to be filled in, names of constants, and labels as they stand over a field."""


_UNFILLED = expression(
    rb"[<\[{(%$].*|.*[>\]})]|your.*|x{3,}.*|\*+|\.+|-+|_+|change[-_]?(?:me|this|it)|pass(?:word|wd)?|secret|token|pwd"
    rb"|example.*|my[-_]?(?:pass(?:word)?|secret)|[A-Z_]*(?:PASSWORD|PASSWD|SECRET|TOKEN)[A-Z_]*|(?:and|or|is|for|required|here|from)",
    re.IGNORECASE | re.DOTALL,
)
_SPOKEN = expression(rb"[A-Za-z]+(?:[-_][A-Za-z]+)*[0-9]{0,4}[.!]?")
_GROUPS = expression(rb"[a-z0-9]{4}(?: [a-z0-9]{4}){2,7}")
_STORES = expression(
    r"(?:^|[\\/])(?:\.env(?:\.(?:local|prod|production|staging|dev|development|live))?|[._]netrc|\.?my\.cnf|\.[\w-]+rc|\.s3cfg|\.boto"
    r"|\.ftpconfig|\.remote-sync\.json|sftp(?:-config)?\.json|deployment-config\.json|(?:filezilla|recentservers|sitemanager|webservers)\.xml"
    r"|wp-config\.php|config(?:uration)?\.php|settings\.php|localsettings\.php|\.(?:bash_|zsh_)?(?:profile|history)|config|credentials"
    r"|(?:mongoid|database|secrets)\.ya?ml|robomongo\.json|[\w-]*srv\.ini|server\.(?:cfg|properties)|\.tugboat|hub)$",
    re.IGNORECASE,
)
"""Files in which programs keep what they sign in with: no sample stands there, however weak a password is."""


@by_value
def unfilled(value: bytes) -> bool:
    """Hold for what stands in a form or a manual where a value is to be filled in."""
    return _UNFILLED.fullmatch(value) is not None


def not_a_key_file(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold unless the file is named as Rails names the keys of its credentials, or the line names one."""
    return not view.before(40) and re.search(r"(?:^|[\\/])(?:master|credentials[\\/][a-z]+)\.key$", view.name) is None


def not_a_registry_file(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold unless the file is an npmrc, or the line names a registry as one does there."""
    return not view.name.lower().endswith("npmrc") and b"//" not in view.before(200)


def in_prose(value: bytes, view: View) -> bool:
    """Hold for a word in a translation, and for one that begins a sentence behind a colon."""
    if _TRANSLATED.search(view.name):
        return not value.isascii() or not re.search(rb"[0-9]", value)
    return value.isalpha() and view.before(3).rstrip()[-1:] == b":" and _SENTENCE.match(view.after(40)) is not None


def encrypted_key(value: bytes, view: View) -> bool:
    """Hold for a private key that opens with a passphrase only."""
    head = value[:400]
    if b"ENCRYPTED" in head or b"AAAACmFlczI1Ni" in head:  # the name of a cipher, as base64 of OpenSSH's form has it
        return True
    return (
        value.startswith(b"Private-Lines") and b"Encryption: aes" in view.text[max(0, view.start - 2000) : view.start]
    )


_BODY = expression(rb"[A-Za-z0-9+/=]{24,}")


@by_value
def ill_formed_key(value: bytes) -> bool:
    """Hold for what stands between the lines of a private key and does not begin as the form of such a key does."""
    head = value[:60]
    body = _BODY.search(value, 26)
    if body is None or b"PGP" in head or not value.startswith(b"-----"):
        return False
    return not body[0].startswith(b"b3BlbnNzaC1rZXktdjE" if b"OPENSSH" in head else b"M")


def open_key(value: bytes, view: View) -> bool:
    """Hold for a private key that opens with no passphrase."""
    return not encrypted_key(value, view)


def stands_for(value: bytes) -> bool:
    """Return whether a word only stands for a password: the word itself, with digits behind, or joined with others."""
    return _CONSTRUCTED.fullmatch(value) is not None or _named(value)


def _named(value: bytes) -> bool:
    """Return whether a word is one that people take without a thought, says that there is none, or names a field."""
    if value.lower().rstrip(b"0123456789!.") in _WEAK or _lacking(value):
        return True
    return _joined(value)


def _joined(value: bytes) -> bool:
    """Return whether words of which one is that for a secret are joined, as in a name."""
    return (b"-" in value or b"_" in value) and _JOINED.search(value) is not None


def _lacking(value: bytes) -> bool:
    """Return whether a word beside a password's name says that there is none, or of which kind."""
    return value.lower().rstrip(b"0123456789!.") in _LACKING or _LACKS.fullmatch(value) is not None


_BEGUN = expression(
    rb"(?:#(?![{\[(]|[0-9a-f]{3,8}$)|%(?![({%<]|[0-9a-f]{2}|\w+%|[-+.0-9]*[a-z]$)|<(?!.*>)|\{(?![{%].*|.*\})|\[(?!.*\])|\((?!.*\)))(?=.*[0-9])",
    re.IGNORECASE | re.DOTALL,
)


_DIGITS_WITHIN = expression(rb"#[a-z]{1,12}[0-9][a-z]{1,12}[0-9][a-z0-9]*[!?.]?", re.IGNORECASE)
"""Digits in the place of letters, as people write them and no element is named."""


def begun(value: bytes) -> bool:
    """Return whether a drawn value has a sign in front that begins no comment, colour, element or blank to fill in."""
    if _BEGUN.match(value) is None or not strong_password(value[1:]):
        return False
    return by_chance(value) or _DIGITS_WITHIN.fullmatch(value) is not None


_PHRASE_NAME = expression(
    rb"(?:pass[_-]?phrase|psk)[\"'`\]]{0,2}\s{0,20}[:=]\s{0,20}[\"'`]$"
    rb"|(?:pass(?:word|wd)?|pwd)[\"'`\]]{0,2}\s{0,20}(?<![:=!])=\s{0,20}[\"'`]$",
    re.IGNORECASE,
)
_PHRASE = expression(rb"[a-z]{3,12}(?:[ -][a-z]{3,12}){1,11}")
_PROSE = expression(
    rb"\b(?:the|your|for|and|is|are|not|was|with|this|that|from|enter|must|should|can|has|will|please|pass|here|used|you)\b"
)


def phrase(value: bytes, view: View) -> bool:
    """Return whether a value of several words is a passphrase: named one, in quotes, of words that make no sentence."""
    if _PHRASE.fullmatch(value) is None or _PROSE.search(value) is not None:
        return False
    return _PHRASE_NAME.search(view.before(60)) is not None and not _TRANSLATED.search(view.name)


def in_groups(value: bytes) -> bool:
    """Return whether a value is of groups of four letters or digits, as passwords for one program are shown."""
    return _GROUPS.fullmatch(value) is not None


@by_value
def no_password(value: bytes) -> bool:
    """Hold for words only that stand for a password, as samples of calls have them."""
    return value != _SHIPPED and _SPOKEN.fullmatch(value) is not None and stands_for(value)


def literal(value: bytes, view: View) -> bool:
    """Return whether a word is written where only the password itself can stand: in quotes, or in a configuration."""
    if value.isdigit() and 5 <= len(value) <= 12:
        return len(set(value)) > 2 and _QUOTED.search(view.before(140)) is not None
    if not 4 <= len(value) <= 40 or _LITERAL.fullmatch(value) is None or _TRANSLATED.search(view.name):
        return False
    if _lacking(value) or (_its_name(value, view) and not _STORES.search(view.name)):
        return False
    match = _written(view)
    if match is None:
        return False
    name = b"".join(filter(None, match.groupdict().values()))
    if _SAYS.search(name) is not None:
        return False
    if _NAMES_A_NAME.search(name) is not None and _CONFIGURATION.search(view.name) is None:
        return False
    return not _named(value) or value == _SHIPPED or configured(value, view)


_NAMED_SO = expression(rb"(?:^|[\s\"'{,(])([\w.-]+)[\"'\]]{0,2}\s{0,8}[:=]{1,2}>?\s{0,8}[\"'`]?$")


def _its_name(value: bytes, view: View) -> bool:
    """Return whether a value is the name that it is assigned to, or the end of that name, however they are joined."""
    name = _NAMED_SO.search(view.before(80))
    told = _unjoined(value)
    return name is not None and len(told) >= 6 and _unjoined(name[1]).endswith(told)


def _unjoined(text: bytes) -> bytes:
    return text.lower().replace(b"_", b"").replace(b"-", b"")


def configured(value: bytes, view: View) -> bool:
    """Return whether a value is set in a configuration: what stands there is in use, however weak it is."""
    if _STORES.search(view.name):
        return True
    if _joined(value) or value.lower() in _ITSELF:
        return False
    return _CONFIGURATION.search(view.name) is not None or _VARIABLE.search(view.before(140)) is not None


def _plain(name: str) -> bool:
    """Return whether what stands without quotes in a file is the value itself."""
    return _CONFIGURATION.search(name) is not None or _BARE.search(name) is not None


def _written(view: View) -> re.Match[bytes] | None:
    """Return the name of a password in front of a value, in the ways in which one is set."""
    before = view.before(140)
    if _REFERS.search(view.name) and _REFERENCE.search(before):
        return None
    match = _QUOTED.search(before) or _DEFINED.search(before)
    if match is None:
        match = _PAIRED.search(view.text, max(0, view.start - 200), view.start)
    if match is None and b"(" not in before:
        match = _BESIDE.search(view.text, max(0, view.start - 200), view.start)
    if match is not None:
        return match
    behind = view.after(40)
    if behind[:1] in (b"", b" ", b"\r", b'"', b"'", b"\\", b"`"):
        match = _VARIABLE.search(before)
    if match is None and not behind.split(b"#", 1)[0].strip() and _plain(view.name):
        match = _LINE.search(before)
        if match is not None and match["name"] == b"" and before.rstrip()[-4:] == b"PWD=":
            return None  # where a shell stands, not a password
    return match
