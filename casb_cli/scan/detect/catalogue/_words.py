"""Further words for numbers: abbreviations with points, and the inflected forms that sentences have."""

# ruff: noqa: E501 - words, one number a line

from __future__ import annotations

from casb_cli.scan.detect.catalogue._words_forms import FORMS
from casb_cli.scan.detect.catalogue._words_more import MORE

_LINES = """
ph-sss: ssn|social security|crn|national id
at-insurance-number: sv nr|sv nummer|svnummer|versicherungsnr|sozialversicherungsnr|sozversnr|e card|vsnr|austrian social security|ssn|national id|personal identification
at-tax-number: steuernr|steuer nr|st.-nr|st.nr|abgabenkonto|abgabenkontonr|finanzamtsnummer|finanzamtsnr
au-abn: australian business number
au-tfn: tax file number|tax file no|tax file
be-national-number: niss|insz|nrn|rrn|registre national|numéro de registre national|rijksregisternr|inss|belgian national|numéro de registre|national register
bg-egn: егн|единен граждански номер|egn|единен граждански|личен номер|personal identity code
br-cpf: cadastro de pessoas físicas|c.p.f|contribuinte|cpf/mf|inscrição no cpf|nº do cpf|cin|carteira de identidade nacional
br-cnpj: c.n.p.j|cadastro nacional da pessoa jurídica|company identifier|cnpj/mf|inscrição no cnpj
ca-sin: social insurance|social insurance number|numéro d'assurance sociale|numéro d’assurance sociale|assurance sociale|n.a.s|numéro d'assurance|s.i.n|ssn|social security|national id|personal identification
ch-ahv: ahv nr|ahv nummer|ahvn13|numéro avs|n° avs|numero avs|sozialversicherungsnr|avs nr|numero d'assicurazione|n. avs
cl-rut: r.u.t|r.u.n|rol único tributario|cédula de identidad|rol único nacional|cédula
co-nit: n.i.t|número de identificación tributaria|nit/cc|número de identificación|colombian identity
cu-identity-number: carné de identidad|carnet de identidad|carné|carné identidad
cz-rodne-cislo: rodné číslo|rodného čísla|rodným číslem|r.č|r. č|rč|rc|rodne cislo
cz-dic: dič|dic|daňové identifikační číslo|daňové číslo|czech vat|dič/vat
de-health-number: versichertennr|krankenversichertennr|versicherten nr|kv nr|kvnr|gesundheitskarte|egk nummer|krankenversicherungsnummer|krankenversicherung|versichertenkarte
de-identity-document: ausweisnr|personalausweisnr|personalausweis nr|passnr|reisepassnr|pass nr|personalausweises|ausweisdokument|dokumentennummer|seriennummer
de-pension-number: rentenversicherungsnr|rv nummer|rv nr|sozialversicherungsnr|sv nr|versicherungsnr|rentenversicherung|sozialversicherungsausweis
de-tax-id: steuer identifikationsnummer|steuer idnr|steuerliche identnr|steuer id nr|identnr|id nr|tin|identifikations nr|ident nr|identifikationsnr|steuer identnr|steuer id nummer|tax id|steueridentifikation
dk-cpr: cpr nr|cpr.nr|cpr-nr|cprnummer|cpr nummeret|personnummeret|personnummer|cpr|danish citizen|civil registration number|cpr number
do-cedula: cédula de identidad|cédula no|dominican republic|cédula de identidad y electoral
ec-cedula: c.i|cédula de identidad|c.i|cédula no|cédula de ciudadanía|cedula de ciudadania
ee-isikukood: isikukoodi|isikukoodiga|isikukoodid|ik|estonian personal|personal identification
es-dni: d.n.i|n.i.f|dni/nif|documento de identidad|número de identificación fiscal|nif/dni|nif|personal identity codes
es-nie: n.i.e|número de identidad de extranjero|extranjera|número de identificación de extranjero|foreigner number|número de identificación fiscal
es-social-security: n.u.s.s|nº ss|seg. social|nº de afiliación|nss|número de la seguridad social|numero de la seguridad social|afiliación
fi-hetu: henkilötunnuksen|henkilötunnuksensa|henkilötunnuksella|sotu|henkilötunnukset|personbeteckning|personal identity code|finnish personal|sosiaaliturvatunnus
fr-social-security: n° sécu|n° ss|numéro de sécurité sociale|no sécu|carte vitale|n.i.r|immatriculation|numéro de sécurité|immatriculation sociale|numéro d'inscription au répertoire|nir|nss|personal identification|numéro ss|numero de securite sociale|n° de sécu|ssn|national id|social security number|numéro d’assuré|numéro d'assuré|nº de sécurité sociale
fr-tax-number: n° fiscal|référence fiscale|identifiant fiscal|spi|numéro d'immatriculation fiscale|immatriculation fiscale|numéro d’immatriculation fiscale
gb-national-insurance: ni no|ni number|nino|n.i. number|national insurance no|nat ins|nin|n.i. no
gb-utr: unique taxpayer reference|unique tax reference|self assessment|u.t.r
gr-amka: αμκα|α.μ.κ.α|αριθμός μητρώου κοινωνικής ασφάλισης|κοινωνικής ασφάλισης|αριθμός μητρώου|μητρώου κοινωνικής ασφάλισης|amka number
gr-afm: αφμ|α.φ.μ|φορολογικού μητρώου|φορολογικό μητρώο|αριθμός φορολογικού μητρώου
hr-oib: osobni identifikacijski broj|osobnog identifikacijskog broja|identifikacijski broj|osobni identifikacijski|croatian identification
hu-taj: taj szám|taj száma|tajszám|tb szám|társadalombiztosítási azonosító|taj-szám|azonosító jel
hu-tax-id: adóazonosító|adóazonosító jel|adóazonosító jele
id-nik: nomor induk kependudukan|induk kependudukan|ktp|no ktp|nik ktp|nomor ktp|kartu tanda penduduk
id-npwp: nomor pokok wajib pajak|wajib pajak|nomor npwp
ie-pps: personal public service|pps no|ppsn|uimh psp|uimhir pps|upsp
il-identity-number: ת.ז|ת"ז|תעודת זהות|מספר זהות|teudat zehut|mispar zehut|מס' זהות|ת״ז
in-aadhaar: aadhar|aadhaar no|uidai|आधार|आधार संख्या|adhaar|aadhaar card|aadhar card|uidai number|आधार नंबर
in-pan: pan no|pan card|permanent account number|पैन
it-codice-fiscale: c.f|cod. fisc|cod fiscale|codice fiscale|codicefiscale|cod. fiscale|cod.fisc|italian tax code|fiscal code|codice fiscale n|cf
it-partita-iva: p.iva|p. iva|p iva|part. iva|piva|partita i.v.a
jp-my-number: マイナンバー|個人番号|my number|mynumber|kojin bangō|kojin bango|japanese individual
ke-pin: kra pin|kra|personal identification number|kra pin number
kr-resident-number: 주민등록번호|주민번호|주민 등록 번호|resident registration|rrn|resident number
lt-asmens-kodas: asmens kodo|asmens kodą|asm. kodas|a.k|asmens
lv-personas-kods: personas koda|personas kodu|pers. kods|p.k|pvn|latvian vat|pievienotās vērtības nodokļa|personas kods
md-idno: idnp|idno|cod personal|codul personal|cod fiscal|numărul de identificare|număr de identificare|moldavian company
mk-edb: едб|даночен број|единствен даночен број|edb|едниствен даночен број|даночен
mu-identity-number: national id card|national identity card|id number|mauritian national
mx-curp: clave única de registro|clave única de registro de población
mx-rfc: registro federal de contribuyentes|r.f.c|contribuyente|rfc con homoclave|registro federal
my-mykad: no kp|no. kp|kad pengenalan|no. kad pengenalan|mykad|nric|ic no|no ic|nombor kad pengenalan|identity card number
nl-bsn: bsn nummer|b.s.n|burgerservicenr|sofinummer|sofi nummer|burger service nummer|citizen service|dutch citizen|persoonsnummer
no-fodselsnummer: fødselsnummeret|personnummeret|fødselsnr|fnr|f.nr|personnr|national identity|norwegian birth|d nummer
nz-ird: ird no|inland revenue|inland revenue department|te tari tāke|tax file
pe-dni: documento nacional de identidad|d.n.i|cédula única de identidad|cui|documento nacional
pe-ruc: r.u.c|registro único de contribuyentes
pk-cnic: cnic no|nic no|nicop|قومی شناختی کارڈ
pl-identity-card: dowód osobisty|dowodu osobistego|seria i numer|nr dowodu|dowodem osobistym|dowód|nr dowodu osobistego|numer dowodu
pl-nip: identyfikacji podatkowej|nr nip|numer nip
pl-pesel: nr pesel|numer pesel|numeru pesel|numerem pesel|pesel number|powszechny elektroniczny system|nr ewidencyjny
pt-nif: contribuinte|n.i.f|nº contribuinte|número de contribuinte|contribuinte n.º|número de identificação fiscal|nif
pt-cartao-cidadao: cartão de cidadão|cartão do cidadão|cc n.º|nº cc|n.º cc|número de cartão de cidadão|bilhete de identidade|citizen card
py-ruc: r.u.c|registro único de contribuyentes|registro único del contribuyente
ro-cnp: cod numeric personal|codul numeric personal|codului numeric personal|c.n.p|cod numeric|romanian numerical personal|cnp
rs-pib: пиб|порески идентификациони број|poreski identifikacioni broj|pib|poreski identifikacioni|serbian tax
ru-inn: инн|идентификационный номер|идентификационный номер налогоплательщика|инн физического лица
ru-snils: снилс|страховой номер|страхового номера|страховой номер индивидуального
se-personnummer: personnummret|personnumret|personnr|pnr|pers.nr|personnumren|samordningsnummer|swedish personal|samordningsnr|personbeteckning|svenskt personnummer
si-emso: emšo|emso|enotna matična številka|matična številka|enotna matična številka občana
si-tax-number: davčna številka|davčne številke|davčno številko|id za ddv|identifikacijska številka|ddv
sk-rodne-cislo: rodné číslo|rodného čísla|rodným číslom|r.č|r. č|rč|rodne cislo
th-identity-number: เลขประจำตัวประชาชน|บัตรประชาชน|เลขบัตรประชาชน|เลขที่บัตรประชาชน|บัตรประจำตัวประชาชน|เลขประจำตัว|thai personal|เลขบัตร|tnin|รหัสปชช
tr-identity-number: t.c. kimlik|tc kimlik|kimlik no|kimlik numarası|tckn|tc no|t.c. no|t.c. kimlik no|türkiye cumhuriyeti kimlik|tckimlik|turkish identification|nüfus cüzdanı|turkish id
tr-vkn: vergi kimlik|vergi no|vergi numarası|vkn|vergi kimlik numarası
tw-identity-number: 身分證|身分證字號|身份證字號|統一編號|身分證統一編號
ua-rntrc: рнокпп|іпн|інн|ідентифікаційний код|ідентифікаційний номер|податковий номер|реєстраційний номер облікової картки|rntrc
us-ein: employer identification number|employer id no|federal tax id|fein
us-itin: individual taxpayer identification|itin number
us-medicare-number: medicare number|medicare id|mbi|medicare beneficiary|medicaid|hicn
uy-rut: r.u.t|registro único tributario|rut|ruc
ve-rif: r.i.f|registro de información fiscal|registro de identificación fiscal|identificación fiscal
vn-tax-number: mã số thuế|mst|ma so thue
za-identity-number: sa id|south african id|rsa id|id no|id number|identity document|south african identity|smart id|id nr|identity no
za-tax-number: tax reference|tax reference number|income tax reference|tax ref
ad-nrt: número de registre tributari|registre tributari
al-nipt: nuis|numri i identifikimit për personin e tatueshëm|numri i identifikimit
ar-cuit: código único de identificación tributaria|identificación tributaria|identificación laboral
az-voen: vergi ödəyicisi
be-bis: numéro bis|bis-nummer|bis nummer
by-unp: учетный номер плательщика|учётный номер плательщика|унп|уліковы нумар
cn-resident-id: 居民身份证|居民身份证号码|身份证号码|身分证|ric|ric no|证件号码|证件号
cr-cedula: cédula jurídica|persona física
cy-tax-number: αριθμός εγγραφής φπα|αριθμός εγγραφής φ.π.α|φ.π.α|φπα|αφτ|αριθμός φορολογικής ταυτότητας
dz-nif: n.i.f|numéro d'identification fiscale|identification fiscale|nif
ec-ruc: ecuadorian company
eg-tax-number: رقم التسجيل الضريبي|tax registration number|tin|tax number
gb-nhs-number: health service|nhs no|patient identifier|patient number|health authority
gt-nit: número de identificación tributaria|identificación tributaria
hu-tax-number: közösségi adószám|adószáma
imei: mobile equipment|imei number|equipment identity|imeisv
in-voter-id: electoral photo|photo identity card|electors photo|epic no|voter card|elector photo|epic number|epic card
is-kennitala: personal and organisation identity|icelandic identity|kt|kennitölu|kennitalan|kennitölu|kennitöluna
ma-ice: identifiant commun de l'entreprise|identifiant commun de l’entreprise
mz-nuit: número único de identificação|identificação tributaria
sn-ninea: numéro d'identification nationale des entreprises|identification nationale
sv-nit: número de identificación tributaria|identificación tributaria
us-ptin: preparer tax|ptin
uy-cedula: c.i|c.i|cédula de identidad
ca-bc-health-number: phn|bc personal health|msp number|services card|bc services card
ng-nin: nigeria id|nigerian id|national identity|national identification
us-ssn: soc. sec|soc. sec. no
sg-nric: nric fin|fin no
ca-ontario-health-card: carte santé|carte-santé|numéro de carte santé
sa-identity-number: رقم الإقامة
eg-national-id: رقم البطاقة
ir-national-code: کدملی|national code
us-npi: npi number|provider identifier
"""

FURTHER: dict[str, tuple[str, ...]] = {}
"""The words, by detector."""
for _line in (_LINES + MORE + FORMS).strip().splitlines():
    _name, _, _words = _line.partition(": ")
    if _name:
        FURTHER[_name] = (*FURTHER.get(_name, ()), *_words.split("|"))
