"""The name that a number has of its own: of a key, a tag or a column, or the word in front."""

from __future__ import annotations

import re
from functools import lru_cache

from casb_cli.scan.detect.checks_payment import article, named_card
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.numbered import (
    NUMBER,
    calls_a_card,
    may_name_a_card,
    names_a_card,
    names_something,
    numbers_a_thing,
)
from casb_cli.scan.detect.papers import customers_card, labelled_otherwise, numbers_a_paper, on_a_receipt

_NUMBER_OF = expression(
    rb"(?<![a-z])(?:tracking|invoice|order|serial|imei|isbn|ean|upc|gtin|uuid|guid|timestamp|session|request|trace|(?<!<)span|batch"
    rb"|transaction|build|version|phone|tel|fax|mobile|row|offset|epoch|millis|nanos|ticket|part|sku|asset|s/?n|iccid|meter|reading|kid|ocr)"
    rb"[ _-]?(?:id|no|nr|num|number|nummer|time)?s?\W{0,6}$|(?<![a-z0-9_-])id\W{1,6}$"
    rb"|(?:rng|seed|random(?:_?state)?)\(\W{0,3}$",
    re.IGNORECASE,
)
"""A word right in front. The last two are references of payments, whose check digit is that of cards."""
_KEY = expression(
    rb"([A-Za-z_@][\w.\-]{0,60}|(?<![\w.\-])[0-9]{1,5}(?==))[\"'\]\\]{0,3}\s?(?:=|:|=>)\s?[\\\"'(\[]{0,3}$"
    rb"|<([A-Za-z_][\w.:\-]{0,60})(?:\s[^<>]{0,80})?>\s{0,4}$"
)
"""The name in front: before `=` or `:`, or a tag; messages of exchanges (FIX) number their fields."""
_NAME = expression(rb"[^=]{0,80}")
"""What may name a column: a line of a log does not, however many commas it has."""
_DRESS = frozenset((b"span", b"time", b"ins", b"data"))
"""Elements of HTML that name nothing."""
_OPENING = b" \\\"'(["
_NAMING = (b"=", b":", b">")
_OTHER_NAME = expression(
    rb"(?:^|[_.@\-]|(?<=[a-z0-9])(?=[A-Z]))"
    rb"(?i:ids?|[a-z]id|guid|uuid|refs?|req|request|trace|span|order|parcel|shipment|tracking|track|awb"
    rb"|invoice|serial|imei|imsi|iccid|meid|isbn|ean|upc|gtin|sku|asin|barcode|product|lot|timestamp|time|ts|epoch|nanos|ns|us|ms"
    rb"|millis|micros|date|session|transaction|txn|tx|batch|job|task|event|evt|seq|sequence|nonce|offset|row|rowid|hash|crc"
    rb"|checksum|etag|rev|revision|version|build|commit|cursor|index|idx|position|pos|size|length|bytes|count|total|amount|price"
    rb"|lat|lng|lon|phone|tel|mobile|fax|ticket|asset|device|node|host|thread|process|correlation|corr|tweet|snowflake|seed"
    rb"|random|duration|elapsed|latency)"
    rb"(?:[_\-]?(?i:id|no|nr|num|number|time|at|str|key|code|ns|us|ms|1[234]))?$"
)
_LINE = expression(rb"[\n\x1e]")
_FIELD = expression(
    rb"(?<![A-Za-z])(?:tra?c?k[ _]?2(?:[ _]?data)?|(?:de|field)[ _]?0{0,2}2|(?<![0-9])(?:0x)?5A)\W{0,6}$", re.IGNORECASE
)
"""What messages of payments (ISO 8583) and chips (EMV) call a card's number: the second element, the stripe's second
track, the tag 5A."""
_BARE = expression(rb"(?<![A-Za-z])(?<![A-Za-z][ _-])[Rr]ef\W{0,3}$")
"""Behind the bare word for a reference anything may stand; on receipts it is written in capitals."""
_FOURS_BEHIND = expression(rb"(?: {1,3}[0-9A-Fa-f]{4}){2}")
_FOURS_BEFORE = expression(
    rb"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{4} {1,3}(?:[0-9A-Fa-f]{4}|[0-9]{3})|[0-9]{3} {1,3}[0-9A-Fa-f]{4}) {1,3}$"
)
_ONLY_NUMBERS, _CELLS = expression(rb"[0-9 \r]*"), 4
"""As many numbers beside one on its line, and nothing else: a month, a year and a code would be three."""
_FIFTH = expression(rb" {1,3}(?:[0-9]{3} {1,3})?(?!(?:0[1-9]|1[0-2])[23][0-9](?![0-9]))[0-9]{4}(?![0-9])")
"""A group more, which is no month up to which a card lasts."""
_GROUP_BEFORE, _GROUP_BEHIND = expression(rb"(?<![0-9])[0-9]{3,4} {1,3}$"), expression(rb" {1,3}[0-9]{3,4}(?![0-9])")
_ROW_BEFORE, _ROW_BEHIND = expression(rb"(?<!\S)(?:[0-9]{4,} ){1,6}$"), expression(rb"(?: [0-9]{4,}){1,6}(?!\S)")
"""Of a table of numbers."""
_NEIGHBOURS = 2_000
_FEW = 5
"""Numbers side by side from which their majority tells what they are."""
_MANY = 20
"""Numbers of which a third are cards by more than chance, so that others were mixed in, such as orders of a page."""
_ISSUED, _COUNTING = 10, 3
"""First digits, beyond those of a bank, that so many numbers have in common where somebody counts them up."""
_AROUND = 12_000
_BESIDE = 120
"""Bytes on either side in which other values of the same record stand."""
_RARE_SIZES = frozenset((13, 17, 18, 19))
"""Digits that few cards have, and many other numbers."""
_SAME = 4
"""The same for numbers that have the same name."""

_PARTS = expression(rb"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_QUOTED_KEY = expression(rb"\\?[\"']([^\"'\\\n]{1,60})\\?[\"']\s?:\s?(?:\\?[\"'])?$")
"""A name in JSON, or in what languages write alike."""
_NAMED = expression(rb"[\"'](\w{2,30})[\"']\s?[:,}]")
"""A name in JSON, or a word that it has."""
_IS_KEY = expression(rb"\\?[\"']\s?:[\s{\[\"']")
_OPEN_NAMES = frozenset(
    b"answer applicant attribute body cell citizen civil client code content custom customer data default"
    b" detail details display doc document entry example extension field fiscal formatted full gov government"
    b" govt holder id identification identifier identity ids info input item key label legal line masked"
    b" message name no note notes nr num number numbers numero nummer official orig original personal person"
    b" plain primary raw ref reference remark remarks response result sample secondary state string subject tax"
    b" text val valeur valor valore value values wert".split()
)
"""Parts of names that tell nothing of what is behind them: other names beside them do."""
_NUMBERS = frozenset(word.encode() for word in NUMBER)
_CELL_BEFORE = expression(rb"(?:^|[,;\t|])[ \"']{0,2}$")
_CELL_AFTER = expression(rb"[ \"'\r]{0,3}(?:[,;\t|\n]|$)")
_LABEL = expression(rb"[ \"']{0,3}[A-Za-z\x80-\xff][\w\x80-\xff .:/#'\-]{1,60}")
_COLUMN = expression(rb"[ \"']{0,3}([A-Za-z][A-Za-z0-9 _.\-/()#]{2,40})[ \"'\r]{0,3}")
_MEASURES = frozenset(
    b"amount balance build bytes cost count counter density depth distance downloads duration elapsed epoch followers"
    b" forks height hits lat latency latitude length likes lng lon longitude mass millis ms nanos offset page pages"
    b" percent population port position price pressure qty quantity rating ratio revision score seconds seed size speed"
    b" stars temperature timestamp version views volume weight width".split()
)

card = lru_cache(4096)(named_card)  # each number of a column is asked about by all of its neighbours


def _key(before: bytes) -> re.Match[bytes] | None:
    return _KEY.search(before) if before.rstrip(_OPENING)[-1:] in _NAMING else None


def measured(before: bytes, column: bytes) -> bool:
    """Return whether the name of a number, or of its column, tells that it counts or measures.

    `before` is what stands in front of it on its line.
    """
    key = _key(before)
    name = (column if _NAME.fullmatch(column) else b"") if key is None else key[1] or key[2]
    return any(part.lower() in _MEASURES for part in _PARTS.findall(name))


def named_apart(text: bytes, start: int, end: int, column: bytes, words: re.Pattern[bytes]) -> bool:
    """Return whether a number has a name of its own, of a key or column, without any of the words, or is a key itself.

    What stands near it then belongs to another key or cell; but for a label in the cell right in front.
    """
    if _IS_KEY.match(text, end):
        return True
    before = text[max(0, start - 90) : start].rsplit(b"\n", 1)[-1]
    if (key := _QUOTED_KEY.search(before)) is not None:
        name = key[1]
    elif (head := _COLUMN.fullmatch(column)) is not None and _CELL_AFTER.match(text, end):
        line = text[text.rfind(b"\n", max(0, start - 8192), start) + 1 : start]
        if (cell := _CELL_BEFORE.search(line)) is None:
            return False
        name, label = head[1], re.split(rb"[,;\t|]", line[: cell.start()])[-1]
        if words.search(label) and _LABEL.fullmatch(label):
            return False
    else:
        return False
    parts = [part.lower() for part in _PARTS.findall(name)]
    while len(parts) > 1 and parts[-1] in _NUMBERS:
        parts.pop()  # `book_id` is no number of a person
    return max(map(len, parts), default=0) > 2 and _OPEN_NAMES.isdisjoint(parts) and not words.search(name)


_OWN_LABEL = expression(
    rb"(?:\A|[\n,;(|]|[.!?] )[ \t>*|#\-]{0,8}(?:q[:.] ?)?"
    rb"([A-Za-z\x80-\xff](?:[\w\x80-\xff.#/'&()]|[ \-](?![ \-])){1,40}?)"
    rb"(?:(?:[ \t*]*[:=?|]|[ ]?\.{3,}|[ ]-|[ ]{2,}|\t)[ \t*:|.]{0,24}|[ \t*:?]*\r?\n[ \t]*(?:a(?:nswer)?[:.] ?)?"
    rb"|(?:(?<=[ .]n[or])|(?<=[ .]id)|(?<=number)|(?<=nummer)|(?<=code)|(?<=[ .]ref)|(?<=n\xc2[\xb0\xba]))\.? )\Z",
    re.IGNORECASE,
)
"""A label of its own right in front of a number, or on the line above."""
_OWN_CELL = expression(rb"(?:\A|\n)[ \"']{0,2}([A-Za-z\x80-\xff][^\n,;\"]{1,40})[\"']?[,;][ \"']{0,2}\Z")
"""The same in the first cell of a row of two."""
_OPEN_LABEL = (_OPEN_NAMES - {b"extension", b"line", b"sample"}) | frozenset(
    b"a alt alternative answer applicant child copy current father former husband mother n new old other partner"
    b" previous prior q second spouse wife".split()
)
_WORDS = expression(rb"[a-z\x80-\xff]+")
_NUMBER_BEHIND = expression(
    rb"[^\n0-9]{0,40}(?:\n[ \t]*(?:A[:.] ?)?(?:[A-Z]{1,3}-?)?)?[0-9](?:[0-9A-Z .\-/]{0,3}[0-9]){2}"
)


_FIGURES = expression(rb"[0-9]{3}")
"""A label on the line above that has them has its number too."""


def _says(words: re.Pattern[bytes], text: bytes, label: re.Match[bytes]) -> bool:
    """Return whether one of the words ends in a label, which a point may part: `Pers. kods`."""
    low, high = label.span(1)
    return any(word.end() > low for word in words.finditer(text, max(0, low - 12), high))


def labelled_apart(text: bytes, start: int, end: int, words: re.Pattern[bytes], distance: int = 90) -> bool:
    """Return whether a number has a label of its own without any of the words, and those near by label other numbers.

    A word behind which no number stands may be the heading of several, each with somebody's name in front.
    """
    low = max(0, start - distance)
    found = _OWN_LABEL.search(text, max(0, start - 64), start) or _OWN_CELL.search(text, max(0, start - 64), start)
    if (
        found is None
        or _FIGURES.search(found[1])
        or _says(words, text, found)
        or not _OPEN_LABEL.isdisjoint(_WORDS.findall(found[1].lower())[:1])
    ):
        return False
    if words.search(text[end : end + 90].split(b"\n", 1)[0]):
        return False
    told = list(words.finditer(text, low, found.start(1)))
    return bool(told or words.search(text, end, end + distance)) and all(
        _NUMBER_BEHIND.match(text, word.end(), found.start(1)) for word in told
    )


@lru_cache(64)
def names_only_a_card(column: bytes) -> bool:
    """Return whether a column's name has a word for cards, and none for a paper."""
    return names_a_card(column) and not numbers_a_paper(b"", column)


def keyed_as_card(before: bytes) -> bool:
    """Return whether the name right in front, in JSON, ends with a word for cards."""
    key = _QUOTED_KEY.search(before) if before.rstrip(_OPENING)[-1:] == b":" else None
    return key is not None and calls_a_card(_KIND_OF_CARD.sub(b"", key[1])) and names_only_a_card(key[1])


def called_a_card(before: bytes) -> bool:
    """Return whether what stands right in front of a number, or its name in JSON, calls it a card's."""
    told = _LINK.sub(b"", before[-60:])
    return calls_a_card(told) or keyed_as_card(before) or _FIELD.search(before) is not None


_LINK = expression(
    rb" (?:is|ist|lautet|est(?: le)?|es|\xc3[\xa8\xa9]|je|jest|to|\xc3\xa4r|er|on|este)[ :]*$", re.IGNORECASE
)
"""What joins the word for a card and its number in a sentence."""


_KIND_OF_CARD = expression(
    rb" (?:banca(?:ire|ria)|banc\xc3\xa1ria|bleue|p\xc5\x82atnicz[a-z]{1,3}|kredytow[a-z]{1,3})$", re.IGNORECASE
)
"""What stands behind the word for a card."""


def named_otherwise(value: bytes, text: bytes, start: int, before: bytes, column: bytes) -> bool:
    """Return whether the word in front of a number, or its name, tells another kind, or most of that name are no cards.

    `before` is what stands in front of it on its line.
    """
    if _NUMBER_OF.search(before[-40:]) is not None and not calls_a_card(before[-60:]):
        return True
    column = column.strip(b" \"'\r")
    if numbers_a_paper(value, before) or (column and numbers_a_paper(value, column)):
        return True
    if on_a_receipt(value, before) and not calls_a_card(before[-60:]):
        return True
    if not names_a_card(column) and _names_a_thing(value, before, column):
        return True
    column = column.replace(b" ", b"_")
    key = _key(before)
    if key is not None:
        name = key[1] or (b"" if key[2] in _DRESS else key[2])
        if name and numbers_a_paper(value, name):
            return True
        if article(value) and not may_name_a_card(name) and not calls_a_card(before[-60:]):
            return True
        if calls_a_card(before[: key.start()]):
            return False
        if may_name_a_card(name):
            return False
        if _OTHER_NAME.search(name) is not None:
            return True
        if key[2] and value.isdigit() and len(value) in _RARE_SIZES and names_something(name):
            return True
        after = text[start + len(value) : start + len(value) + _BESIDE].split(b"\n", 1)[0]
        # What names several cells of a row tells nothing: they are held against those in their place.
        return before.count(key[0]) == 1 and key[0] not in after and _mostly_others(key[0], value, text, start)
    if may_name_a_card(column):
        return False
    return _OTHER_NAME.search(column) is not None or (article(value) and not calls_a_card(before[-60:]))


def _names_a_thing(value: bytes, before: bytes, column: bytes) -> bool:
    if customers_card(value, column) or customers_card(value, before):
        return False
    if numbers_a_thing(column) or numbers_a_thing(before):
        return True
    if _BARE.search(before) is not None:
        return False
    return not calls_a_card(before[-60:]) and any(
        labelled_otherwise(before, len(before), told) for told in {column, b""}
    )


def _mostly_others(lead: bytes, value: bytes, text: bytes, start: int) -> bool:
    """Return whether most of the numbers of the same length behind the same words are no cards."""
    return _others_mostly(lead, len(value), text, start // _AROUND)


@lru_cache(4)
def _others_mostly(lead: bytes, length: int, text: bytes, part: int) -> bool:
    """Tell it for a part of the text and what is as long on either side: asked for each number of a file of them."""
    around = text[max(0, part - 1) * _AROUND : (part + 2) * _AROUND]
    same = re.findall(re.escape(lead) + rb"([0-9]{%d})(?![0-9])" % length, around)
    return len(same) >= _SAME and sum(map(card, same)) * 2 < len(same)


def one_of_others(value: bytes, text: bytes, start: int, before: bytes, after: bytes) -> bool:
    """Return whether most of the numbers of the same form around are no cards, or the row of groups is longer.

    The first are columns of other numbers, the second tables of characters' codes. What is called a card is held
    against what is called so too. `before` and `after` are what stands beside it on its line.
    """
    if b" " in value and _ONLY_NUMBERS.fullmatch(beside := before + after) and len(beside.split()) >= _CELLS:
        return True
    if b" " in value and _FIFTH.match(after[:14]) and not called_a_card(before):
        alike = set(_beginning_alike(value, text, start, before))
        return len(alike) < _COUNTING or not all(map(card, alike))
    if not value.isdigit() and (_FOURS_BEHIND.match(after[:14]) or _FOURS_BEFORE.search(before[-14:])):
        return True
    if b" " in value and _GROUP_BEFORE.search(before[-8:]) and _GROUP_BEHIND.match(after[:8]):
        return True
    if _in_a_row(text, start, start + len(value)):
        return True
    if called_a_card(before):
        return value.isdigit() and _mostly_others(before[-12:], value, text, start)
    key = _key(before) if value.isdigit() else None
    if key is not None and (may_name_a_card(key[1] or key[2]) or _tells_of_cards(text, start, start + len(value))):
        return _mostly_others(key[0], value, text, start)
    same = _in_its_place(value, text, start) or _beginning_alike(value, text, start, before)
    if value.isdigit() and len({number for number in same if number.startswith(value[:_ISSUED])}) >= _COUNTING:
        return True
    few = _FEW if _LETTER.search(before) or not value.isdigit() else _COUNTING
    return len(same) >= few and sum(map(card, same)) * (2 if len(same) < _MANY else 3) < len(same)


def _in_a_row(text: bytes, start: int, end: int) -> bool:
    """Return whether numbers stand on both sides, or many on one, parted by blanks, and none of them is a card."""
    before, behind = _ROW_BEFORE.search(text, max(0, start - _BESIDE), start), _ROW_BEHIND.match(text, end)
    numbers = [number for side in (before, behind) if side is not None for number in side[0].split()]
    least = _FEW if before is None or behind is None else _COUNTING
    return len(numbers) >= least and not any(map(card, numbers))


def _tells_of_cards(text: bytes, start: int, end: int) -> bool:
    """Return whether a word for cards names one of the values beside a number, such as the brand."""
    around = text[max(0, start - _BESIDE) : start], text[end : end + _BESIDE]
    return any(calls_a_card(name) for beside in around for name in _NAMED.findall(beside))


def all_alike(value: bytes, text: bytes, start: int) -> bool:
    """Return whether several different numbers of the same form around are cards one and all: that is no chance."""
    same = set(_in_its_place(value, text, start))
    return len(same) >= _COUNTING and all(map(card, same))


def _in_its_place(value: bytes, text: bytes, start: int) -> list[bytes]:
    """Return the numbers of the same form around: of a line with many these, else those of its place in their lines.

    So a column of orders says nothing of the cards beside it.
    """
    form = _alike(value)
    low = max(0, start - _NEIGHBOURS)
    around = text[low : start + len(value) + _NEIGHBOURS]
    every = form.findall(around)
    if all(map(card, every)):
        return every
    lines = _LINE.split(around)
    left = start - low
    for own in lines:
        if left <= len(own):
            break
        left -= len(own) + 1
    mine = form.findall(own)
    if len(mine) >= _FEW:
        return mine
    at = len(form.findall(own[:left]))
    return [row[at] for row in map(form.findall, lines) if len(row) > at]


def _beginning_alike(value: bytes, text: bytes, start: int, before: bytes) -> list[bytes]:
    """Return the numbers of the lines around that begin in digits of the same form, whatever numbers follow."""
    if value.isdigit() or _LETTER.search(before) is not None:
        return []
    alike = re.escape(re.sub(rb"[0-9]", b"0", before + value)).replace(b"0", b"[0-9]")
    around = text[max(0, start - _NEIGHBOURS) : start + len(value) + _NEIGHBOURS]
    return [line[-len(value) :] for line in re.findall(rb"(?m)^" + alike, around)]


_LETTER = expression(rb"[A-Za-z\x80-\xff]")


@lru_cache(64)
def _shaped(shape: bytes) -> re.Pattern[bytes]:
    joint = re.escape(shape.strip(b"0").split(b"0", 1)[0])
    whole = re.escape(shape).replace(b"0", b"[0-9]")
    # What goes on in the same way is a longer number, such as an IBAN.
    return re.compile(
        rb"(?<![0-9A-Za-z])(?<![0-9]" + joint + rb")" + whole + rb"(?![A-Za-z])(?!(?:" + joint + rb")?[0-9])"
    )


def _alike(value: bytes) -> re.Pattern[bytes]:
    """Return the expression of what has digits and joints where a value has them."""
    return _shaped(re.sub(rb"[0-9]", b"0", value))
