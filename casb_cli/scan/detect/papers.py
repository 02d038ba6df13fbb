"""Words of many languages behind which the number of an invoice, an order, a parcel or a booking stands."""

from __future__ import annotations

import re
from functools import lru_cache

from casb_cli.scan.detect.expressions import expression

_PAPER_NUMBER = (
    "(?:n(?:[or]|\\.?[º°]\\.?)?|num|nummer|number|n[uú]mero|numéro|nú?m|číslo|č|št|numer|număr|broj|br|szám|száma|no:?lu|numarası|nro|numero"
    "|номер|ном|αριθμός|αρ|编号|編號|号|號|番号|번호|เลขที่|số|مספר|رقم)"
)
_CUSTOMER = (
    "(?:client[aei]?|clients|klient[aiu]?|kliendi|kliento|zákazníka|kupca|stranke|ügyfél|müşteri|viðskipta"
    "|πελάτη|клиента?|клієнта?|купца|مشتری|לקוח|ลูกค้า|khách hàng|pelanggan)"
)
_CUSTOMERS_NUMBER = (
    rf"(?:{_PAPER_NUMBER}|cod(?:ice|igo|ul)?|código|kod|код|κωδ|รหัส|mã)[.:ºo°]{{0,2}}[\s_]?(?:(?:de|do|del|du|di)[\s_])?{_CUSTOMER}"
    rf"|{_CUSTOMER}(?=[ _\-]?(?:{_PAPER_NUMBER}|kod|код|№))"
)
"""A customer's number: with a word for a number, as the number of a paper may be a customer's too."""
_PAPERS = (
    # Invoices, orders, parcels and customers' numbers, as papers call them: German, Dutch, Scandinavian, Finnish;
    "rechnungs?|auftrags?|bestell(?:ung|ungs)?|sendungs?|lieferschein|lieferungs?|belegs?|vorgangs?|kunden(?=[ _-]?n)"
    "|factuur|bestelling|bestel|zending|klant(?=[ _-]?n)|faktura|ordre|ordernr|försändelse|forsendelse"
    "|kunde?(?=[ _-]?n)"
    "|laskun?|tilaus|tilauksen|lähetys|lähetyksen|asiakas(?=[ _-]?n)"
    # Romance languages and Turkish;
    "|facture|commande|colis|suivi|factura|pedido|envío|rastreo|fatura|encomenda|rastreio|fattura|ordine|spedizione"
    "|factur[aă]|comand[aă]|sipariş|siparis|takip|kargo|gönderi"
    # Slavic languages, Hungarian, Greek;
    "|faktur[ayęę]|faktúr[ay]|zamówieni[ea]|przesyłki|objednávk[ay]|zásilk[ay]|narudžb[ae]|pošiljk[ae]|rendelés|számla"
    "|сч[её]т|заказа?|накладн(?:ая|ой)|отправления|рахунок|замовлення|накладна|відправлення|фактура|поръчка|товарителница"
    "|τιμολόγιο|τιμολογίου|παραγγελία|παραγγελίας|αποστολής"
    # bookings;
    "|(?:reservierungs?|buchungs?|réservation|reserva|reservación|prenotazione|reservering|boeking|bokning|varaus|rezerwacj[ai]"
    "|rezervace|rezervasyon|rezervare|rezervacij[ae]|foglalás|foglalási|κράτηση|κράτησης|бронирован\\w+|бронюван\\w+|резервация|booking|reservation"
    "|予約|ご予約|预订|예약|حجز|الحجز|การจอง)"
    # East and south-east Asia, Arabic, Hebrew.
    "|請求書|注文|お客様|追跡|伝票|受付|发票|订单|客户|运单|快递单|發票|訂單|청구서|주문|고객|송장|운송장|ใบแจ้งหนี้|คำสั่งซื้อ"
    "|hóa đơn|đơn hàng|vận đơn|faktur|pesanan|resi|فاتورة|الفاتورة|الطلب|طلب|العميل|الشحنة|חשבונית|הזמנה|משלוח"
    # The Baltic, the Balkans, Iceland, Persian, Malay.
    "|tellimuse|arve(?=[ _-]?n)|pasūt(?:ījuma)?|rēķina|užsakymo|naročil[ao]|porudžbin[ae]|нарачка|поруџбин[ае]"
    "|porosi[ea]?|fature|pöntunar|reiknings|سفارش|فاکتور|invois"
    f"|{_CUSTOMERS_NUMBER}"
)
_PAPER_OF = expression(
    rf"(?<![^\W\d_\u3040-\u9fff\uac00-\ud7af])(?:{_PAPER_NUMBER}[.:ºo°]?\s?)?(?<![a-zà-ÿ])(?:{_PAPERS})[\s\-_]?{_PAPER_NUMBER}?[\s.:：#°º№=\-]{{0,6}}$",
    re.IGNORECASE,
)


_CUSTOMERS = expression(f"kund|klant|asiakas|客户|客戶|お客様|고객|العميل|{_CUSTOMER}", re.IGNORECASE)
_BEHIND_DIGITS = expression(rb"\A.*[0-9]", re.DOTALL)
"""All up to the last digit: no word that is asked for has one, and a label without what is before it is known again."""
_GROUPED = expression(rb"\d{4}([ \-])\d{4}\1\d{4}\1\d{4}")
"""Four groups of four: no customer's number is written so, but a card's that the customer gave."""


def numbers_a_paper(value: bytes, before: bytes) -> bool:
    """Return whether the word right in front is for such a paper; `before` is what stands there, or a column's name."""
    found = _paper(_BEHIND_DIGITS.sub(b"", before[-80:]))
    return found is not None and not (_GROUPED.fullmatch(value) and _CUSTOMERS.search(found[0]))


@lru_cache(1024)
def _paper(before: bytes) -> re.Match[str] | None:
    return _PAPER_OF.search(before.decode("utf-8", "ignore"))


def customers_card(value: bytes, label: bytes) -> bool:
    """Return whether four groups of four stand behind a customer's number: his card, more likely."""
    return (
        _GROUPED.fullmatch(value) is not None and _CUSTOMERS.search(label[-40:].decode("utf-8", "ignore")) is not None
    )


_THINGS = (
    # What no person is known by, as keys, columns and forms name it.
    "orders?|purchase[ _-]?order|tracking|awb|parcel|shipment|shipping|consignment|waybill|delivery|invoices?|receipt"
    # `QUOTE "` is a field of a word processor.
    '|(?-i:(?!QUOTE ["\u201c]))quot(?:e|ation)'
    "|sku|asin|barcode|isbn|issn|ean|upc|gtin|product|article|artikel|part|lot|batch|ticket|incident"
    "|time ?stamp|epoch|created|updated|modified|ts|trace|(?<!<)span|session|request|req|correlation"
    "|transaction|txn|seq|sequence"
    "|hash|sha-?[0-9]{0,3}|md5|checksum|crc|etag|commit|revision|version|build|release"
    r"|(?:your|our|my|booking|order|payment|customer|client|supplier|vendor|case|file)[ _-]?ref(?:erence)?"
    r"|(?<![^\W\d_][ _-])(?<![^\W\d_])ref(?:erence)?"
    "|(?:customer|client|supplier|vendor|employee|staff)[ _-]?(?:id|no|nr|num|number)"
    r"|(?<![^\W\d_][ _-])(?:policy|contract|claim|premium|cost[ _-]?cent(?:er|re))"
    "|(?:case|item|job|docket|voucher|coupon|asset|stock|room|project|work ?order)"
    "[ _-]?(?=(?:no|nr|num|number|code|key|id)(?![a-z]))"
    "|aktenzeichen|geschäftszeichen|expediente"
)
_TAG = r"(?:\s[^<>\n]{0,60})?>"
_DRESSED = rf"</?(?-i:[a-z]{{1,8}}|[A-Z]{{1,8}}){_TAG}"
"""An element of HTML; what has both cases is a name of XML."""
_ANSWER = r"(?:a(?:nswer)?[:.] ?)?"
_LABEL = expression(
    rf"(?:(?<![^\W\d_])|(?-i:(?<=[a-z])(?=[A-Z])))(?:{_THINGS}|{_PAPERS})"
    rf"(?:[ _\-]?(?:{_PAPER_NUMBER}|id|date|at|code|key))?"
    rf"(?:\.?(?:{_TAG})?(?: is| was| ist| est| es| é| è)?(?:{_DRESSED}|[^\w\n,;<>]){{0,24}}"
    rf"|[ \t]{{0,9}}[:.?]{{0,2}}[ \t]{{0,9}}\r?\n[ \t]{{0,20}}{_ANSWER})$",
    re.IGNORECASE,
)
"""A label in front of its number, or on the line above."""
_BEGINS = expression(r"(?<![^\W\d_])[^\W\d_]|(?<=[a-z])[A-Z]")
"""Where a label may begin; to try it at each letter would take long."""
_UNNAMED = expression(rb"[\"'](?:value|number|id|no|nr|identifier)[\"']\s?:\s?[\"']?\Z", re.IGNORECASE)
_KIND = expression(
    r"[\"'](?:type|kind|label|name|category)[\"']\s?:\s?[\"']"
    rf"(?:{_THINGS}|{_PAPERS}|customer|client|account|supplier|vendor|policy)"
    rf"(?:[ _\-]?(?:{_PAPER_NUMBER}|id))?[\"']\s?,\s{{0,24}}"
    r"[\"'](?:value|number|id|no|nr|identifier)[\"']\s?:\s?[\"']?$",
    re.IGNORECASE,
)
"""A pair of JSON that tells the kind, in front of the one that holds the number."""
_ALONE = expression(rf"(?:^|\n)[^\n]{{0,24}}\n[ \t]*{_ANSWER}$", re.IGNORECASE)
_ANSWERED = expression(rb"[ \t]{0,20}" + _ANSWER.encode(), re.IGNORECASE)
_PARTED = expression(rb"[,;][ \"']{0,2}\Z")
"""What parts the cell of a label from that of its number."""


def labelled_otherwise(text: bytes, start: int, column: bytes, *, cell: bool = False) -> bool:
    """Return whether the label of a number, or of its column, names a thing that no person is known by.

    With `cell` the label may be the cell in front.
    """
    if column:
        return _labels(column.strip(b" \"'\r"))
    before = text[max(0, start - 64) : start]
    if cell and (parted := _PARTED.search(before)):
        before = before[: parted.start()]
    if _labels(_without_values(before)):
        return True
    return _UNNAMED.search(before[-20:]) is not None and _KIND.search(before.decode("utf-8", "ignore")) is not None


def _without_values(before: bytes) -> bytes:
    """Return what of the text in front of a number its label may be in: without others' values it is known again.

    No label goes on behind what parts values, nor from one line to the next but right in front of an answer.
    """
    part = before[max(before.rfind(b","), before.rfind(b";"), 0) :]
    own = part.rpartition(b"\n")[2]
    if b"\n" in part and (b"<" in part or b">" in part or _ANSWERED.fullmatch(own)):
        return before
    return _BEHIND_MARKED.sub(b"", before) if b"<" in part else _BEHIND_VALUE.sub(b"", own)


_BEHIND_VALUE = expression(rb"\A.*(?:[0-9]{4}|@(?=\w))", re.DOTALL)
"""All up to a value that no label has in it."""
_BEHIND_MARKED = expression(rb"\A.*(?:[0-9]{4}|[\-./][0-9]{2})(?=<)", re.DOTALL)
"""The same where the value is what a tag ends."""


@lru_cache(1024)
def _labels(before: bytes) -> bool:
    told = before.decode("utf-8", "ignore")
    tried = (_LABEL.match(told, begin.start()) for begin in _BEGINS.finditer(told))
    found = next(filter(None, tried), None)
    return found is not None and ("\n" not in found[0] or _ALONE.search(told) is not None)


_RECEIPT = expression(
    rb"(?<![A-Za-z])(?:rrn|arn|(?-i:REF)|mid|tid|stan|auth(?:orization)?|approval|terminal|merchant|receipt|bon)"
    rb"[ _-]?(?:id|no|nr|num|number|code)?\.?\W{0,6}$",
    re.IGNORECASE,
)
"""What a receipt tells beside the card's number. The word for a reference in capitals only: elsewhere than on receipts
anything may stand behind it."""


def on_a_receipt(value: bytes, before: bytes) -> bool:
    """Return whether digits without groups stand behind the name of another number that receipts tell."""
    return value.isdigit() and _RECEIPT.search(before[-24:]) is not None
