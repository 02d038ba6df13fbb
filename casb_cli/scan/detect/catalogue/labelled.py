"""Numbers that their name alone tells: identity papers, tax numbers and bank accounts of any country."""

# ruff: noqa: E501 - tables of words

from __future__ import annotations

from casb_cli.core.models import Severity
from casb_cli.scan.detect.catalogue._numbers import shortest
from casb_cli.scan.detect.catalogue._words import FURTHER
from casb_cli.scan.detect.rules import Detector, Examples, Rule

_IDENTITY_WORDS = (
    "national id", "national id number", "national identity number", "national identity card", "national identification number",
    "national identifier", "identity card number", "identity card no", "identity card", "identity number", "identity document", "id card", "id card number", "id card no",
    "id number", "id no", "citizen id", "citizenship number", "personal identification number", "personal id number", "personal identity number", "nic no", "cnic",
    "social security number", "social insurance number", "social security no", "alien registration number",
    "personalausweis", "personalausweisnummer", "ausweisnummer", "identitätskarte", "aufenthaltstitel",
    "carte d'identité", "carte d’identité", "cni", "numéro de carte d'identité",
    "carta d'identità", "carta d’identità", "carta identità", "documento de identidad", "cédula de identidad",
    "cédula", "cedula", "número de documento", "nro de documento", "carteira de identidade",
    "identiteitskaart", "identiteitskaartnummer", "id kort", "identitetskort", "henkilökortti", "id kaart",
    "dowód osobisty", "dowodu osobistego", "občanský průkaz", "občiansky preukaz",
    "személyi igazolvány", "carte de identitate", "buletin", "лична карта", "osobna iskaznica", "osobne iskaznice",
    "lična karta", "lične karte", "osebna izkaznica", "letërnjoftim", "kimlik", "kimlik no", "kimlik numarası", "şəxsiyyət vəsiqəsi",
    "удостоверение личности", "посвідчення", "id картка", "паспорт громадянина", "жеке куәлік", "ταυτότητα", "ταυτότητας", "δελτίο ταυτότητας", "αδτ", "α.δ.τ",
    "تعريف وطنية", "البطاقة الوطنية", "بطاقة التعريف", "رقم البطاقة", "رقم الهوية", "الرقم القومي", "الرقم الوطني", "الرقم المدني", "کارت ملی", "شناسنامه", "תעודת זהות", "מספר זהות",
    "身份证", "身分證", "居留证", "居留證", "外国人登録", "在留カード", "身分証", "주민등록", "외국인등록", "신분증", "บัตรประชาชน", "เลขประจำตัว", "căn cước", "chứng minh", "định danh", "ktp", "kad pengenalan", "पहचान पत्र", "পরিচয়পত্র",
)  # fmt: skip

_PEOPLES = (
    "albanian algerian angolan argentine argentinian armenian australian austrian azerbaijani bahraini"
    " bangladeshi belarusian belgian beninese bhutanese bolivian bosnian botswanan brazilian bulgarian burmese"
    " cambodian cameroonian canadian chadian chilean chinese colombian congolese croatian cuban cypriot danish"
    " dominican ecuadorian egyptian emirati eritrean estonian ethiopian filipino finnish gabonese gambian georgian"
    " ghanaian guatemalan guinean haitian honduran hungarian icelandic indian indonesian iranian irish israeli"
    " italian ivorian jamaican japanese jordanian kazakh kenyan korean kosovar kuwaiti latvian lebanese liberian"
    " lithuanian macedonian malagasy malawian malaysian maldivian maltese mauritian mexican moldovan mongolian"
    " montenegrin moroccan mozambican namibian nepalese nicaraguan nigerian norwegian pakistani palestinian"
    " panamanian paraguayan peruvian philippine polish portuguese qatari romanian russian rwandan salvadoran saudi"
    " senegalese serbian singaporean slovak slovenian spanish sudanese swedish swiss taiwanese tanzanian togolese"
    " tunisian turkish turkmen ugandan ukrainian uruguayan uzbek venezuelan vietnamese zambian zimbabwean"
)
"""Those whose name is sought alone anyhow, being rare in text."""
_TAX_WORDS = (
    "tax id", "tax identification number", "tax identification", "tax identification code", "taxpayer id", "taxpayer identification",
    "tax reference number", "tax file number", "tax registration number", "tax number", "tax no", "fiscal code", "fiscal number", "steuernummer", "steuer id", "steueridentifikationsnummer",
    "numéro fiscal", "identifiant fiscal", "matricule fiscal", "número fiscal", "número de contribuinte", "número de identificación fiscal", "identificación tributaria", "registro único de contribuyentes",
    "codice fiscale", "btw nummer", "numer identyfikacji podatkowej", "daňové číslo", "daňové identifikační číslo", "adószám", "cod fiscal",
    "данъчен номер", "налоговый номер", "податковий номер", "vergi numarası", "vergi no", "αριθμός φορολογικού μητρώου", "الرقم الضريبي", "رقم ضريبي", "税号", "稅號", "納税者番号", "npwp", "mã số thuế", "ภาษี",
)  # fmt: skip

_ACCOUNT_WORDS = (
    "bank account", "bank account number", "bank account no", "a/c no", "a/c number", "account number", "account no", "acct number", "acct no",
    "sort code", "bsb", "nuban", "ifsc", "bankleitzahl", "konto", "kontonr", "kontonummer", "bankverbindung", "numéro de compte", "compte bancaire",
    "número de cuenta", "cuenta bancaria", "cuenta corriente", "conto corrente", "numero di conto", "c/c n", "c/c nr", "c/c no", "c/c:", "c/c bancario", "c/c postale", "conto c/c", "numero c/c", "nr c/c", "conta bancária", "conta corrente", "número da conta", "rekeningnummer", "bankrekening",
    "numer konta", "numer rachunku", "rachunek bankowy", "nr konta", "nr rachunku", "číslo účtu", "bankovní účet", "bankszámlaszám", "bankszámla", "tilinumero", "cont bancar",
    "broj računa", "bankovni račun", "hesap no", "hesap numarası", "номер счета", "номер счёта", "р/с", "номер рахунку",
    "τραπεζικός λογαριασμός", "αριθμός λογαριασμού", "رقم الحساب", "حساب بنكي", "شماره حساب", "חשבון בנק", "מספר חשבון", "口座番号", "银行账号", "银行账户", "账号", "帳號", "계좌번호", "เลขที่บัญชี", "số tài khoản", "nomor rekening", "no rekening",
)  # fmt: skip

_EDGE, _END = r"(?<![0-9A-Za-z$.\-/+@#:])(?<!(?<!_)_)", r"(?![0-9A-Za-z@]|_(?!_))(?![.\-/:][0-9])"
_ANY = (
    r"(?:[A-Z]{1,4}[ \-]?[0-9]{5,14}(?:-?[0-9A-Z]{1,3})?|[A-Z]{1,2}[0-9]{2}[A-Z0-9]{4,8}[0-9]|[0-9]{7,20}[A-Z]{0,3}|[0-9]{6,9}[A-Z]{1,2}[0-9]{0,4}"
    r"|[0-9]{1,6}(?:[ .\-/][0-9]{2,9}){1,4}(?:[ \-/]?[0-9A-Z])?|(?:\xce[\x91-\xa9]){1,2}[ \-]?[0-9]{6}|(?:\xd0[\x90-\xaf]|\xd2\xae|\xd3\xa8){2} ?[0-9]{6,8}"
    r"|[a-z]{1,2}-?[0-9]{6,14}"  # as people type them
    r"|[B-DF-HJ-NP-TV-Z][0-9B-DF-HJ-NP-TV-Z]{8})"  # papers numbered by chance have no vowels
)
_BEGUN = (
    r"(?:(?:\b|__)(?:[A-Z]{1,4}[ \-]?[0-9]{5}|[A-Z]{1,2}[0-9]{2}[A-Z0-9]{4}|[0-9]{6}[0-9A-Z]|[0-9]{1,6}[ .\-/][0-9]{2}"
    r"|[a-z]{1,2}-?[0-9]{6}|[B-DF-HJ-NP-TV-Z][0-9B-DF-HJ-NP-TV-Z]{8})"
    r"|\xce[\x91-\xa9][ \-]?[0-9]{6}|(?:\xd0[\x90-\xaf]|\xd2\xae|\xd3\xa8){2} ?[0-9]{6})"
)
"""How each of them begins: to be told of it once takes less time than of each byte at which one may end."""
_ABBREVIATED = r"(?:ID|NO|NR|NUM|CI|CC|CIN|CNI|DNI|NIC|NID|NIN|NIE|PIN|TIN|OP)[ \-]"
"""What is the end of a label in front of a number, and no letters of the number's own."""
_ACCOUNT = r"(?:[0-9]{6,20}|[0-9]{1,6}(?:[ \-/][0-9]{2,10}){1,5})"
_ACCOUNT_BEGUN = r"(?:\b|__)(?:[0-9]{6}|[0-9]{1,6}[ \-/][0-9]{2})"


def _labelled(
    name: str,
    title: str,
    family: str,
    form: str,
    begun: str,
    check: str,
    words: tuple[str, ...],
    match: Examples,
    no_match: Examples,
    severity: Severity,
    filters: tuple[str, ...] = (),
) -> Detector:
    """Return the detector of numbers of many forms that give way to those which a kind of its own tells."""
    return Detector(
        id=name,
        title=title,
        family=family,
        severity=severity,
        confidence="low",
        description=f"{title}: a number of no told kind, with a word for it near by.",
        rules=(
            Rule(
                hint=begun,
                pattern=rf"{_EDGE}(?!{_ABBREVIATED})(?P<v>{form}){_END}",
                before=16,
                after=64,
                digit=True,
            ),
        ),
        checks=(check,),
        filters=(
            "monotone",
            "sequence",
            "documentation",
            "uuid",
            "decimal",
            "row",
            "years",
            "taxon",
            "measure",
            "other_label",
            "other_owner",
            "lock_file",
            "minified",
            "postcode",
            *filters,
        ),
        keywords=shortest((*words, *FURTHER.get(name, ()))),
        required=True,
        distance=56,
        normal="alnum",
        generic=True,
        match=match,
        no_match=no_match,
    )


DETECTORS: tuple[Detector, ...] = (
    _labelled(
        "identity-document",
        "Number of an identity document",
        "personal",
        _ANY,
        _BEGUN,
        "labelled_number",
        (*_IDENTITY_WORDS, *(f"{people} id" for people in _PEOPLES.split())),
        lambda: ("National ID: 86-9409-4417", "broj osobne iskaznice 147602928", "Carte d'identité n° 880692310285", "name;identity card\nAnn;HR11850IT\n"),
        lambda: ("National ID valid until 2031-05-11", "number 986 940 9447", "identity card: 12.50"),
        "medium",
    ),
    _labelled(
        "tax-number",
        "Tax number",
        "personal",
        _ANY,
        _BEGUN,
        "labelled_number",
        _TAX_WORDS,
        lambda: ("tax number: AB7316924X", "Tax ID 7316-924-58"),
        lambda: ("tax id valid until 2031-05-11", "number 4071635928", "tax number: 12.50", "tax number of the office in Boston, MA\n# 02110-1301 USA"),
        "low",
    ),
    _labelled(
        "bank-account",
        "Bank account number",
        "payment",
        _ACCOUNT,
        _ACCOUNT_BEGUN,
        "account_number",
        _ACCOUNT_WORDS,
        lambda: ("Bank account number: 40716359", "Kontonummer 0532013000", "account no. 7316-92458"),
        lambda: ("bank account opened 2031-05-11", "number 40716359", "bank account balance: 1,250.75"),
        "medium",
    ),
)  # fmt: skip
