"""Labels that say whose number follows: `Mitgliedsnummer`, `N° de contrat`, `policyNo`."""

from __future__ import annotations

from functools import lru_cache

from casb_cli.scan.detect.expressions import expression

_APART = expression(r"[\t\n,;|?&<>{}()\[\]\"“”«»、，。；]|  |(?:(?<=[^\W\d_]{4})|(?<=[0-9]{4}))[.!] ")
_JOINTS = " \t\r\n:：.=\"'([{>\\-"
"""What parts a label from what stands in front of it; a short word's point is one of an abbreviation."""
_WORD = expression(r"[A-Z]?(?:[^\W\d_A-Z]|[\u0900-\u0963\u0981-\u0dff])+|[A-Z]+(?![^\W\d_A-Z])|[№#]")
"""A word, also where several are joined in one name (`policyNo`); signs of vowels of India's scripts are no letters to
`re`."""
_VALUE = expression(r"(?<![^\W\d_])[0-9]+$")
"""A value of another label."""
_WORDS = 4
"""As many as a label has, without those that only join others."""
_NUMBER_WORDS = (
    "number numbers no nr num nro nummer numer numeru numero número numéro nº n № # č čís číslo br broj номер"
    " ном número numărul număr numarası numara szám száma kód kódja kod kodu kode code codes código codice cod"
    " codi код κωδικός αριθμός αρ số mã nomor מספר מס קוד رقم رمز id ids identifier identifiant identificador"
    " identificativo identyfikator šifra шифра tag ref réf 番号 号 号码 號 號碼 编号 編號 번호 コード 코드"
    " नंबर नम्बर संख्या क्रमांक"
)
NUMBER = frozenset(_NUMBER_WORDS.split())
"""Words that only say that a number follows."""
_LEADING = NUMBER - {"number", "numbers", "no", "#"}
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
    " so if be do please here there instead again also just now bitte hier voici ecco aquí aqui"
)
_NOTHING = frozenset(_NOTHING_WORDS.split())
"""Words beside the one for a number that don't say whose it is."""
_LINK_WORDS = (
    "de do da del della di du des d of na za par per van von la el le"
    " is was ist lautet est es è era är jest to je é είναι luidt on"
)
_LINKS = frozenset(_LINK_WORDS.split())
_CARD = expression(
    r"card|^(?:pan|cc\w?|kk|cb|mc|ec|vi|ax|mir|troy|jcb)(?:num|no|nr|number)?$|credit|cr[eé]dito?|kredi|debit(?!eur|or)|visa|master"
    r"|amex|americ|express|discover|diners|maestro|unionpay|kart|kort|carte|tarjeta|targeta|cart[aã]|cartões|cartoes|kaart|kárty"
    r"|карт|кредит|κάρτ|カード|クレカ|卡|카드|بطاق|כרטיס|אשראי|บัตร|thẻ|کارت|कार्ड"
)
_PAYS = expression(
    r"pay|paid|zahl|bezahl|paiement|pago|pagam|betal|plat(?:b|eb|n|i[tl]|ob|ež)|płat|ödeme|оплат|fund|instrument"
    r"|account|acct|kont(?!r|akt)|compte|cuenta|^cont[oau]?$|conturi|reken|rachun|účet|účtu|számla|счёт|счет|рахун|hesap|tili(?![stz])|λογαρ|口座|账|帳|계좌|حساب|חשבון|rekening|tài"
)
"""Words for payments and accounts, whose numbers cards' may be; what refers to them or identifies them is none."""


def numbers_a_thing(label: bytes) -> bool:
    """Return whether a label, a key or a column's name has a word for a number and one for what isn't a card."""
    return _numbers_a_thing(_last(label))


@lru_cache(1024)
def _numbers_a_thing(told: str) -> bool:
    words = _words(told)
    if not words or _VALUE.search(told) is not None:
        return False
    words = [word for word in words if word not in _LINKS or word in NUMBER]
    if not words or any(map(_CARD.search, words[-_WORDS:])):
        return False
    last = words[-1]
    named = [word for word in words[-_WORDS:] if len(word) > 1]
    if _REFERS.fullmatch(last):
        return len(named) > 1 or last not in ("id", "ids", "ref", "refs")
    if last in NUMBER:
        return len(words) > 1 and _tells(words[-2])
    compound = _COMPOUND.fullmatch(last)
    if compound is not None and not last.endswith(_NO_CODES):
        return _tells(compound[1])
    return words[0] in _LEADING and 1 < len(words) <= _WORDS and _tells(last)


_SPOKEN = expression(
    r"exp|valid|vali?d|gültig|ablauf|vencim|venc$|caduc|scad|ważn|срок|действ|platnos|giltig|gyldig|geldig|lejár|λήξη|有効|有效"
    r"|만료|صلاح|תוקף|son$|cv[cv]|charg|belast|addeb|débit|bill(?:ed|ing|s)?$|guarant|garant|abbuch|abgebucht|r[eé]gl[eé]"
    r"|règle|wallet|checkout|plastic|stolen|lost$|replac|backup|stored|saved|autopay|refund|erstatt|rembours|reembols"
    r"|purchas|declin|corporate"
)
"""What else is said of cards: how long they last, what is charged or paid back, how they are kept, lost, replaced."""
_OPEN_WORDS = (
    "abbr button caption cite font legend mark option small span strong table tbody thead answer arg args attr"
    " attribute attributes body cell column confidential content contents custom default detail details display entry"
    " example extra field fields info information insert item items key label line list message meta misc name note"
    " notes object orig original other others output param parameter parameters params payload pii plain prop private"
    " property question raw record remark remarks secret sensitive temp tmp token unknown unnamed untitled comment"
    " comments description memo response result row string sub subject text title type val values vals var variable"
    " wert werte feld angabe angaben bemerkung bemerkungen hinweis notiz notizen kommentar anmerkung daten nachricht"
    " betreff titel eintrag inhalt zeile beschreibung valeur valeurs champ remarque remarques commentaire commentaires"
    " donnée données texte objet libellé détails valor valores campo campos nota notas observación observaciones"
    " comentario comentarios dato datos dados mensaje mensagem asunto assunto texto descripción descrição observação"
    " observações valore valori dettagli osservazioni commento commenti dati messaggio oggetto testo descrizione"
    " waarde veld opmerking opmerkingen gegevens bericht onderwerp tekst omschrijving værdi verdi värde felt fält"
    " merknad bemærkning anmärkning kommentti arvo kenttä huomautus tiedot uwaga uwagi wartość pole opis dane treść"
    " hodnota poznámka poznámky údaj údaje popis érték mező megjegyzés adat adatok szöveg leírás valoare câmp"
    " observații değer alan açıklama bilgi veri metin значение поле примечание примечания комментарий данные текст"
    " описание значення примітка дані опис 値 備考 メモ 内容 项目 备注 內容 备 비고 내용 값 قيمة"
    " ملاحظات بيانات ערך הערות"
)
_OPEN = frozenset(_OPEN_WORDS.split())
"""Names that tell nothing of what they name; elements of HTML too."""
_BANK = expression(r"bank|bancair|bancari|bancár|bancar$|^banco$|банк|銀行|银行|은행|بنك")
"""Words for banks, whose accounts' numbers no cards' are."""
_SHORTEST = 4
"""Letters that a name has which tells something; shorter ones may be short for anything."""


@lru_cache(1024)
def names_something(name: bytes) -> bool:
    """Return whether a name tells what it names, and that is neither a card nor what one may stand for."""
    words = _words(_last(name))
    if len(words) > 1 and words[-1] in NUMBER and words[-2] in _NOTHING:
        return False
    words = [word for word in words if word not in _NOTHING and word not in NUMBER]
    if any(word in _OPEN or _CARD.search(word) or _SPOKEN.search(word) for word in words):
        return False
    if any(map(_PAYS.search, words)) and not any(map(_BANK.search, words)):
        return False
    return any(len(word.encode()) >= _SHORTEST for word in words)


def speaks_of_cards(text: bytes) -> bool:
    """Return whether a text has a word for cards, for payments or for what is said of cards."""
    return may_name_a_card(text) or any(map(_SPOKEN.search, _words(text.decode("utf-8", "ignore"))))


@lru_cache(256)
def may_name_a_card(name: bytes) -> bool:
    """Return whether a name has a word for cards, for payments or for accounts."""
    return any(_CARD.search(word) or _PAYS.search(word) for word in _words(name.decode("utf-8", "ignore")))


@lru_cache(256)
def names_a_card(label: bytes) -> bool:
    """Return whether a label, or a column's name, has a word for cards."""
    return any(map(_CARD.search, _words(_last(label))))


_CLOSE = 6
"""Characters that may part the word for cards, the one for a number, and the number."""


@lru_cache(4096)
def calls_a_card(label: bytes) -> bool:
    """Return whether what stands right in front of a number ends with a word for cards, or with that and a number's."""
    told = label.decode("utf-8", "ignore")
    behind = len(told)
    for word in reversed(list(_WORD.finditer(told))):
        if behind - word.end() > _CLOSE:
            return False
        if word[0].lower() not in NUMBER:
            return _CARD.search(word[0].lower()) is not None
        behind = word.start()
    return False


def _last(label: bytes) -> str:
    return _APART.split(label.decode("utf-8", "ignore").rstrip(_JOINTS))[-1]


def _words(told: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(told)]


def _tells(word: str) -> bool:
    return len(word) > 1 and word not in _NOTHING and word not in NUMBER and _PAYS.search(word) is None
