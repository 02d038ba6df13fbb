"""IBANs: their form by country, and the ways in which people and programs write them."""

from __future__ import annotations

from casb_cli.scan.detect.catalogue._cards import APART, ENCODED, JOINT, SPACE
from casb_cli.scan.detect.examples import digits, grouped, iban
from casb_cli.scan.detect.rules import Rule

_IBAN_SIZES = {
    15: "NO",
    16: "BE",
    18: "DK|FI|FK|FO|GL|NL|SD",
    19: "MK|SI",
    20: "AT|BA|EE|KZ|LT|LU|MN|XK",
    21: "CH|HR|LI|LV",
    22: "BG|BH|CR|DE|GB|GE|IE|ME|RS|VA",
    23: "AE|GI|IL|IQ|OM|SO|TL",
    24: "AD|CZ|ES|MD|PK|RO|SA|SE|SK|TN|VG",
    25: "AO|CV|GW|LY|MZ|PT|ST",
    26: "DZ|IR|IS|TR",
    27: "BI|CF|CG|CM|DJ|FR|GA|GQ|GR|IT|KM|MC|MG|MR|SM|TD",
    28: "AL|AZ|BF|BJ|BY|CI|CY|DO|GT|HN|HU|LB|MA|ML|NE|NI|PL|SN|SV|TG",
    29: "BR|EG|PS|QA|UA",
    30: "JO|KW|MU|YE",
    31: "MT|SC",
    32: "LC",
    33: "RU",
}
"""Characters of an IBAN by country: SWIFT's registry, and countries outside of it whose banks use the form."""


def _iban_form(space: str, joint: str, pair: str = "") -> str:
    """Return the expression of an IBAN, with what may stand behind its country, and between characters and digits."""
    forms = (
        rf"(?:{countries}){space}[0-9]{pair}[0-9](?:{joint}[A-Z0-9]){{{size - 4}}}"
        for size, countries in _IBAN_SIZES.items()
    )
    return rf"(?P<v>{'|'.join(forms)})(?:(?![0-9A-Za-z])|(?=(?:BIC|SWIFT)[ :]))"


def _country() -> str:
    """Return the expression of a country's two letters: by the first of them, which `re` tells apart at once."""
    seconds: dict[str, str] = {}
    for country in "|".join(_IBAN_SIZES.values()).split("|"):
        seconds[country[0]] = seconds.get(country[0], "") + country[1]
    return "|".join(f"[{one}{one.lower()}][{more}{more.lower()}]" for one, more in sorted(seconds.items()))


_WRAPPED = rf"(?:{JOINT}|(?<= [A-Z0-9]{{4}}) ?\r?\n)?"
"""What may part two characters: a line's end too, behind a group of four that a blank parts from the one before."""
_IBAN = Rule(
    hint=r"\b[A-Z]{2}[0-9]{2}(?:" + JOINT + r"?[A-Z0-9]){11}",
    pattern=r"(?-i:(?=[A-Za-z]{2}[0-9]{2})(?<![0-9A-Za-z])(?=" + _country() + "))" + _iban_form("", _WRAPPED),
    caseless=True,
    before=64,
    after=96,
    tight=15,
)

_IBAN_NAMES = (
    "iban|bank account|account number|account no|acct|bank details|bankverbindung|konto|konta|kontonr"
    "|kontonummer|kontoinhaber|beneficiary|sort code|banque|banka|bankkonto|compte|rib|cuenta|conto"
    "|conta|rekening|rekeningnummer|rachunek|rachunku|tili|tilinumero|účet|účtu|hesap|számla|bankszámla"
    "|счет|счёт|сметка|рахунок|حساب|חשבון|bic|swift|račun|口座|账户|帐号|계좌|บัญชี|my account|our account|acc no"
    "|empfängerkonto|kontoverbindung|girokonto|spendenkonto|kontot|kontoen|coordonnées bancaires|nib"
    "|coordinate bancarie|bankrekening|rekeningnr|pankkitili|tilille|tilin|trr|bankszámlaszám|számlaszám"
    "|számlára|cont bancar|contul|contului|koncie|účtem|računa|hesabı|hesaba|hesabıma|tài khoản|akaun"
    "|arvelduskonto|konts|sąskaita|sąskaitos|llogari|llogaria|reikningur|bankareikningur|kont bankarju"
    "|payee|empfänger|bénéficiaire|beneficiario|begunstigde|рачун|λογαριασμ|账号|帳戶|帳號|شبا|खाता|ანგარიშ"
    "|հաշիվ|bankovní spojení|bankové spojenie|dados bancários|dados bancarios|datos bancarios|bankgegevens"
    "|bankuppgifter|bankoplysninger|bankopplysninger|реквизит|振込先|振込口座"
)
_IBAN_WORDS = tuple(_IBAN_NAMES.split("|"))
# Behind the word itself, or behind the mark of a field in an account's statement (MT940).
_GLUED_IBAN = Rule(
    hint=r"(?:IBAN|\?3[18])[A-Z]{2}[0-9]{2}",
    pattern=rf"(?:IBAN|\?3[18]){_iban_form('', f'{JOINT}?')}",
    caseless=True,
    before=16,
    after=96,
)
# Beside a word for accounts it may be broken by a line's end or parted in any way.
_NAMED_IBAN = Rule(
    hint=rf"[A-Z]{{2}}[ \-]?[0-9] ?[0-9](?:{SPACE}{{0,9}}[A-Z0-9]){{3}}",
    pattern=rf"(?:(?<![0-9A-Za-z])|{ENCODED})" + _iban_form(r"[ \-]?", f"{SPACE}{{0,9}}", " ?"),
    caseless=True,
    before=40,
    after=200,
    digit=True,
    words=_IBAN_WORDS,
)

# Set apart behind the country and the check digits: in capitals nothing else is written so. The hint is of one width
# and short: one more with joints that may lack, and the one pass takes half as long again.
_PARTED_IBAN = Rule(
    hint=r"\b[A-Z]{2} [0-9]{2} [A-Z0-9]{4}",
    pattern=r"(?<![0-9A-Za-z])" + _iban_form(" ", " ?"),
    before=24,
    after=64,
)

# As in the boxes of a form: each character for itself.
_BOXED_IBAN = Rule(
    hint=rf"[A-Z](?:{APART})[A-Z](?:{APART}[0-9]){{2}}(?:{APART}[A-Z0-9]){{8}}",
    pattern=rf"(?<![0-9A-Za-z])(?=[A-Z]{APART}[A-Z]{APART}[0-9]{APART}[0-9])(?P<v>[A-Z](?:{APART}[A-Z0-9]){{14,32}})(?![0-9A-Za-z])",
    before=96,
    after=160,
    digit=True,
    words=_IBAN_WORDS,
)


def account_examples() -> tuple[str, ...]:
    german = iban("DE", digits(18, 2))
    return (
        f"IBAN {german}",
        f"Konto: {grouped(german)}",
        f"pay to {grouped(iban('GB', 'WEST' + digits(14, 3)))} today",
        f"{iban('FR', digits(23, 4))};Ann",
        f"acct {iban('NO', digits(11, 5))}.",
        f"iban {german.lower()}",
        f"konto {grouped(iban('GB', 'WEST' + digits(14, 3))).lower()}",
        f"IBAN{german}",
        f"IBAN: DE {german[2:4]} {german[4:]}",
        f"IBAN {grouped(german, 4, chr(10))}",
        f"pay to {grouped(german, 4, '  ')} today",
        f"pay to {grouped(german)[:19]}\n{grouped(german)[20:]} today",
    )


def other_examples() -> tuple[str, ...]:
    german = iban("DE", digits(18, 2))
    wrong = german[:-1] + str((int(german[-1]) + 1) % 10)
    broken = f"{german[:16]}\n{german[16:]}"
    return (broken, f"IBAN {wrong}", f"x{german}", f"{german}9", "ABCD1234ABCD1234ABCD", f"IBAN {german[:12]}")


IBAN_RULES = (_IBAN, _GLUED_IBAN, _PARTED_IBAN, _NAMED_IBAN, _BOXED_IBAN)
