"""The name that a number has of its own: of a key, a tag or a column, or the word in front."""

from __future__ import annotations

import re
from functools import lru_cache

from casb_cli.scan.detect.columns import Table
from casb_cli.scan.detect.validators import named_card

_NUMBER_OF = re.compile(
    rb"(?<![a-z])(?:tracking|invoice|order|serial|imei|isbn|ean|upc|gtin|uuid|guid|timestamp|session|request|trace|span|batch"
    rb"|transaction|build|version|phone|tel|fax|mobile|row|offset|epoch|millis|nanos|ticket|part|sku|asset)"
    rb"[ _-]?(?:id|no|nr|num|number|time)?s?\W{0,6}$|(?<![a-z0-9_ -])id\W{1,6}$"
    rb"|(?:rng|seed|random(?:_?state)?)\(\W{0,3}$",
    re.IGNORECASE,
)
"""A word right in front."""
_PAPERS = (
    # Invoices, orders, parcels and customers' numbers, as papers call them: German, Dutch, Scandinavian, Finnish;
    "rechnungs?|auftrags?|bestell(?:ung|ungs)?|sendungs?|lieferschein|lieferungs?|belegs?|vorgangs?|kunden(?=n)"
    "|factuur|bestelling|bestel|zending|klant(?=n)|faktura|ordre|ordernr|försändelse|forsendelse|kund(?=n)|kunde(?=n)"
    "|laskun?|tilaus|tilauksen|lähetys|lähetyksen|asiakas(?=n)"
    # Romance languages and Turkish;
    "|facture|commande|colis|suivi|factura|pedido|envío|rastreo|fatura|encomenda|rastreio|fattura|ordine|spedizione"
    "|factur[aă]|comand[aă]|sipariş|siparis|takip|kargo|gönderi"
    # Slavic languages, Hungarian, Greek;
    "|faktur[ayęę]|zamówieni[ea]|przesyłki|objednávk[ay]|zásilk[ay]|narudžb[ae]|pošiljk[ae]|rendelés|számla"
    "|сч[её]т|заказа?|накладн(?:ая|ой)|отправления|рахунок|замовлення|накладна|відправлення|фактура|поръчка|товарителница"
    "|τιμολόγιο|τιμολογίου|παραγγελία|παραγγελίας|αποστολής"
    # East and south-east Asia, Arabic, Hebrew.
    "|請求書|注文|お客様|追跡|伝票|受付|发票|订单|客户|运单|快递单|發票|訂單|청구서|주문|고객|송장|운송장|ใบแจ้งหนี้|คำสั่งซื้อ"
    "|hóa đơn|đơn hàng|vận đơn|faktur|pesanan|resi|فاتورة|الفاتورة|الطلب|طلب|العميل|الشحنة|חשבונית|הזמנה|משלוח"
)
_PAPER_NUMBER = (
    "(?:n[or]?|num|nummer|number|n[uú]mero|numéro|nú?m|číslo|č|numer|număr|broj|br|szám|száma|no:?lu|numarası|nro|numero"
    "|номер|ном|αριθμός|αρ|编号|編號|号|號|番号|번호|เลขที่|số|مספר|رقم)"
)
_PAPER_OF = re.compile(
    rf"(?<![^\W\d_])(?:{_PAPER_NUMBER}[.:ºo°]?\s?)?(?<![a-zà-ÿ])(?:{_PAPERS})[\s\-]?{_PAPER_NUMBER}?[\s.:#°º№\-]{{0,6}}$",
    re.IGNORECASE,
)
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
_CALLED = re.compile(
    r"(?:cards?|visa|mastercard|amex|maestro|(?<![a-z])pan|(?<![a-z])cc|kart\w{0,2}|cartes?|tarjetas?|cart[aã]o?|kaart|kort"
    r"|карт\w{0,3}|κάρτας?|カード|卡|카드|بطاق\w{0,3}|כרטיס|บัตร|thẻ)"
    r"(?:[\s_\-]?(?:id|ref|no|nr|num|nummer|numm?er[oau]?|number|n[uú]mero|番号|号|번호|#))?[^\w\n]{0,6}$",
    re.IGNORECASE,
)
_LONG = re.compile(rb"(?<![0-9A-Za-z])[0-9]{13,19}(?![0-9A-Za-z])")
_FOURS_BEHIND = re.compile(rb"(?: [0-9A-Fa-f]{4}){2}")
_FOURS_BEFORE = re.compile(rb"(?:[0-9A-Fa-f]{4} ){2}$")
_NEIGHBOURS = 2_000
_FEW = 5
"""Numbers side by side from which their majority tells what they are."""
_AROUND = 16_000
_SAME = 4
"""The same for numbers that have the same name."""

card = lru_cache(4096)(named_card)  # each number of a column is asked about by all of its neighbours


def called_card(before: bytes) -> bool:
    """Return whether a word for cards stands right in front."""
    return _CALLED.search(before[-60:].decode("utf-8", "ignore")) is not None


def named_otherwise(value: bytes, text: bytes, start: int, before: bytes, table: Table | None) -> bool:
    """Return whether the word in front of a number, or its name, tells another kind, or most of that name are no cards.

    `before` is what stands in front of it on its line.
    """
    if _NUMBER_OF.search(before[-40:]) is not None and _CARD_ID.search(before) is None:
        return True
    if _PAPER_OF.search(before[-80:].decode("utf-8", "ignore")) is not None:
        return True
    key = _KEY.search(before) if before.rstrip(_OPENING)[-1:] in _NAMING else None
    if key is not None:
        name = key[1] or key[2]
        if _CARD_BEFORE.search(before[: key.start()]) is not None:
            return False
        return _CARD_NAME.search(name) is None and (
            _OTHER_NAME.search(name) is not None or _mostly_others(key[0], value, text, start)
        )
    name = table.name_at(text, start).strip(b" \"'\r").replace(b" ", b"_") if table is not None else b""
    return bool(name) and _CARD_NAME.search(name) is None and _OTHER_NAME.search(name) is not None


def _mostly_others(lead: bytes, value: bytes, text: bytes, start: int) -> bool:
    """Return whether most of the numbers of the same length behind the same words are no cards."""
    around = text[max(0, start - _AROUND) : start + _AROUND]
    same = re.findall(re.escape(lead) + rb"([0-9]{%d})(?![0-9])" % len(value), around)
    return len(same) >= _SAME and sum(map(card, same)) * 2 < len(same)


def one_of_others(value: bytes, text: bytes, start: int, before: bytes, after: bytes) -> bool:
    """Return whether a number stands among such of the same form of which most are no cards, or in a longer row of groups.

    The first is a column of other numbers, the second a table of characters' codes. What is called a card is held
    against what is called so too. `before` and `after` are what stands beside it on its line.
    """
    if not value.isdigit() and (_FOURS_BEHIND.match(after[:10]) or _FOURS_BEFORE.search(before[-10:])):
        return True
    if called_card(before):
        return value.isdigit() and _mostly_others(before[-12:], value, text, start)
    around = text[max(0, start - _NEIGHBOURS) : start + len(value) + _NEIGHBOURS]
    if value.isdigit():
        same = [number for number in _LONG.findall(around) if len(number) == len(value)]
    else:
        same = _alike(value).findall(around)
    return len(same) >= _FEW and sum(map(card, same)) * 2 < len(same)


@lru_cache(64)
def _shaped(shape: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![0-9A-Za-z])" + re.escape(shape).replace(b"0", b"[0-9]") + rb"(?![0-9A-Za-z])")


def _alike(value: bytes) -> re.Pattern[bytes]:
    """Return the expression of what has digits and joints where a value has them."""
    return _shaped(re.sub(rb"[0-9]", b"0", value))
