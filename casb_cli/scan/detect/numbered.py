"""Labels that say whose number follows: `Mitgliedsnummer`, `N° de contrat`, `policyNo`."""

from __future__ import annotations

from functools import lru_cache

from casb_cli.scan.detect.expressions import expression

_APART = expression(r"[\t\n,;|?&<>{}()\[\]\"“”«»、，。；]|  |(?:(?<=[^\W\d_]{4})|(?<=[0-9]{4}))[.!] ")
_JOINTS = " \t\r\n:：.=\"'([{>\\-"
"""What parts a label from what stands in front of it; a short word's point is one of an abbreviation."""
_WORD = expression(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|[№#]")
"""A word, also where several are joined in one name (`policyNo`)."""
_VALUE = expression(r"(?<![^\W\d_])[0-9]+$")
"""A value of another label."""
_WORDS = 4
"""As many as a label has, without those that only join others."""
_NUMBER_WORDS = (
    "number numbers no nr num nro nummer numer numeru numero número numéro nº n № # č čís číslo br broj номер"
    " ном número numărul număr numarası numara szám száma kód kódja kod kodu kode code codes código codice cod"
    " codi код κωδικός αριθμός αρ số mã nomor מספר מס קוד رقم رمز id identifier identifiant identificador"
    " identificativo identyfikator šifra шифра tag ref réf"
)
_NUMBER = frozenset(_NUMBER_WORDS.split())
_LEADING = _NUMBER - {"number", "numbers", "no", "#"}
"""Behind these what is numbered may stand; behind the English ones anything does."""
_REFERS = expression(r"r[eéè]f(?:[eéè]r[a-zàéêíóúăâçğ]{2,9}|s)?|ids?|.*(?:zeichen|kennung|kenmerk|tunnus)|.*viite")
_COMPOUND = expression(
    r"(.{2,}?)(?:nummern?|nr|nro|numero|number|numret|száma?|kódja?|kod|kode|codes?|koodi|azonosító(?:ja)?"
    r"|号码?|號碼?|编号|編號|番号|コード|번호|코드)"
)
_NO_CODES = ("unicode", "encode", "decode")
_NOTHING_WORDS = (
    "the my your our his her its their this that new old full whole same following correct right wrong complete"
    " long first last other another valid main with under and for not was are has have had gave given give use"
    " used using uses said says told provided quoted enter entered type typed send sent called call get got take"
    " took see check try read need primary secondary personal raw plain value data input field text example"
    " sample test masked digit digits holder mein meine meiner dein deine ihre ihr unsere unser die der das den"
    " dem eine neue neuer alte folgende ganze lautet mit unter und mon ma votre notre son le la les une des"
    " suivant nouveau nouvelle avec del della dello dell mio mia suo sua nuovo nuova con mi tu su nuestro vuestro"
    " este esta nuevo nueva siguiente el los meu minha seu sua novo nova com mijn uw het een nieuwe met min mitt"
    " din dit ditt nya nye nyt med mój moja mego mojej nowy nowa můj moje nový nová мой моя моей новый новая ваш"
    " ваша мій моя το μου της του за по на από in on at to by of is as or an am im zu um en ni si se we he it me"
    " so if be do"
)
_NOTHING = frozenset(_NOTHING_WORDS.split())
"""Words beside the one for a number that don't say whose it is."""
_LINK_WORDS = (
    "de do da del della di du des d of na za par per van von la el le"
    " is was ist lautet est es è era är jest to je é είναι luidt on"
)
_LINKS = frozenset(_LINK_WORDS.split())
_CARD = expression(
    r"card|^(?:pan|cc\w?|kk|cb|mc|ec|vi|ax|mir|troy|jcb)$|cc(?:num|no|nr)|credit|cr[eé]dito?|kredi|debit(?!eur|or)|visa|master"
    r"|amex|americ|express|discover|diners|maestro|unionpay|kart|kort|carte|tarjeta|targeta|cart[aã]|cartões|cartoes|kaart|kárty"
    r"|карт|кредит|κάρτ|カード|クレカ|卡|카드|بطاق|כרטיס|אשראי|บัตร|thẻ|کارت|कार्ड"
)
_PAYS = expression(
    r"pay|zahl|bezahl|paiement|pago|pagam|betal|plat|płat|ödeme|оплат|fund|instrument"
    r"|account|acct|kont(?!r|akt)|compte|cuenta|^cont[oau]?$|conturi|reken|rachun|účet|účtu|számla|счёт|счет|рахун|hesap|tili|λογαρ|口座|账|帳|계좌|حساب|חשבון|rekening|tài"
)
"""Words for payments and accounts, whose numbers cards' may be; what refers to them or identifies them is none."""


@lru_cache(1024)
def numbers_a_thing(label: bytes) -> bool:
    """Return whether a label, a key or a column's name has a word for a number and one for what isn't a card."""
    told = _last(label)
    words = _words(told)
    if not words or _VALUE.search(told) is not None:
        return False
    words = [word for word in words if word not in _LINKS or word in _NUMBER]
    if not words or any(map(_CARD.search, words[-_WORDS:])):
        return False
    last = words[-1]
    named = [word for word in words[-_WORDS:] if len(word) > 1]
    if _REFERS.fullmatch(last):
        return len(named) > 1 or last not in ("id", "ids", "ref", "refs")
    if last in _NUMBER:
        return len(words) > 1 and _tells(words[-2])
    compound = _COMPOUND.fullmatch(last)
    if compound is not None and not last.endswith(_NO_CODES):
        return _tells(compound[1])
    return words[0] in _LEADING and 1 < len(words) <= _WORDS and _tells(last)


@lru_cache(256)
def names_a_card(label: bytes) -> bool:
    """Return whether a label, or a column's name, has a word for cards."""
    return any(map(_CARD.search, _words(_last(label))))


def _last(label: bytes) -> str:
    return _APART.split(label.decode("utf-8", "ignore").rstrip(_JOINTS))[-1]


def _words(told: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(told)]


def _tells(word: str) -> bool:
    return len(word) > 1 and word not in _NOTHING and word not in _NUMBER and _PAYS.search(word) is None
