"""Numbers of documents and devices, and what tells a person apart: passports, licences, birthdays, telephones."""

from __future__ import annotations

from casb_cli.core.models import Confidence, Severity
from casb_cli.scan.detect.catalogue._numbers import Number, number_detector, shortest
from casb_cli.scan.detect.catalogue._words import FURTHER
from casb_cli.scan.detect.rules import Detector, Examples, Rule
from casb_cli.scan.detect.telephones import ANY, EXTENSION, SURE

_NO_NAME = r"(?<!(?<!_)_)"
"""One underscore is a piece of a name, several are the line of a form."""
_START = r"(?<![0-9A-Za-z$.\-/+@])" + _NO_NAME
_END = r"(?![0-9A-Za-z@]|_(?!_))(?![.\-/][0-9])"

_PASSPORT = (
    "passport",
    "passport no",
    "passport nr",
    "passport number",
    "passport #",
    "travel document",
    "passeport",
    "numéro de passeport",
    "reisepass",
    "reisepassnummer",
    "passnummer",
    "pass nr",
    "pasaporte",
    "passaporto",
    "passaporte",
    "paspoort",
    "paspoortnummer",
    "paszport",
    "paszportu",
    "pas nummer",
    "passi",
    "pasaport",
    "pașaport",
    "паспорт",
    "διαβατήριο",
    "护照",
    "旅券",
    "パスポート",
    "여권",
    "หนังสือเดินทาง",
    "hộ chiếu",
    "جواز السفر",
    "דרכון",
    "pașaportului",
    "putovnica",
    "putovnice",
    "pasoš",
    "potni list",
    "útlevél",
    "cestovní pas",
    "cestovný pas",
    "задграничен паспорт",
    "загранпаспорт",
    "passinumero",
    "pasas",
    "pases",
)
_LICENCE = (
    "driving licence",
    "driving license",
    "driver license",
    "driver licence",
    "drivers license",
    "drivers licence",
    "driver s license",
    "driver's license",
    "driver's licence",
    "driver’s license",
    "license number",
    "licence number",
    "dl number",
    "dl no",
    "dln",
    "dl #",
    "dmv",
    "führerschein",
    "fuehrerschein",
    "führerscheinnummer",
    "permis de conduire",
    "numéro de permis",
    "licencia de conducir",
    "permiso de conducir",
    "carnet de conducir",
    "patente di guida",
    "carta de condução",
    "carteira de motorista",
    "cnh",
    "rijbewijs",
    "rijbewijsnummer",
    "prawo jazdy",
    "prawa jazdy",
    "körkort",
    "körkortsnummer",
    "førerkortnummer",
    "kørekortnummer",
    "førerkort",
    "kørekort",
    "ajokortti",
    "řidičský průkaz",
    "vodičský preukaz",
    "permis de conducere",
    "jogosítvány",
    "ehliyet",
    "sürücü belgesi",
    "водительское удостоверение",
    "運転免許",
    "免許証",
    "운전면허",
    "면허번호",
    "ใบขับขี่",
    "giấy phép lái xe",
    "surat izin mengemudi",
    "lesen memandu",
    "vozačka dozvola",
    "vozniško dovoljenje",
    "шофьорска книжка",
    "посвідчення водія",
    "άδεια οδήγησης",
    "vairuotojo pažymėjimas",
    "juhiluba",
    "رخصة القيادة",
    "רישיון נהיגה",
    "驾驶证",
)
_BIRTH = (
    "date of birth",
    "birth date",
    "birthdate",
    "birthday",
    "dob",
    "d o b",
    "born",
    "born on",
    "geburtsdatum",
    "geboren",
    "geb am",
    "geb. am",
    "geb.",
    "date de naissance",
    "né le",
    "née le",
    "fecha de nacimiento",
    "nacimiento",
    "nacido",
    "data di nascita",
    "nato il",
    "nata il",
    "data de nascimento",
    "nascimento",
    "geboortedatum",
    "data urodzenia",
    "urodzony",
    "födelsedatum",
    "fødselsdato",
    "syntymäaika",
    "datum narození",
    "dátum narodenia",
    "születési",
    "doğum tarihi",
    "data nașterii",
    "дата рождения",
    "出生日期",
    "生年月日",
)
_PHONE = (
    "phone",
    "phone number",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "cellphone",
    "cell phone",
    "call",
    "call us",
    "call me",
    "please call",
    "fax",
    "whatsapp",
    "sms",
    "contact number",
    "telefon",
    "telefonnummer",
    "handy",
    "mobil",
    "mobilnummer",
    "téléphone",
    "portable",
    "teléfono",
    "móvil",
    "celular",
    "telefono",
    "cellulare",
    "telefone",
    "telemóvel",
    "telefoon",
    "puhelin",
    "телефон",
    "电话",
    "電話",
    "전화",
)
_MONTHS = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|févr|avr|mai|juin|août|mär|okt|dez|ene|abr|ago"
    r"|dic|gen|mag|giu|lug|set|ott|fev|out|maj|mei|mrt|des|ian|iun|iul|noi"
    r"|sty|lut|kwi|cze|lip|sie|wrz|paź|lis|gru|led|úno|bře|dub|kvě|čer|srp|zář|říj|pros|máj|jún|júl"
    r"|oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara|tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu"
    r"|янв|фев|мар|апр|ма[яй]|июн|июл|авг|сен|окт|ноя|дек|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру)"
    r"[a-z\x80-\xff]{0,14}"
)
_DATE = (
    r"(?:(?:19|20)[0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9]|[0-3]?[0-9][-/.][0-3]?[0-9][-/.](?:(?:19|20)[0-9]{2}|[0-9]{2})"
    r"|[0-3]?[0-9](?:st|nd|rd|th|\.)?[ \-](?:of |de )?" + _MONTHS + r"\.?,?(?:[ \-]| del? )(?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2} ?年 ?[01]?[0-9] ?月 ?[0-3]?[0-9] ?日|(?:19|20)[0-9]{2} ?년 ?[01]?[0-9] ?월 ?[0-3]?[0-9] ?일"
    r"|" + _MONTHS + r"\.? [0-3]?[0-9](?:st|nd|rd|th)?,? (?:19|20)[0-9]{2})"
)


def _worded(
    name: str,
    title: str,
    description: str,
    rules: tuple[Rule, ...],
    check: str,
    words: tuple[str, ...],
    match: Examples,
    no_match: Examples,
    *,
    severity: Severity = "medium",
    filters: tuple[str, ...] = (
        "monotone",
        "sequence",
        "documentation",
        "lock_file",
        "minified",
        "uuid",
        "row",
        "measure",
        "other_label",
        "other_owner",
    ),
    confidence: Confidence = "low",
    distance: int = 60,
    reference: str = "",
) -> Detector:
    """Return the detector of values that only the words near them tell apart."""
    return Detector(
        id=name,
        title=title,
        family="personal",
        severity=severity,
        confidence=confidence,
        description=description,
        reference=reference,
        rules=rules,
        checks=(check,),
        filters=filters,
        keywords=shortest((*words, *FURTHER.get(name, ()))),
        required=True,
        distance=distance,
        normal="alnum",
        match=match,
        no_match=no_match,
    )


_PASSPORT_FORM = (
    r"(?:[A-Z]{1,3}[0-9]{5,9}[A-Z]{0,2}|[0-9]{7,10}|[0-9]{2}[A-Z]{2}[0-9]{5}"
    r"|[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{7,9}|[0-9]{2} ?[0-9]{2} ?(?:\xe2\x84\x96 ?)?[0-9]{6}"
    r"|[A-Z]{2}[0-9][A-Z]{3}[0-9]{2}|[0-9]{2} ?[0-9]{7}|[A-Z][0-9]{3}[A-Z][0-9]{4}|[a-z]{1,2}[0-9]{6,8})"
)
_PASSPORT_CYRILLIC = r"(?:\xd0[\x84-\x87\x90-\xaf]){2} ?(?:\xe2\x84\x96 ?)?[0-9]{6}"
"""Apart, since bytes beyond ASCII have no border of a word in front."""
_LICENCE_FORM = (
    r"(?:[A-Z]{1,3}-?[0-9]{2,4}(?:[- ]?[0-9]{1,5}){1,4}[A-Z]?|[A-Z]{1,2}[0-9]{5,14}[A-Z]{0,2}|[0-9]{6,12}[A-Z]{0,2}"
    r"|[0-9]{2,4}[A-Z0-9]{4,8}[0-9]{1,4}|[A-Z][A-Z0-9]{2}[0-9][A-Z0-9]{7}|[A-Z][0-9]{2}[A-Z0-9]{6}[0-9][A-Z0-9]|U1[A-Z0-9]{7}[A-Z]|[0-9]{4}[A-Z]{2}|[A-Z0-9]{5}[0-9]{6}[A-Z0-9]{2,5}"
    r"|[0-9]{5}/[0-9]{2}/[0-9]{4}|[0-9]{6}-[0-9]{4}|[0-9]{3} [0-9]{3} [0-9]{3}|[0-9]{2}-[0-9]{2}-[0-9]{6}-[0-9]{2}"
    r"|[0-9]{2} [0-9]{2} [0-9]{6}(?: [0-9])?|[A-Z]{2}[0-9]{2} ?[0-9]{4} ?[0-9]{7}"
    r"|[A-Z]{2} [0-9]{3} ?[0-9]{3}|[0-9]{17}[0-9X]|[a-z]{1,2}[0-9]{6,12})"
)
# Each ends once in a number: the one pass tells every end, and telling costs.
_PHONE_HINTS = (
    r"\+[1-9][0-9 ().\-/]{7}",
    r"[2-9][0-9]{2}\)?[ .\-][2-9]?[0-9]{2,3}[ .\-][0-9]{4}",
    r"(?:\b|__)0[0-9][0-9 .\-/]{7}",
    r"(?:\b|__)[0-9][0-9 ().\-/]{5}",
)

_PHONE_RULES = tuple(
    Rule(
        hint=hint,
        pattern=rf"(?<![0-9A-Za-z$./+@\-]){_NO_NAME}(?P<v>(?:{form}){EXTENSION})(?![0-9A-Za-z@]|_(?!_))(?![.\-/:][0-9])",
        before=24,
        after=40,
    )
    for hint, form in zip(_PHONE_HINTS, (*SURE, ANY), strict=True)
)

_LINES = "P<UTOERIKSSON<<ANNA<MARIA" + "<" * 19 + "\n" + "L898902C36UTO7408122F1204159ZE184226B<<<<<10"

_NUMBERS = (
    Number("iccid", "iccid", "Number of a SIM card (ICCID)", r"89[0-9]{17,18}", "8949999999999999999",
           ("iccid", "sim card", "sim serial"), severity="low", distance=40, reference="ITU-T E.118: Luhn's digit"),
    Number("imei", "imei", "Device number of a mobile phone (IMEI)",
           r"[0-9]{2}-?[0-9]{6}-?[0-9]{6}(?:-?[0-9]{1,2})?", "359999999999999",
           ("imei", "device id", "handset"), severity="low"),
    Number("imsi", "imsi", "Subscriber identity of a mobile phone (IMSI)", r"[2-7][0-9]{14}", "310159999999999",
           ("imsi", "subscriber identity"), severity="low", distance=40, reference="ITU-T E.212"),
    Number("medical_record", "medical-record-number", "Medical record number", r"[A-Z]{0,3}-?[0-9]{6,10}", "09999999",
           ("mrn", "medical record", "medical record number", "med rec", "patient id",
            "patient number", "patient no", "chart no", "chart number", "hospital number", "hospital no"),
           distance=48, reference="No common structure: six to ten digits"),
    Number("vehicle_number", "vehicle-number", "Vehicle identification number (VIN)",
           r"[A-HJ-NPR-Z0-9]{17}", "1AA9A99A9AA999999",
           ("vin", "vehicle", "vehicle identification", "chassis", "fahrgestellnummer", "fin"),
           severity="low", reference="ISO 3779; 49 CFR 565"),
)  # fmt: skip

DETECTORS = (
    Detector(
        id="passport-lines",
        title="Machine-readable lines of a passport",
        family="personal",
        severity="high",
        confidence="high",
        description="The two lines at the foot of a passport's page, with right check digits.",
        reference="ICAO Doc 9303, part 4",
        rules=(
            Rule(
                hint=r"P[A-Z<][A-Z<]{3}[A-Z<]{20}",
                pattern=r"(?P<v>P[A-Z<][A-Z<]{3}[A-Z<]{39}\s{1,4}[A-Z0-9<]{44})",
                before=48,
                after=120,
            ),
        ),
        checks=("passport_lines",),
        normal="alnum",
        match=lambda: (_LINES,),
        no_match=lambda: (_LINES.replace("C36", "C37"),),
    ),
    _worded(
        "passport-number",
        "Passport number",
        "A number in the form of some country's passports, with a word for passport near by.",
        (
            Rule(
                hint=rf"(?:\b|__){_PASSPORT_FORM}|{_PASSPORT_CYRILLIC}",
                pattern=rf"{_START}(?P<v>{_PASSPORT_FORM}|{_PASSPORT_CYRILLIC}){_END}",
                before=24,
                after=16,
            ),
        ),
        "document_number",
        _PASSPORT,
        lambda: (
            "Passport number: 533380006",
            "passport no. K0730284",
            "numéro de passeport 14AB72843",
            "name;passport\nAnn;C01X00T47\n",
        ),
        lambda: ("passport valid until 2031-05-11", "number 533380006", "passport control opened in 2019"),
        severity="high",
    ),
    _worded(
        "driving-licence",
        "Driving licence number",
        "A number in the form of some country's or state's driving licences, with a word for it near by.",
        (
            Rule(
                hint=rf"(?:\b|__){_LICENCE_FORM}",
                pattern=rf"{_START}(?P<v>{_LICENCE_FORM}){_END}",
                before=32,
                after=24,
            ),
        ),
        "document_number",
        _LICENCE,
        lambda: (
            "Driver's license number: D6481923",
            "DL No: S530-4601-7345-62",
            "Führerschein B072RRE2I55",
            "driving licence 061048213",
        ),
        lambda: ("driving licence issued 2019-04-12", "order D6481923"),
        severity="high",
    ),
    _worded(
        "date-of-birth",
        "Date of birth",
        "A date that may be a birthday, with a word for birth near by.",
        (
            Rule(
                hint=_DATE,
                # Nor before a time other than midnight, as in front of the lines of logs.
                pattern=rf"(?<![0-9A-Za-z./\-]){_NO_NAME}(?P<v>{_DATE})(?![0-9A-Za-z]|_(?!_))(?![./\-][0-9])"
                r"(?! (?!00:00:00)[0-2][0-9]:[0-5][0-9]:[0-5][0-9])",
                caseless=True,
                before=40,
                after=16,
            ),
        ),
        "birthday",
        _BIRTH,
        lambda: (
            "Date of birth: 14/07/1985",
            "DOB 1985-07-14",
            "geboren am 14. Juli 1985",
            "born on July 14, 1985",
            "born 1985-07-14 00:00:00",
            "name,dob\nAnn,14.07.1985\n",
        ),
        lambda: (
            "released 14/07/1985",
            "date of birth: 45/17/1985",
            "DOB 1785-07-14",
            "size of tokens_dob is 1\n1985-07-14 18:01:57,119 INFO",
        ),
        confidence="medium",
        distance=48,
    ),
    _worded(
        "phone-number",
        "Telephone number",
        "A telephone number with a word for it near by.",
        _PHONE_RULES,
        "phone",
        _PHONE,
        lambda: (
            "Phone: +49 30 5310472",
            "Call (415) 555-2671",
            "please call us on (415) 555-2671",
            "mobile 07911 482613",
            "name,phone\nAnn,+1-212-736-5000\n",
        ),
        lambda: ("version +1 of 2", "phone booth 42", "+49 30 5310472 kg"),
        severity="low",
        filters=("documentation", "row", "lock_file", "minified", "uuid", "other_label", "unlabelled"),
        reference="ITU-T E.164",
        distance=30,
    ),
    *map(number_detector, _NUMBERS),
)
