"""Health and insurance numbers, papers of foreigners, devices, and the numbers of companies that are often persons'."""

# ruff: noqa: E501 - a table, one number a row

from __future__ import annotations

from casb_cli.scan.detect.catalogue._numbers import Number, number_detector
from casb_cli.scan.detect.rules import Detector

_NUMBERS = (
    Number("au.acn", "au-acn", "Australian company number (ACN)", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", "999 999 999", ("acn", "australian company"), severity="low"),
    Number("ca.bn", "ca-business-number", "Canadian business number", r"[0-9]{9}(?: ?R[CMPTZR] ?[0-9]{4})?", "999999999RC0001",
           ("business number", "cra business", "gst/hst", "hst number", "bn/ne", "numéro d'entreprise"), severity="low", distance=40),
    Number("ch.uid", "ch-uid", "Swiss company number (UID)", r"CHE[ -]?[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}", "CHE-999.999.999", ("uid", "uid nr", "ide nr", "mwst", "che"), weak=False, severity="low"),
    Number("cn.uscc", "cn-credit-code", "Chinese unified social credit code", r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", "91999999MA99999999",
           ("统一社会信用代码", "社会信用代码", "信用代码", "uscc", "credit code", "营业执照", "纳税人识别号"), severity="low"),
    Number("dk.cvr", "dk-cvr", "Danish company number (CVR)", r"[1-9][0-9] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2}", "99999999", ("cvr", "cvr nr", "cvr nummer", "cvrnr"), severity="low", distance=40),
    Number("ee.registrikood", "ee-registrikood", "Estonian company number", r"[1789][0-9]{7}", "19999999", ("registrikood", "reg. kood", "reg kood", "registrikoodi"), severity="low", distance=40),
    Number("fi.veronumero", "fi-tax-number", "Finnish tax number (veronumero)", r"1[0-9]{11}", "199999999999", ("veronumero", "veronro", "veronumerorekisteri", "verotunniste", "skattenummer", "verotunnus", "verokortti")),
    Number("fi.ytunnus", "fi-business-id", "Finnish business identity code (Y-tunnus)", r"[0-9]{7}-?[0-9]", "2999999-9", ("y tunnus", "ytunnus", "fo nummer", "business id"), severity="low", distance=40),
    Number("fr_company", "fr-siret", "French company number (SIREN, SIRET)", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}(?: ?[0-9]{5})?", "999 999 999", ("siren", "siret", "identification siren"), severity="low", distance=40,
           reference="python-stdnum, stdnum.fr.siren and stdnum.fr.siret"),
    Number("jp.cn", "jp-corporate-number", "Japanese corporate number", r"[1-9]-?[0-9]{4}-?[0-9]{4}-?[0-9]{4}", "9999999999999", ("法人番号", "法人マイナンバー", "corporate number", "houjin bangou", "hojin bango", "指定通知書"), severity="low"),
    Number("kr.brn", "kr-business-number", "South Korean business number", r"[0-9]{3}-?[0-9]{2}-?[0-9]{5}", "129-99-99999", ("사업자등록번호", "사업자번호", "사업자", "brn", "business registration"), severity="low", distance=40),
    Number("no.orgnr", "no-organisation-number", "Norwegian organisation number", r"[89][0-9]{2} ?[0-9]{3} ?[0-9]{3}", "899 999 999", ("organisasjonsnummer", "organisasjonsnr", "orgnr", "org nr", "org.nr", "orgnummer", "foretaksnummer"), severity="low"),
    Number("pl.regon", "pl-regon", "Polish company number (REGON)", r"[0-9]{9}(?:[0-9]{5})?", "999999999", ("regon", "numer statystyczny"), severity="low"),
    Number("ru.ogrn", "ru-ogrn", "Russian registration number (OGRN)", r"[1-9][0-9]{12}(?:[0-9]{2})?", "1999999999999", ("огрн", "огрнип", "ogrn", "ogrnip", "регистрационный номер"), severity="low"),
    Number("se.orgnr", "se-organisation-number", "Swedish organisation number", r"[1-9][0-9]{5}-?[0-9]{4}", "559999-9999",
           ("organisationsnummer", "orgnr", "org nr", "org.nr", "organisationsnr", "företagsnummer", "företagets organisationsnummer"), severity="low"),
    Number("sg.uen", "sg-uen", "Singaporean company number (UEN)", r"[0-9]{8,9}[A-Z]|[TSR][0-9]{2}[A-Z]{2}[0-9]{4}[A-Z]", "199999999A", ("uen", "unique entity number", "acra"), severity="low"),
    Number("ua.edrpou", "ua-edrpou", "Ukrainian company number (EDRPOU)", r"[0-9]{8}", "39999999", ("єдрпоу", "edrpou", "код єдрпоу", "ідентифікаційний код юридичної"), severity="low", distance=40),
    Number("br_cns", "br-health-card", "Brazilian health card number (CNS)", r"[1-37-9][0-9]{2} ?[0-9]{4} ?[0-9]{4} ?[0-9]{4}", "799 9999 9999 9999",
           ("cns", "cartão nacional de saúde", "cartão sus", "cartao sus", "carteirinha sus"), reference="Portaria 940/2011: weighted sum by 11"),
    Number("letters_digits", "ca-quebec-health", "Quebec health insurance number", r"[A-Z]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", "TREM 9999 9999",
           ("ramq", "assurance maladie", "carte soleil", "health insurance"), reference="RAMQ: letters of the name, day of birth, two digits", distance=40),
    Number("health_card", "eu-health-card", "European health insurance card number", r"80[0-9]{3} ?[0-9]{5} ?[0-9]{5} ?[0-9]{5}", "80756999999999999999",
           ("ehic", "european health insurance", "ekuz", "tessera sanitaria", "sairaanhoitokortti", "sairaanhoitokortin", "sairausvakuutuskortti", "sairausvakuutusnumero", "sjukförsäkringskort", "terveyskortti", "hälsokort",
            "krankenversicherungskarte", "kennnummer der karte", "versichertenkarte", "carte vitale", "ceam", "tarjeta sanitaria", "health insurance card", "reisekrankenversicherung"), reference="Decision S2 of the Administrative Commission: twenty digits beginning with 80"),
    Number("medical_record", "medical-record-number", "Medical record number", r"[A-Z]{0,3}-?[0-9]{6,10}", "09999999", ("mrn", "medical record", "medical record number", "medical record no"), distance=32,
           reference="No common structure: six to ten digits"),
    Number("us_hicn", "us-hicn", "US Medicare claim number (HICN)", r"[0-9]{3}-?[0-9]{2}-?[0-9]{4}-?[A-Z][0-9A-Z]?", "529-99-9999A", ("hicn", "hic number", "medicare claim", "medicare number"), distance=40, reference="CMS: social security number and letter"),
    Number("us_alien", "us-alien-number", "US alien registration number", r"A-?[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{2,3}", "A299999999", ("alien registration", "alien number", "uscis"), distance=40, reference="USCIS: A and eight or nine digits"),
    Number("labelled_number", "us-dod-id", "US Department of Defense ID", r"[1-9][0-9]{9}", "1499999999", ("dod id", "edipi"), distance=32, reference="DoD: ten digits"),
    Number("imsi", "imsi", "Subscriber identity of a mobile phone (IMSI)", r"[2-7][0-9]{14}", "310159999999999", ("imsi", "subscriber identity"), severity="low", distance=40, reference="ITU-T E.212"),
    Number("iccid", "iccid", "Number of a SIM card (ICCID)", r"89[0-9]{17,18}", "8949999999999999999", ("iccid", "sim card", "sim serial"), severity="low", distance=40, reference="ITU-T E.118: Luhn's digit"),
    Number("ru_oms", "ru-health-insurance", "Russian health insurance number (OMS)", r"[0-9]{4} ?[0-9]{4} ?[0-9]{4} ?[0-9]{4}", "9999999999999999", ("полис омс", "омс", "обязательного медицинского", "oms policy", "полис", "енп"), distance=40, reference="Luhn's digit"),
    Number("letters_digits", "uk-electoral-number", "UK electoral roll number", r"[A-Z]{2}[0-9]{1,4}", "AB4999", ("electoral roll", "electoral register", "elector number", "electoral number"), distance=32, severity="medium", reference="Two letters and up to four digits"),
    Number("letters_digits", "zw-national-id", "Zimbabwean identity number", r"[0-9]{2}-?[0-9]{6,7} ?-?[A-Z] ?-?[0-9]{2}", "63-999999A42", ("id number", "national id", "national registration", "zimbabwe id"), reference="Registrar General: district, number, letter, district"),
    Number("letters_digits", "mm-nrc", "Myanmar registration card number (NRC)", r"[0-9]{1,2}/[A-Za-z]{6,12}\([A-Z]\)[0-9]{6}", "12/KAMANA(N)999999", ("nrc", "nrc no", "မှတ်ပုံတင်"), reference="State, township, kind, number"),
    Number("letters_digits", "in-tan", "Indian tax deduction number (TAN)", r"[A-Z]{4}[0-9]{5}[A-Z]", "DELA99999B", ("tan no", "tan number", "tax deduction"), severity="low", distance=40, reference="Income Tax Department: four letters, five digits, letter"),
    Number("letters_digits", "gh-ssnit", "Ghanaian social security number (SSNIT)", r"[A-Z][0-9]{11,13}", "C019999999999", ("ssnit",), distance=40, reference="SSNIT: letter and digits"),
    Number("letters_digits", "ng-voter-number", "Nigerian voter number (VIN)", r"[0-9]{2}[A-F][0-9][A-F][0-9A-F]?[0-9]{11,13}", "90F5B999999999999", ("voter", "pvc", "vin"), distance=40, reference="INEC: polling unit and number"),
)  # fmt: skip

DETECTORS: tuple[Detector, ...] = tuple(map(number_detector, _NUMBERS))
