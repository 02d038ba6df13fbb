"""The name that a number has of its own: of a key, a tag or a column."""

from __future__ import annotations

import re
from functools import lru_cache

from casb_cli.scan.detect.columns import Table
from casb_cli.scan.detect.validators import payment_card

_NUMBER_OF = re.compile(
    rb"(?<![a-z])(?:tracking|invoice|order|serial|imei|isbn|ean|upc|gtin|uuid|guid|timestamp|session|request|trace|span|batch"
    rb"|transaction|build|version|phone|tel|fax|mobile|row|offset|epoch|millis|nanos|ticket|part|sku|asset)"
    rb"[ _-]?(?:id|no|nr|num|number|time)?s?\W{0,6}$|(?<![a-z0-9_ -])id\W{1,6}$"
    rb"|(?:rng|seed|random(?:_?state)?)\(\W{0,3}$",
    re.IGNORECASE,
)
"""A word right in front."""
_KEY = re.compile(
    rb"([A-Za-z_@][\w.\-]{0,60})[\"'\]\\]{0,3}\s?(?:=|:|=>)\s?[\\\"'(\[]{0,3}$"
    rb"|<([A-Za-z_][\w.:\-]{0,60})(?:\s[^<>]{0,80})?>\s{0,4}$"
)
"""The name in front: before `=` or `:`, or a tag."""
_OPENING = b" \\\"'(["
_NAMING = (b"=", b":", b">")
_OTHER_NAME = re.compile(
    rb"(?:^|[_.@\-]|(?<=[a-z0-9])(?=[A-Z]))"
    rb"(?i:ids?|uid|guid|uuid|oid|pid|tid|rid|sid|eid|gid|refs?|req|request|trace|span|order|parcel|shipment|tracking|track|awb"
    rb"|invoice|serial|imei|imsi|iccid|meid|isbn|ean|upc|gtin|sku|asin|barcode|product|lot|timestamp|time|ts|epoch|nanos|ns|us|ms"
    rb"|millis|micros|date|session|transaction|txn|tx|batch|job|task|event|evt|seq|sequence|nonce|offset|row|rowid|hash|crc"
    rb"|checksum|etag|rev|revision|version|build|commit|cursor|index|idx|position|pos|size|length|bytes|count|total|amount|price"
    rb"|lat|lng|lon|phone|tel|mobile|fax|ticket|asset|device|node|host|thread|process|correlation|corr|tweet|snowflake|seed"
    rb"|random|duration|elapsed|latency)"
    rb"(?:[_\-]?(?i:id|no|nr|num|number|time|at|str|key|code|ns|us|ms))?$"
)
_CARD_NAME = re.compile(
    rb"card|(?<![a-z])pan(?![a-z])|(?<![a-z])cc|credit|debit|visa|master|amex|maestro|kart|carte|tarjeta|cart[ao]|kaart|kort"
    rb"|payment|pay_?with|funding|instrument|account|acct",
    re.IGNORECASE,
)
_CARD_BEFORE = re.compile(rb"(?:cards?|karten?|cartes?|tarjetas?|cart[ao]|kaart|kort|kart[ay]?)\W{0,6}$", re.IGNORECASE)
_CARD_ID = re.compile(rb"card\W{1,6}(?:id|number|no|ref)\W{0,6}$", re.IGNORECASE)
_AROUND = 16_000
_SAME = 4
"""Numbers of the same name from which their majority tells what they are."""

card = lru_cache(4096)(payment_card)  # each number of a column is asked about by all of its neighbours


def named_otherwise(value: bytes, text: bytes, start: int, before: bytes, table: Table | None) -> bool:
    """Return whether the word in front of a number, or its name, tells another kind, or most of that name are no cards.

    `before` is what stands in front of it on its line.
    """
    if _NUMBER_OF.search(before[-40:]) is not None and _CARD_ID.search(before) is None:
        return True
    key = _KEY.search(before) if before.rstrip(_OPENING)[-1:] in _NAMING else None
    if key is not None:
        name = key[1] or key[2]
        if _CARD_BEFORE.search(before[: key.start()]) is not None:
            return False
        return _CARD_NAME.search(name) is None and (
            _OTHER_NAME.search(name) is not None or _one_of_same(key[0], len(value), text, start)
        )
    name = table.name_at(text, start).strip(b" \"'\r").replace(b" ", b"_") if table is not None else b""
    return bool(name) and _CARD_NAME.search(name) is None and _OTHER_NAME.search(name) is not None


def _one_of_same(name: bytes, size: int, text: bytes, start: int) -> bool:
    around = text[max(0, start - _AROUND) : start + _AROUND]
    same = re.findall(re.escape(name) + rb"([0-9]{%d})(?![0-9])" % size, around)
    return len(same) >= _SAME and sum(map(card, same)) * 2 < len(same)
