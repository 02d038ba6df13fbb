"""Identity numbers of countries that publish their form but no check digit, or hardly more than a label tells."""

# ruff: noqa: E501 - a table, one number a row

from __future__ import annotations

from casb_cli.scan.detect.catalogue._numbers import IDENTITY, Number, number_detector
from casb_cli.scan.detect.rules import Detector

_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"

_NUMBERS = (
    Number("labelled_number", "am-social-number", "Armenian public services number (HTsH)", r"[1-9][0-9]{9}", "3604850799",
           ("հծհ", "հանրային ծառայությունների", "ծառայությունների համարանիշ", "սոցիալական քարտ", "public services number", "social card number", "armenian id", "armenian social"), reference="Law on the state population register: ten digits", distance=48),
    Number("letters_digits", "ao-identity-card", "Angolan identity card number (BI)", r"[0-9]{9}[A-Z]{2}[0-9]{3}", "004789999LA047",
           ("bilhete de identidade", "bi", "número do bi", "angolan id", "angolan identity", *IDENTITY), reference="Law 4/09: nine digits, province, three digits"),
    Number("au_ihi", "au-ihi", "Australian healthcare identifier (IHI)", r"80036[01] ?[0-9]{2} ?[0-9]{4} ?[0-9]{4}|80036[01][0-9]{10}|8003 6[01][0-9]{2} [0-9]{4} [0-9]{4}", "8003609999999999",
           ("ihi", "individual healthcare identifier", "healthcare identifier", "health identifier"), reference="Healthcare Identifiers Act 2010: 800360, Luhn's digit"),
    Number("labelled_number", "bh-personal-number", "Bahraini personal number (CPR)", r"[0-9]{2}" + _MONTH + r"[0-9]{5}", "850619479",
           ("cpr", "bahrain cpr", "bahraini id", "bahrain id", "cpr no", "cpr number", "الرقم الشخصي", "الرقم السكاني", "البطاقة السكانية", "بطاقة الهوية"), reference="Information & eGovernment Authority: year and month of birth, number", distance=48),
    Number("letters_digits", "bw-omang", "Botswanan identity number (Omang)", r"[0-9]{4}[12][0-9]{4}", "479919999", ("omang", "omang no", "botswana id"), reference="National Registration Act: nine digits, the fifth of the sex", distance=40),
    Number("labelled_number", "in-abha", "Indian health account number (ABHA)", r"[0-9]{2}-[0-9]{4}-[0-9]{4}-[0-9]{4}|[0-9]{14}", "91-4799-9999-9999", ("abha", "abha number", "ayushman bharat health", "health id"), reference="National Health Authority: fourteen digits", distance=40),
    Number("labelled_number", "in-uan", "Indian provident fund number (UAN)", r"1[0-9]{3} ?[0-9]{4} ?[0-9]{4}", "100947999999", ("uan", "universal account number", "universal account no", "epfo", "provident fund"), reference="EPFO: twelve digits", distance=40),
    Number("letters_digits", "kg-personal-number", "Kyrgyz personal number (PIN)", r"[12]" + _DAY + _MONTH + r"(?:19|20)[0-9]{2}[0-9]{5}", "21406200147999",
           ("пин", "персональный идентификационный номер", "идентификационный номер", "личный номер", "жеке номер", "жеке идентификациялык", "инн", "pin", "kyrgyz pin", "kyrgyz id", *IDENTITY), reference="State Registration Service: sex, day of birth, number"),
    Number("letters_digits", "mo-identity-card", "Macanese identity card number (BIR)", r"[1578]/?[0-9]{6}/?\(?[0-9]\)?", "1479999(9)", ("bir", "macau id", "macao id", "澳門居民身份證", "澳門身份證", "澳门居民身份证", "身份證編號", "身份證號碼", "身份证编号", "resident identity card"), reference="Identification Services Bureau: eight digits, the last in brackets", distance=48),
    Number("letters_digits", "mz-identity-card", "Mozambican identity card number (BI)", r"[0-9]{12}[A-Z]", "110479999999M", ("bilhete de identidade", "bi", "número do bi", "mozambican id", "mozambican identity", *IDENTITY), reference="Direcção Nacional de Identificação Civil: twelve digits and a letter"),
    Number("labelled_number", "om-civil-number", "Omani civil number", r"[0-9]{7,9}", "74799999", ("civil no", "civil number", "oman civil", "omani id", "oman id", "الرقم المدني"), reference="Royal Oman Police: up to nine digits", distance=32),
    Number("labelled_number", "pt-health-number", "Portuguese health user number", r"[1-9][0-9]{2} ?[0-9]{3} ?[0-9]{3}", "347990218",
           ("número de utente", "número utente", "n.º de utente", "n.º utente", "nr utente", "num utente", "utente sns", "utente do sns", "cartão de utente", "sns"), reference="Serviço Nacional de Saúde: nine digits", distance=40),
    Number("labelled_number", "rw-identity-number", "Rwandan identity number", r"[1-3] ?(?:19|20)[0-9]{2} ?[0-9] ?[0-9]{7} ?[0-9] ?[0-9]{2}", "1200180479999999", ("indangamuntu", "rwandan id", "rwanda id", "rwanda national", "nida", *IDENTITY), reference="NIDA: kind, year of birth, sex, number"),
    Number("labelled_number", "sn-identity-number", "Senegalese identity number (NIN)", r"[12] ?[0-9]{3} ?[0-9]{4} ?[0-9]{5}", "2619198547999", ("nin", "cni", "carte nationale d'identité", "carte d'identité", "senegalese id", "senegal id", "n° cni", "cedeao"), reference="Direction de l'automatisation des fichiers: sex, place, year, number", distance=48),
    Number("letters_digits", "ua-unzr", "Ukrainian register number (UNZR)", r"(?:19|20)[0-9]{2}" + _MONTH + _DAY + r"-?[0-9]{5}", "20010614-47999", ("унзр", "unzr", "номер запису", "запис №", "демографічного реєстру", "демографічному реєстрі", "demographic register", "record no", "record number", *IDENTITY), reference="Law 5492-VI: day of birth, number"),
    Number("letters_digits", "zm-nrc", "Zambian registration card number (NRC)", r"[0-9]{6}/[0-9]{2}/[1-3]", "479199/10/1", ("nrc", "nrc no", "national registration", "zambian id", *IDENTITY), reference="Department of National Registration: number, district, kind"),
)  # fmt: skip

DETECTORS: tuple[Detector, ...] = tuple(map(number_detector, _NUMBERS))
