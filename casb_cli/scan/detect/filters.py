"""Why not: reasons to pass over a value that otherwise fits. Each is a function of the value and its surroundings."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from casb_cli.scan.detect import files, key_names, passwords, telephones
from casb_cli.scan.detect.addresses import (
    documentation,
    encoded_words,
    escaped_words,
    example_host,
    postcode,
    same_twice,
    sample_host,
    sample_pair,
    taxon,
    years,
)
from casb_cli.scan.detect.checking import digits
from casb_cli.scan.detect.checks_secrets import by_chance, drawn_password, lettered, password_like, random_looking
from casb_cli.scan.detect.columns import MARKS
from casb_cli.scan.detect.counting import counted, made_longer, monotone, repeated, sequence
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.groups import next_row, ragged, row
from casb_cli.scan.detect.names import (
    keyed_as_card,
    labelled_apart,
    measured,
    named_apart,
    named_otherwise,
    names_only_a_card,
    one_of_others,
)
from casb_cli.scan.detect.numbered import names_a_card, numbers_a_thing
from casb_cli.scan.detect.papers import customers_card, labelled_otherwise
from casb_cli.scan.detect.spoken import in_a_cell, labelled_as_card, spoken_otherwise
from casb_cli.scan.detect.view import Reason, View, by_value

_TEST_CARDS = frozenset(
    (
        b"122000000000003 2222405343248877 2222990905257051 2223000048400011 2223003122003222 2223007648726984"
        b" 2223577120017656 3056930009020004 30569309025904 3088000000000017 34343434343434 3528000700000000"
        b" 3530111333300000 3566002020360505 36148900647913 36227206271667 36259600000004 36700102000000"
        b" 370000000000002 371449635398431 378282246310005 378734493671000 38000000000006 38520000023237"
        b" 4000000000000002 4000056655665556 4002770000000008 4005519200000004 4007000000027 4009348888881881"
        b" 4012000033330026 4012000077777777 4012888888881881 4111111111111111 4217651111111119 4222222222222"
        b" 4242424242424242 4444333322221111 4462030000000000 4484070000000000 4500600000000061 4911830000000"
        b" 4917300800000000 4917610000000000 4917610000000000003 4988438843884305 5019717010103742 5105105105105100"
        b" 5111010030175156 5156230000000004 5185540810000019 5200828282828210 5204230080000017 5204740009900014"
        b" 5420923878724339 5424000000000015 5431111111111111 5454545454545454 5455330760000018 5506900490000436"
        b" 5506900490000444 5506900510000234 5506920809243667 5506922400634930 5506927427317625 5553042241984105"
        b" 5555553753048194 5555555555554444 5610591081018250 6011000000000004 6011000000000012 6011000400000000"
        b" 6011000990139424 6011000991300009 6011111111111117 6011981111111113 6200000000000005 6205500000000000004"
        b" 6221261111117766 6223164991230014 6243030000000001 6304000000000000 630490017740292441 630495060000000000"
        b" 6331101999990016 6555900000604105 6759649826438453 6799990100000000019"
    ).split()
)
"""As brands and providers of payments publish them, and other engines pass over them too."""
_LEAST_POWER = 1 << 42


@by_value
def test_number(value: bytes) -> bool:
    """Hold for the card numbers that providers publish for tests, and for powers of two as programs print them."""
    number = digits(value)
    if number in _TEST_CARDS:
        return True
    count = int(number)
    below = 1 << count.bit_length() - 1
    return any(
        _LEAST_POWER <= power < 1 << 64 and abs(count - power) <= power // 10**15 + 1 for power in (below, 2 * below)
    )


_DECIMAL = expression(rb"\d+[.,]\d{4,}|\d{7,}\.\d{1,2}")


@by_value
def decimal(value: bytes) -> bool:
    """Hold for a fraction: digits, one point, more digits than a group of an identity number has, or two at most."""
    return _DECIMAL.fullmatch(value) is not None


_WORD_IN_HEX = expression(rb"(?:4[1-9]|5[0-9]|6[1-9]|7[0-9]|20)(?:(?:6[1-9]|7[0-9]|20){7,}|(?:4[1-9]|5[0-9]|20){7,})")


@by_value
def hex_text(value: bytes) -> bool:
    """Hold for digits that are, as hexadecimal, letters of one case and spaces: signatures in tables of file types."""
    return _WORD_IN_HEX.fullmatch(value) is not None


_PUBLISHED_SSN = frozenset(
    (b"078051120", b"111223333", b"219099999", b"457555462", b"123456789", b"987654321", b"111111111")
)


@by_value
def published_ssn(value: bytes) -> bool:
    """Hold for social security numbers that became known through advertisements and are void."""
    return digits(value) in _PUBLISHED_SSN


@by_value
def short(value: bytes) -> bool:
    """Hold for values so short that chance, or a word with a number behind it, looks the same."""
    return len(value) < 10


@by_value
def all_digits(value: bytes) -> bool:
    """Hold for a secret of digits only: it may be a number that counts something as well."""
    return value.isdigit()


_DASHES = 4
_UUID = expression(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def uuid(value: bytes, view: View) -> bool:
    """Hold where the value is, or stands within, a UUID, but for the password that Spring draws and logs."""
    around = view.text[max(0, view.start - 36) : view.end + 36]
    if around.count(b"-") < _DASHES:
        return False
    if view.before(20).endswith(b"security password: "):
        return False
    at = view.start - max(0, view.start - 36)
    return any(m.start() <= at and m.end() >= at + len(value) for m in _UUID.finditer(around))


_EXAMPLE_UUID = expression(
    rb"(?:0{8}|1{8}|f{8}|x{8}|123e4567|12345678|01234567|deadbeef|550e8400|aaaaaaaa)-", re.IGNORECASE
)


@by_value
def example_uuid(value: bytes) -> bool:
    """Hold for the UUIDs that standards and manuals print, and for those of few different characters."""
    return _EXAMPLE_UUID.match(value) is not None or len(set(value)) < 8


_SMALL_HEX = expression(rb"(?=[0-9a-f]*[a-f][0-9a-f]*[a-f])[0-9a-f]{4}[0-9a-f]+")


@by_value
def hexadecimal(value: bytes) -> bool:
    """Hold for an unbroken run of small hexadecimal with letters behind its first four characters."""
    return _SMALL_HEX.fullmatch(value) is not None and not value[4:].isdigit()


_HASH_WORD = expression(
    rb"sha-?(?:1|2|224|256|384|512)|md5|hash|digest|checksum|commit|integrity|etag|revision|fingerprint|blob|crc",
    re.IGNORECASE,
)
_KEYED_HASH = expression(rb"hmac[\w.:]{0,24}\([^()]{0,40}(?:\([^()]{0,20})?$", re.IGNORECASE)
"""A call that takes the key of a hash beside the hash's name."""
_PINNED = expression(rb"sha(?:1|256|384|512)-|[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
"""What tells a content or a commit by its hash."""
_HASH = expression(rb"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96,128})")


def content_hash(value: bytes, view: View) -> bool:
    """Hold for hexadecimal of a hash's length with a word for hashes before it, and for integrity values."""
    if _PINNED.match(value):
        return True
    if _HASH.fullmatch(value) is None:
        return False
    before = view.before(60)
    return _HASH_WORD.search(before) is not None and _KEYED_HASH.search(before) is None


_PLACEHOLDER = expression(
    rb"[<>\[{(%$#].*|&(?:lt|#60|#x3c);.*|.*(?:\$\{|\{\{|%\([a-z_]+\)[sd]|<%|\$\().*|[\w.$:-]*[(\[{<].*[>)\]}]|[\w.]+[>)\]}]|x{3,}.*|\*+|\.+|-+|_+"
    rb"|your.*|(?:my|the|some|insert|enter|replace|put)[-_ ].*"
    rb"|(?!changeit\Z)(?:change|fix|replace)[-_]?(?:me|this|it).*|.*(?:example|dummy|placeholder|redacted|changeme|foobar).*"
    rb"|(?:none|null|nil|undefined|true|false|yes|no|string|password|passwd|secret|token|key|test|testing|user|admin|root"
    rb"|default|pass|pw|pwd|mypass|unset|empty|required|optional|hidden|masked|value|input|text|str|int|bool|passphrase)_?[0-9]{0,3}(?:\\[nrt]|[;,:.]){0,12}"
    rb"|(?:os\.|process\.|env\.|env\[|config\.|settings\.|self\.|this\.|vault:|ref\+|arn:|op://|secret://|ssm:).*"
    rb"|.*(?:getenv|environ|get_secret|getpass|prompt|input)\b.*"
    rb"|.*(?:test|fake|dummy|mock|sample|my|your|some|new|old|wrong|bad|invalid|user|this|the|secure|default)[-_.]?(?:is)?[-_.]?(?:a)?[-_.]?"
    rb"(?:password|passwd|passphrase|pwd|pass|secret|token|key|pw)[-_]?[0-9!]{0,4}|(?:foo|bar|baz|qux|bat|abc|xyz)[0-9]{0,4}"
    rb"|.*\\\(.*|\+[a-z-]+|utf-?(?:8|16|32)(?:le|be)?|latin-?[0-9]|iso-?8859-?[0-9]+|(?:cp|windows-)[0-9]+|ascii|base64"
    rb"|[0-9]+(?:[.-][0-9]+)+(?:[t ][0-9:.]+z?)?|[~^=]{1,2}[0-9]+(?:\.(?:[0-9]+|x|\*)){1,3}(?:[-+][0-9a-z.-]{1,20})?"
    rb"|s/.*/.*/?[a-z.]?"
    rb"|[a-z_-]*(?:sha|md)-?[0-9]{1,3}(?:[-_/:][0-9]{1,3}|_password)?|__\w+"
    rb"|[?+](?-i:[A-Z][A-Z0-9_]{2,})(?:[ =:].*)?|`\$.*|[a-z0-9-]+:(?-i:[A-Z][a-z]+[A-Z])[a-z]+|www\..*|nonetype.*"
    rb"|x-oauth-(?:token|basic)|oauth2?|(?:api|auth|access)[-_]?(?:token|key)"
    rb"|[0-9]+\.[a-z]+(?:\.[a-z]+)*|[a-z][a-z0-9+.-]{1,20}://.*"
    rb"|(?:[a-z .,!?:_'-]*\\u(?!00[0-7])[0-9a-f]{4})+[a-z .,!?:_'-]*"
    rb"|[a-z_]+(?:\.[a-z_]+)+|@@\w+@@|(?-i:[a-z_]+(?:\.[a-z0-9_]+)+\.[A-Z][A-Za-z0-9]*|[A-Z][A-Z_]*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)",
    re.IGNORECASE | re.DOTALL,
)
_IDENTIFIER = expression(
    rb"_?(?:[A-Z]+[a-z]+){2,}[0-9]{0,4}[A-Za-z]{0,12}|[a-z]+[0-9]*(?:_[a-z]+[0-9]*)+(?:_v?[0-9]{1,4}[a-z]?)?|\.{0,2}/[A-Za-z_.*/-]+|\.{0,2}(?:/[A-Za-z0-9_.*-]{1,60}){2,12}\.[a-z]{2,5}"
    rb"|(?:[A-Za-z_][A-Za-z0-9_]{0,24}\.)*[A-Za-z0-9_]*(?:[A-Z][a-z]{2,}){2,}"
    rb"|_?[a-z]+[0-9]{0,3}[a-z]{0,3}(?:\.(?:[A-Z]{2,}(?:_[A-Z]+)*|[a-z]{2,}[0-9]{0,3}[a-z]*(?:_[A-Za-z0-9]+)*))+"
)


_NAME_OF_THREE = expression(rb"[A-Za-z]+[0-9]{0,3}(?:_(?:[A-Za-z]+[0-9]{0,3}|[0-9]{1,3})){2,}")


def identifier(value: bytes, view: View) -> bool:
    """Hold for names and paths of code that stand without quotes, types, variables, files: where no password does."""
    quoted = view.text[max(0, view.start - 1) : view.start] in (b'"', b"'", b"`")
    if quoted and key_names.routed(value, view):
        return True
    if quoted and not value.startswith((b"/", b".")):
        return _NAME_OF_THREE.fullmatch(value) is not None and lettered(value) >= 0
    if _IDENTIFIER.fullmatch(value) is None or (value.replace(b"_", b"").isalnum() and lettered(value) <= -6):
        return False
    return not (passwords.configured(value, view) and passwords.literal(value, view))


_NUMBER_NAME = expression(
    rb"pass(?:word|wd|code)?[\"'\])]{0,3}\s{0,20}(?:=|:|:=|=>|==|\()\s{0,20}[\"']?$|pwd[\"']?\s?[=:]\s?[\"']?$",
    re.IGNORECASE,
)

_ERROR_NAME = expression(
    rb"(?i:status|err(?:or)?|code|nte|wrong|incorrect|invalid|null|missing|expired)[A-Z0-9_.]*\s?[=:]\s?$"
)


def numbered_name(value: bytes, view: View) -> bool:
    """Hold for digits behind a name that goes on behind the word for a password, or is that of an error.

    They tell how long one is, how old it may be, or what was wrong with it.
    """
    if not value.isdigit():
        return False
    before = view.before(60)
    return _NUMBER_NAME.search(before) is None or _ERROR_NAME.search(before) is not None


_WORD = expression(rb"_?[A-Za-z\x80-\xff]+(?:[-_. :/|,+]+[A-Za-z\x80-\xff]+)*[.:,;!?)_*]{0,3}")


_NAMING = expression(rb"PASS|PWD|SECRET|TOKEN|USER|KEY|AUTH|NAME")


_INSERTED = expression(rb"\$\{|\{\{|<%|\$\(|%\([a-z_]+\)|[a-z]{4}\(|://|\s|^\{.*[$}]|^\$[0-9a-z]{1,20}[$:]")


def _drawn(value: bytes) -> bool:
    """Return whether a value is long and drawn by lot: signs in it, as in keys of Django or base64, mean nothing."""
    by_lot = drawn_password(value) or (len(value) >= 32 and random_looking(value) and by_chance(value))
    return by_lot and _INSERTED.search(value) is None


def _by_lot(piece: bytes) -> bool:
    """Return whether a piece of a value is drawn by lot: no name of anything."""
    return len(piece) >= 20 and random_looking(piece) and by_chance(piece)


@by_value
def placeholder(value: bytes) -> bool:
    """Hold for references to a value kept elsewhere, for templates, and for words that stand for one."""
    if value.isupper() and value.isalpha() and len(value) >= 7 and by_chance(value) and not _NAMING.search(value):
        return False
    if passwords.begun(value):
        return False
    return _PLACEHOLDER.fullmatch(value) is not None and not _drawn(value)


_BEHIND = expression(rb"[0-9_-]{1,5}$|[-_.]v?[0-9]{1,3}(?:\.[0-9]{1,4}){1,3}$")
"""The number or version behind a name."""
_PIECES = expression(rb"[a-z]{2,12}(?:[-.][a-z]{2,12}){3,}")


@by_value
def plain_words(value: bytes) -> bool:
    """Hold for letters of any script, joined by dashes, dots, strokes or underscores: names, not keys."""
    bare = _BEHIND.sub(b"", value) if b"-" in value or b"_" in value else value
    return _WORD.fullmatch(bare) is not None and (not by_chance(value) or _PIECES.fullmatch(value) is not None)


_DEFAULT = expression(rb"\$\{[\w.-]{1,80}:$|\?\s{0,3}[\"'][^\"']{0,40}[\"']\s{0,3}:\s{0,3}[\"']$")
"""Where the default of a property stands, which a variable replaces, or the other one of two words."""


def unlikely_password(value: bytes, view: View) -> bool:
    """Hold for placeholders and words that are not written where only a password can stand."""
    value = value.rstrip(b"\\")  # where a text in a text ends
    if _DEFAULT.search(view.before(100)) or passwords.in_prose(value, view):
        return True
    if b" " in value and passwords.phrase(value, view):
        return False
    if b" " in value:
        return not passwords.in_groups(value) or not by_chance(value.replace(b" ", b""))
    if _stands_encoded(value):
        return True
    return doubtful_password(value, view) and not passwords.literal(value, view)


@lru_cache(256)
def _stands_encoded(value: bytes) -> bool:
    """Return whether a value is base64 of what stands for a password, as in samples of secrets of Kubernetes."""
    if len(value) % 4 or len(value) < 8:
        return False
    try:
        text = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return False
    return text.isascii() and passwords.stands_for(text.strip())


_TWO_WORDS = expression(rb"(?:[A-Z][a-z]{2,15}){1,2}[-_.](?:[A-Z][a-z]{2,15}){1,2}[0-9]{2,4}[!?.]?")
"""As people choose passwords, and programs that draw words."""


def doubtful_password(value: bytes, view: View) -> bool:
    """Hold for what may be a word for a password as well: where it is one, that is less sure."""
    if _TWO_WORDS.fullmatch(value) and not passwords.stands_for(value):
        return False
    word = placeholder(value, view) or plain_words(value, view) or passwords.stands_for(value)
    return word or not password_like(value)


_CODE = expression(
    r"\.(?:py|pyi|[cm]?[jt]sx?|vue|go|java|kts?|scala|groovy|cs|vb|fs|c|cc|cpp|cxx|h|hh|hpp|m|mm|rb|erb|php|swift|rs|dart|lua|p[lm]"
    r"|r|jl|exs?|hs|clj|cljs|elm|sol|pck|pks|pkb)$",
    re.IGNORECASE,
)
_REMARK = expression(rb"\s*(?:#|//|/?\*|--|;|<!--|rem\b)|.*(?:\s#|//|/\*|<!--)", re.IGNORECASE)
_CALL = expression(
    rb"[&*@!\\]?[A-Za-z_$\\][\w$]*(?:(?:->|::|\?\.|!!\.|[.&+|:])[A-Za-z_$\\][\w$]*)+(?:->?)?|[A-Za-z_$][\w$]*->?|&[A-Za-z_]\w*"
)
_PIECE = expression(
    rb"--?[a-z].*|,\s?[$@]?[a-z_]\w*=.*|\*(?:[A-Z]+\*){2,}|(?:name|user|type|target|scope|realm|host|port|ur[il]|path|id)=.*|(?:aes|des|sha|rsa|aria|sm4|camellia|chacha|hmac|id|ecdsa|ssh)[0-9]*(?:[-_/][a-z0-9]{2,11}){1,4}|[a-z]+(?:\|[a-z_]+(?::\S+)?)+|[a-z]+\.[0-9]+\?.*|[=!<>&|]=.*|.*[^=](?:===?|!=|&&|\|\||=>)[^=].*|[\w.-]{2,60}=\\?[\"']?\$\{?\w.*|(?-i:[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*|[a-z]+[0-9]?(?:[_.][a-z0-9]+)+|[a-z]+(?:[A-Z][a-z]+)+)=(?!=?\Z).*|[0-9]+(?:\.[0-9]+){2,}(?::=.*)?|[0-9]+/[a-z]+(?:/[a-z]+.*)?"
    rb"|(?:pbe|pbkdf2?|hmac)with\w+|(?:com|org|net|io|dev)(?:\.[a-z]\w*){2,}|[\w.&=]*[a-z]\(|@[a-z]\w*(?:\.\w+)+@|(?-i:[A-Z][a-z]+(?::[A-Z]\w+)+)|[@%]{1,2}[A-Za-z_]+:.*|~?\.{0,2}/[\w./#-]*|[A-Za-z0-9_-]+:|[A-Za-z]:\\.*|[}\])].*|[^A-Za-z0-9]*:[A-Z]+|\$[A-Za-z_{(].*|[@#]{1,2}[a-z_./]+|!{1,2}[a-z]+[A-Z][A-Za-z]*|\.\$.*|[^\[]*\[(?:[a-z_]+|\*)\].*|\\(?:[rnt0]|u00).*|\.[a-z]+(?:\.[a-z_]+)+|\^.*\$|\.\w+\(.*|[0-9]+:[0-9]+:.*",
    re.IGNORECASE | re.DOTALL,
)


_JOINTS = expression(rb"[^A-Za-z0-9]+")
_ATTRIBUTE = expression(rb"[A-Za-z_:@-]+=")
"""The name of an attribute, whose value follows in quotes."""
_HASHED = expression(
    rb"sha1:[0-9a-f]{12}:[0-9a-f]{40}|argon2:\$argon2.*|(?:pbkdf2_sha[0-9]+|sha1|md5|bcrypt\w*|argon2|scrypt)\$.*|\$(?:2[abxy]|argon2(?:id|i|d)|pbkdf2[\w-]*|[156y]|scrypt)\$.*",
    re.IGNORECASE | re.DOTALL,
)


def code_piece(value: bytes, view: View) -> bool:
    """Hold for pieces of code, options, paths, password hashes, and what code has without quotes but in a remark."""
    if _HASHED.fullmatch(value):
        return True
    if _drawn(value):
        return False
    attribute = _ATTRIBUTE.fullmatch(value) is not None and view.after(1) in (b'"', b"'") and not by_chance(value)
    if attribute or _PIECE.fullmatch(value):
        return True
    if view.text[max(0, view.start - 1) : view.start] in (b'"', b"'", b"`"):
        return False
    if _CALL.fullmatch(value):
        return not any(map(_by_lot, _JOINTS.split(value)))
    if not _CODE.search(view.name) or (len(value) >= 8 and value.isalnum() and lettered(value) <= -8):
        return False
    before = view.before(400)
    quoted = any(before.count(mark) % 2 for mark in (b'"', b"'", b"`"))
    return not quoted and _REMARK.match(before) is None


_ADDRESS = expression(rb"(?:/|@|#|sha\d{1,3}[:-]|digest[\"' :=]{1,4})$", re.IGNORECASE)


def hash_part(value: bytes, view: View) -> bool:
    """Hold where a form without a telling prefix stands in an address or behind the name of a hash."""
    return value[:1].isdigit() and _ADDRESS.search(view.before(16)) is not None


def one_of_many(value: bytes, view: View) -> bool:
    """Hold among numbers of the same form of which most are no cards, and in a longer row of groups."""
    if names_a_card(view.head()) or names_a_card(view.heading()):
        return False
    return one_of_others(value, view.text, view.start, view.before(120), view.after(120))


_BANK = expression(rb"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2} (?:[0-9A-Z]{4} ){0,5}$")
"""The beginning of an IBAN, whose groups a line's end parted, or whose check digits are wrong."""


_KEY = 70
"""Bytes that a name in JSON may have, with what parts it from its value."""


def other_number(value: bytes, view: View) -> bool:
    """Hold where the word in front, the value's own name or that of its column names another kind of number."""
    head = view.head()
    if (in_a_cell(view) and names_only_a_card(head)) or keyed_as_card(view.before(_KEY)):
        return False
    label = view.label(120)
    if labelled_as_card(view):
        head = b""
    if _BANK.search(label[-32:]):
        return True
    alone = not label.strip() and not head and view.after(1) not in MARKS
    if alone and numbers_a_thing(above := view.above(120)) and not customers_card(value, above):
        return True
    return named_otherwise(value, view.text, view.start, label, head) or spoken_otherwise(value, view, head)


_FIGURES = expression(rb"[^A-Za-z]+")


def measure(value: bytes, view: View) -> bool:
    """Hold where a number's own name or that of its column says that it counts or measures: `size`, `downloads`.

    And where that name has none of the words that tell its kind, so that those near by belong to others.
    """
    if _FIGURES.fullmatch(value) and measured(view.before(120), view.column):
        return True
    return view.words is not None and named_apart(view.text, view.start, view.end, view.column, view.words)


def other_label(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold where a number's own label, or that of its column, tells a thing no person is known by: an order, a day."""
    if labelled_otherwise(view.text, view.start, view.column):
        return True
    # Where the column's name says nothing of the kind, the cell in front may be the label.
    return bool(view.column) and view.words is not None and labelled_otherwise(view.text, view.start, b"", cell=True)


def other_owner(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold where a number has a label of its own that says nothing of the kind, and the words near it label others."""
    return view.words is not None and labelled_apart(view.text, view.start, view.end, view.words)


FILTERS: dict[str, Reason] = {
    reason.__name__: reason
    for reason in (
        test_number,
        ragged,
        next_row,
        decimal,
        row,
        hex_text,
        monotone,
        repeated,
        published_ssn,
        sequence,
        made_longer,
        counted,
        short,
        all_digits,
        documentation,
        uuid,
        example_uuid,
        hexadecimal,
        content_hash,
        placeholder,
        identifier,
        key_names.position,
        key_names.sealed,
        plain_words,
        unlikely_password,
        doubtful_password,
        passwords.unfilled,
        passwords.no_password,
        passwords.in_prose,
        passwords.not_a_key_file,
        passwords.not_a_registry_file,
        encoded_words,
        sample_pair,
        passwords.encrypted_key,
        passwords.open_key,
        passwords.ill_formed_key,
        same_twice,
        example_host,
        sample_host,
        escaped_words,
        postcode,
        years,
        taxon,
        numbered_name,
        key_names.public_key,
        code_piece,
        key_names.other_name,
        files.file_name,
        hash_part,
        files.lock_file,
        files.minified,
        files.template_file,
        other_number,
        measure,
        other_label,
        other_owner,
        telephones.unlabelled,
        key_names.other_key,
        one_of_many,
    )
}
