"""Numbers that their name alone tells: identity papers, tax numbers and bank accounts of any country."""

# ruff: noqa: E501 - tables of words

from __future__ import annotations

from casb_cli.core.models import Severity
from casb_cli.scan.detect.catalogue._numbers import IDENTITY, Number, number_detector, shortest
from casb_cli.scan.detect.catalogue._words import FURTHER
from casb_cli.scan.detect.rules import Detector, Examples, Rule

_NUMBERS = (
    Number("letters_digits", "al-identity-number", "Albanian identity number (NID)", r"[A-T][0-9]{8}[A-W]", "J05515099M",
           ("nid", "numri personal", "letërnjoftim", "leternjoftim", "nipt", *IDENTITY), reference="Law 10129: letter, eight digits, letter"),
    Number("az_pin", "az-pin", "Azerbaijani personal code (FİN)", r"[0-9A-HJ-NP-Z]{7}", "7B4918U",
           ("fin kod", "fin kodu", "fin code", "fi̇n", "fin", "şəxsiyyət vəsiqəsi", "şəxsiyyət vəsiqəsinin"), reference="Ministry of Internal Affairs: seven letters and digits", distance=24),
    Number("labelled_number", "bd-nid", "Bangladeshi identity number (NID)", r"[0-9]{3} ?[0-9]{3} ?[0-9]{4}|[0-9]{13}|(?:19|20)[0-9]{15}", "791 442 9999",
           ("nid", "জাতীয় পরিচয়পত্র", "পরিচয়পত্র", "এনআইডি", "national id", "smart card"), reference="Election Commission: ten, thirteen or seventeen digits", distance=40),
    Number("labelled_number", "br-rg", "Brazilian identity card number (RG)", r"[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3}-?[0-9Xx]", "52.687.999-9",
           ("rg", "rg nº", "registro geral", "carteira de identidade", "cédula de identidade", "identidade"), reference="Lei 7.116: the states' registers", distance=32),
    Number("by_personal", "by-personal-number", "Belarusian personal number", r"[1-6][0-9]{6}[ABCHKEM][0-9]{3}[A-Z]{2}[0-9]", "3150685A019PB9",
           ("идентификационный номер", "личный номер", "ідэнтыфікацыйны нумар", *IDENTITY), reference="Decree 418: sex and century, day of birth, region, number, citizenship"),
    Number("labelled_number", "co-cedula", "Colombian identity number (cédula, NUIP)", r"[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,3}|[1-9][0-9]{5,9}", "1.126.799.999",
           ("cédula de ciudadanía", "cedula de ciudadania", "cédula", "cedula", "c.c", "nuip", "documento de identidad"), reference="Registraduría Nacional: up to ten digits", distance=32),
    Number("dz_nin", "dz-nin", "Algerian identification number (NIN)", r"[12][0-4][0-9]{16}", "119899999999999999",
           ("nin", "numéro d'identification national", "numéro d’identification national", "numéro d'identification nationale", "التعريف الوطني", "رقم التعريف", *IDENTITY), reference="Ministry of the Interior: eighteen digits"),
    Number("gh_card", "gh-card", "Ghana Card number", r"GHA-?[0-9]{9}-?[0-9]", "GHA-799999999-9", ("ghana card", "ghanacard", "pin", *IDENTITY), weak=False,
           reference="National Identification Authority: GHA and ten digits"),
    Number("jo_national", "jo-national-number", "Jordanian national number", r"[259][0-9]{9}", "9999999999", ("الرقم الوطني", "رقم وطني", "jordanian id", "jordan national", "national no", "national number"),
           reference="Civil Status Department: ten digits", distance=40),
    Number("letters_digits", "it-identity-card", "Italian identity card number", r"C[A-Z][0-9]{5}[A-Z]{2}|[A-Z]{2}[0-9]{5}[A-Z]{2}|[A-Z]{2} ?[0-9]{7}", "CA99999AA",
           ("carta d'identità", "carta d’identità", "carta identità", "carta di identità", "numero carta", "cie", "c.i", "documento"), reference="Ministero dell'Interno: CIE and paper cards", distance=40),
    Number("letters_digits", "jp-residence-card", "Japanese residence card number", r"[A-Z]{2}[0-9]{8}[A-Z]{2}", "AB99999999CD", ("在留カード", "residence card", "zairyu card", "在留"),
           reference="Immigration Services Agency: two letters, eight digits, two letters"),
    Number("letters_digits", "ma-cin", "Moroccan identity card number (CIN)", r"[A-Z]{1,2}[0-9]{5,6}", "BE999999", ("cin", "cnie", "carte nationale", "البطاقة الوطنية", "carte d'identité"),
           reference="DGSN: one or two letters and up to six digits", distance=40),
    Number("letters_digits", "mx-elector-code", "Mexican elector's code", r"[A-Z]{6}[0-9]{8}[HM][0-9]{3}", "ZWCYRB98102512M459", ("clave de elector", "elector", "credencial para votar"),
           reference="INE: letters of the name, day of birth, state, sex"),
    Number("labelled_number", "ph-gsis", "Philippine GSIS number", r"[0-9]{11}", "64899933512", ("gsis", "government service insurance"),
           reference="Government Service Insurance System: eleven digits", distance=40),
    Number("pt_niss", "pt-niss", "Portuguese social security number (NISS)", r"[12][0-9]{10}", "11999999999",
           ("niss", "segurança social", "seguranca social", "número de identificação da segurança social", "social security"), reference="Segurança Social: weights of primes"),
    Number("qa_qid", "qa-identity-number", "Qatari identity number (QID)", r"[23][0-9]{10}", "28563499999", ("qid", "qatar id", "qatari id", "الرقم الشخصي", "البطاقة الشخصية", *IDENTITY),
           reference="Ministry of Interior: century, year of birth, country, number"),
    Number("tn_cin", "tn-cin", "Tunisian identity card number (CIN)", r"[01][0-9]{7}", "09999999", ("cin", "بطاقة التعريف", "carte d'identité nationale", "carte d'identité", "n° cin"),
           reference="Ministry of the Interior: eight digits", distance=40),
    Number("tz_nida", "tz-nida", "Tanzanian identity number (NIDA)", r"(?:19|20)[0-9]{6}-?[0-9]{5}-?[0-9]{5}-?[0-9]{2}", "20010615-99999-99999-99", ("nida", "kitambulisho", *IDENTITY),
           reference="NIDA: day of birth, place, number"),
    Number("letters_digits", "ug-nin", "Ugandan identification number (NIN)", r"C[MF][0-9]{8,9}[0-9A-Z]{3,4}", "CM899999999ABC", ("nin", "ndagamuntu", *IDENTITY), reference="NIRA: fourteen characters"),
    Number("letters_digits", "ve-cedula", "Venezuelan identity number (cédula)", r"[VE][ -]?[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3}", "V-19.999.999", ("cédula", "cedula", "cédula de identidad", "c.i" ),
           reference="SAIME: letter and up to eight digits", distance=40),
    Number("vat_number", "eu-vat-number", "European VAT number", r"(?:[A-Z]{2}[ -]?(?:[0-9A-Z]{1,4}[ .\-]?){1,3}[0-9]{2,11}[0-9A-Z]{0,4})", "DE999999999",
           ("vat", "vat id", "vat no", "vat number", "vatin", "ust id", "ustid", "ust idnr", "ustidnr", "umsatzsteuer", "umsatzsteuer identifikationsnummer", "mwst", "tva", "tva intracommunautaire",
            "iva", "nif", "cif", "btw", "btw nummer", "pvn", "pvm", "dph", "dič", "ič dph", "ddv", "pdv", "oib", "nip", "áfa", "adószám", "közösségi adószám", "αφμ", "φπα",
            "ддс", "cod fiscal", "tax id", "tax number", "tax identification"),
           severity="low", reference="Directive 2006/112/EC, article 215; each country's structure"),
)  # fmt: skip

_IDENTITY_WORDS = (
    "national id", "national id number", "national identity number", "national identity card", "national identification number",
    "national identifier", "identity card number", "identity card no", "identity card", "identity number", "identity document", "id card", "id card number", "id card no",
    "id number", "citizen id", "citizenship number", "personal identification number", "personal id number", "personal identity number", "nic no", "cnic",
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
    r"|[0-9]{1,6}(?:[ .\-/][0-9]{2,9}){1,4}(?:[ \-/]?[0-9A-Z])?|(?:\xce[\x91-\xa9]){1,2}[ \-]?[0-9]{6}"
    r"|[B-DF-HJ-NP-TV-Z][0-9B-DF-HJ-NP-TV-Z]{8})"  # papers numbered by chance have no vowels
)
_ACCOUNT = r"(?:[0-9]{6,20}|[0-9]{1,6}(?:[ \-/][0-9]{2,10}){1,5})"


def _labelled(
    name: str,
    title: str,
    family: str,
    form: str,
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
        rules=(Rule(hint=form, pattern=rf"{_EDGE}(?P<v>{form}){_END}", before=48, after=32, digit=True),),
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
    *map(number_detector, _NUMBERS),
    _labelled(
        "identity-document",
        "Number of an identity document",
        "personal",
        _ANY,
        "labelled_number",
        _IDENTITY_WORDS,
        lambda: ("National ID: 86-9409-4417", "broj osobne iskaznice 147602928", "Carte d'identité n° 880692310285", "name;identity card\nAnn;HR11850IT\n"),
        lambda: ("National ID valid until 2031-05-11", "number 986 940 9447", "identity card: 12.50"),
        "medium",
    ),
    _labelled(
        "tax-number",
        "Tax number",
        "personal",
        _ANY,
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
        "account_number",
        _ACCOUNT_WORDS,
        lambda: ("Bank account number: 40716359", "Kontonummer 0532013000", "account no. 7316-92458"),
        lambda: ("bank account opened 2031-05-11", "number 40716359", "bank account balance: 1,250.75"),
        "medium",
    ),
)  # fmt: skip
