"""Further words for numbers: abbreviations with points, and the inflected forms that sentences have."""

from __future__ import annotations

_LINES = """
at-insurance-number: sv nr|sv nummer|svnummer|versicherungsnr|sozialversicherungsnr|sozversnr|e card
at-tax-number: steuernr|steuer nr|st.-nr|st.nr|abgabenkonto
au-abn: australian business number
au-tfn: tax file number|tax file no|tax file
be-national-number: niss|insz|nrn|rrn|registre national|numéro de registre national|rijksregisternr|inss
bg-egn: егн|единен граждански номер|egn
br-cpf: cadastro de pessoas físicas|c.p.f|contribuinte
br-cnpj: c.n.p.j|cadastro nacional da pessoa jurídica
ca-sin: social insurance|social insurance number|numéro d'assurance sociale|numéro d’assurance sociale|assurance sociale
ch-ahv: ahv nr|ahv nummer|ahvn13|numéro avs|n° avs|numero avs
cl-rut: r.u.t|r.u.n|rol único tributario|cédula de identidad
co-nit: n.i.t|número de identificación tributaria
cu-identity-number: carné de identidad|carnet de identidad|carné
cz-rodne-cislo: rodné číslo|rodného čísla|rodným číslem|r.č|r. č|rč|rc|rodne cislo
cz-dic: dič|dic|daňové identifikační číslo
de-health-number: versichertennr|krankenversichertennr|versicherten nr|kv nr|kvnr
de-identity-document: ausweisnr|personalausweisnr|personalausweis nr|passnr|reisepassnr|pass nr
de-pension-number: rentenversicherungsnr|rv nummer|rv nr|sozialversicherungsnr|sv nr|versicherungsnr
de-tax-id: steuer identifikationsnummer|steuer idnr|steuerliche identnr|steuer id nr|identnr|id nr|tin
dk-cpr: cpr nr|cpr.nr|cpr-nr|cprnummer|cpr nummeret|personnummeret
do-cedula: cédula de identidad|cédula no
ec-cedula: cédula de identidad|c.i|cédula no
ee-isikukood: isikukoodi|isikukoodiga|isikukoodid
es-dni: d.n.i|n.i.f|dni/nif|documento de identidad
es-nie: n.i.e|número de identidad de extranjero|extranjera
es-social-security: n.u.s.s|nº ss|seg. social|nº de afiliación
fi-hetu: henkilötunnuksen|henkilötunnuksensa|henkilötunnuksella|sotu|henkilötunnukset|personbeteckning
fr-social-security: n° sécu|n° ss|numéro de sécurité sociale|no sécu|carte vitale|n.i.r|immatriculation
fr-tax-number: n° fiscal|référence fiscale|identifiant fiscal|spi
gb-national-insurance: ni no|ni number|nino|n.i. number|national insurance no|nat ins
gb-utr: unique taxpayer reference|unique tax reference|self assessment|u.t.r
gr-amka: αμκα|α.μ.κ.α|αριθμός μητρώου κοινωνικής ασφάλισης|κοινωνικής ασφάλισης
gr-afm: αφμ|α.φ.μ|φορολογικού μητρώου|φορολογικό μητρώο
hr-oib: osobni identifikacijski broj|osobnog identifikacijskog broja|identifikacijski broj
hu-taj: taj szám|taj száma|tajszám|tb szám
hu-tax-id: adóazonosító|adóazonosító jel|adóazonosító jele
id-nik: nomor induk kependudukan|induk kependudukan|ktp|no ktp|nik ktp
id-npwp: nomor pokok wajib pajak|wajib pajak
ie-pps: personal public service|pps no|ppsn|uimh psp
il-identity-number: ת.ז|ת"ז|תעודת זהות|מספר זהות|teudat zehut|mispar zehut|מס' זהות|ת״ז
in-aadhaar: aadhar|aadhaar no|uidai|आधार|आधार संख्या|adhaar
in-pan: pan no|pan card|permanent account number|पैन
it-codice-fiscale: c.f|cod. fisc|cod fiscale
it-partita-iva: p.iva|p. iva|p iva|part. iva|piva|partita i.v.a
jp-my-number: マイナンバー|個人番号|my number|mynumber
ke-pin: kra pin|kra
kr-resident-number: 주민등록번호|주민번호|주민 등록 번호|resident registration
lt-asmens-kodas: asmens kodo|asmens kodą|asm. kodas|a.k
lv-personas-kods: personas koda|personas kodu|pers. kods|p.k
md-idno: idnp|idno|cod personal|codul personal|cod fiscal
mk-edb: едб|даночен број|единствен даночен број|edb
mu-identity-number: national id card|national identity card
mx-curp: clave única de registro
mx-rfc: registro federal de contribuyentes|r.f.c|contribuyente
my-mykad: no kp|no. kp|kad pengenalan|no. kad pengenalan|mykad|nric|ic no|no ic
nl-bsn: bsn nummer|b.s.n|burgerservicenr|sofinummer|sofi nummer
no-fodselsnummer: fødselsnummeret|personnummeret|fødselsnr|fnr|f.nr|personnr
nz-ird: ird no|inland revenue
pe-dni: documento nacional de identidad|d.n.i
pe-ruc: r.u.c|registro único de contribuyentes
pk-cnic: cnic no|nic no|nicop|قومی شناختی کارڈ
pl-identity-card: dowód osobisty|dowodu osobistego|seria i numer|nr dowodu|dowodem osobistym
pl-nip: identyfikacji podatkowej|nr nip|numer nip
pl-pesel: nr pesel|numer pesel|numeru pesel|numerem pesel
pt-nif: contribuinte|n.i.f|nº contribuinte|número de contribuinte|contribuinte n.º
pt-cartao-cidadao: cartão de cidadão|cartão do cidadão|cc n.º|nº cc|n.º cc
py-ruc: r.u.c|registro único de contribuyentes
ro-cnp: cod numeric personal|codul numeric personal|codului numeric personal|c.n.p
rs-pib: пиб|порески идентификациони број|poreski identifikacioni broj|pib
ru-inn: инн|идентификационный номер|идентификационный номер налогоплательщика
ru-snils: снилс|страховой номер|страхового номера
se-personnummer: personnummret|personnumret|personnr|pnr|pers.nr|personnumren|samordningsnummer
si-emso: emšo|emso|enotna matična številka|matična številka
si-tax-number: davčna številka|davčne številke|davčno številko|id za ddv
sk-rodne-cislo: rodné číslo|rodného čísla|rodným číslom|r.č|r. č|rč|rodne cislo
th-identity-number: เลขประจำตัวประชาชน|บัตรประชาชน|เลขบัตรประชาชน|เลขที่บัตรประชาชน
tr-identity-number: t.c. kimlik|tc kimlik|kimlik no|kimlik numarası|tckn|tc no|t.c. no|t.c. kimlik no
tr-vkn: vergi kimlik|vergi no|vergi numarası|vkn|vergi kimlik numarası
tw-identity-number: 身分證|身分證字號|身份證字號|統一編號|身分證統一編號
ua-rntrc: рнокпп|іпн|інн|ідентифікаційний код|ідентифікаційний номер|податковий номер
us-ein: employer identification number|employer id no|federal tax id|fein
us-itin: individual taxpayer identification
us-medicare-number: medicare number|medicare id|mbi|medicare beneficiary
uy-rut: r.u.t|registro único tributario
ve-rif: r.i.f|registro de información fiscal
vn-tax-number: mã số thuế|mst|ma so thue
za-identity-number: sa id|south african id|rsa id|id no
za-tax-number: tax reference|tax reference number|income tax reference|tax ref
"""

FURTHER: dict[str, tuple[str, ...]] = {
    name: tuple(words.split("|")) for name, _, words in (line.partition(": ") for line in _LINES.strip().splitlines())
}
"""The words, by detector."""
