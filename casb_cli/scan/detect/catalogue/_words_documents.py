"""Words for documents, devices and accounts of any country."""

# ruff: noqa: E501 - words

from __future__ import annotations

DOCUMENTS = """
date-of-birth: d.o.b|født|fødselsdag|syntynyt|född|生年月日|생년월일|生日|născut|născut la|rođen|datum rođenja|rojstva|datum rojstva|gimimo data|dzimšanas|
    dzimšanas datums|sünniaeg|sünnikuupäev|ngày sinh|วันเกิด|tanggal lahir|tarikh lahir|تاريخ الميلاد|תאריך לידה|ημερομηνία γέννησης|γέννησης|
    дата народження|дата на раждане|роден|датум рођења|narozen|narodený|urodzona|geboren op|né(e) le|née|nata il|fecha nacimiento|data nascita|
    data nasc|fec nac|doğum|születési idő|gebdat|geb dat|geb datum|bday|
    วันเดือนปีเกิด|เกิดวันที่|д.р|data ur|dat nar|dat. nar|dt nasc|naissance|ddn|csrq|syntymäpäivä|geburtstag|szül|tgl lahir|tgl. lahir|
    fecha nac|fec. nac|birth dt|birth day
driving-licence: driver number|driver no|driver licence no|driving licence no|driving licence number|driver's licence no|uk driving licence|
    british driving|dvla|dl number|d.l. no|driver lic|driver's lic|drivers lic|us driver|führerschein-nr|führerscheinnr|fuehrerscheinnummer|
    nr. des führerscheins|führerscheins|fahrerlaubnis|permis n°|num permis|fs nr|voditelskoe|voditelskogo|vod udostoverenie|n° de permis|n° permis|no de permis|numéro du permis|numéro permis|permis de cond|
    numero de permis|patente n|n. patente|nr. patente|numero patente|numero di patente|patente nr|patente guida|patente di g|numero della patente|
    licencia nº|nº licencia|nº de licencia|número de licencia|licencia de manejo|licencia conducir|permiso conducir|nº de permiso|carnet conducir|
    carta condução|n.º carta|carta de cond|habilitação|rijbewijs nr|rijbewijsnr|nr prawa jazdy|numer prawa jazdy|číslo řp|řidičského průkazu|
    vodičského preukazu|körkortsnr|førerkortnr|førerkort nr|kørekortnr|kørekort nr|ajokortin|vezetői engedély|jogosítvány száma|nr. permis|
    număr permis|seria permis|ehliyet no|sürücü belge no|ehliyet numarası|в/у|вод. удостоверение|водительского удостоверения|ву №|vozačke dozvole|
    vozačka|vozniškega dovoljenja|свидетелство за управление|шофьорска|άδειας οδήγησης|αρ. αδείας|teisės pažymėjimas|vadītāja apliecība|
    juhiloa number|驾驶证号|驾照|駕照|運転免許証|免許証番号|운전면허번호|ใบอนุญาตขับขี่|เลขที่ใบขับขี่|số gplx|gplx|bằng lái xe|no. sim|nomor sim|lesen memandu|رقم الرخصة|
    رخصة قيادة|گواهینامه|رانندگی|ड्राइविंग लाइसेंस|driv lic|driverlicense|driverlicence|driverslicense|driverslicence|dl#|cdl|licence no|license no|
    numero licencia|no. de licencia|permiso de conducción|licencia de conducción|permis conduire|numéro de licence|fahrerlaubnisnummer|fuhrerschein|
    führerschäin|carteira de habilitação|permissão de condução|licença de condução|rijbewijzen|rijbewijsnummers|juhiloa|juhilubade|juhiload|
    vadītāja apliecības|vaditaja apliecibas|vairuotojo pažymėjimo|vezetoi engedely|řidičské průkazy|prawa jazdy|vozačkoj dozvoli|vozačku dozvolu|
    vozniških dovoljenj|шофьорски книжки|шофьорската книжка|сумпс|водительские права|водительских прав|водійське посвідчення|водійські права|
    δίπλωμα οδήγησης|αρ. διπλώματος|διπλώματος|adeia odigisis|ceadúnas tiomána|ceadúnais tiomána|liċenzja tas-sewqan|liċenzji tas-sewwieq|sewqan|
    ajokortin numero|ajokortit|permisul de conducere|permisului de conducere|permise de conducere|免許番号|驾驶执照|jiashizheng|menkyo|운전면허증|surat izin|sim a|
    sürücü belgesi no|rybewys|bestuurslisensie|
    dl|номер ВУ|carteira nacional|driver id|licence num|license num|führerausweis|fahrausweis|ökuskírteini|registro de conducir|
    посвідчення водія|n° du permis|nº du permis|permis n|
    dls|cdls|driver licenses|drivers licenses|driver licences|driving permit|operator license|operator's license|state id number|driver'license|
    patenti|運転経歴証明書|免許no|führerscheine|führerscheinnummern|δεια οδήγησης|άδειες οδήγησης|licence card|
    EHLİYET|SÜRÜCÜ BELGESİ
identity-document: c.i|ci nº|ci n°|identity no|健保卡|tarjeta de residencia|taftotita|taftotitas|personal number|personal id|personal id no|personal identity|citizen card|citizen number|citizen no|national number|national no|
    national id no|resident id|residence permit|residence permit no|residence card|residence title|aufenthaltstitel nr|aufenthaltskarte|
    aufenthaltserlaubnis|titre de séjour|n° titre de séjour|carte de séjour|carte nationale d'identité|carte nationale|n° cni|cni n°|pièce d'identité|
    n° de pièce|permesso di soggiorno|tarjeta de identidad|nº de documento|autorização de residência|título de residência|documento de identificação|
    verblijfsvergunning|verblijfsdocument|vreemdelingennummer|v-nummer|karta pobytu|numer karty pobytu|číslo op|číslo průkazu|op č|č. op|č.op|
    průkaz totožnosti|občanského průkazu|občianskeho preukazu|číslo preukazu|číslo dokladu|szig|szig. szám|személyi ig|személyazonosító igazolvány|
    igazolványszám|c.i. seria|ci seria|лична карта №|л.к|лк №|broj osobne|broj lične karte|br. lk|broj osobne iskaznice|št. osebne|osebne izkaznice|
    osebna številka|numri personal|numri i letërnjoftimit|şəxsiyyət|вид на жительство|id-карта|посвідка|посвідчення особи|паспорт-id|серія та номер|
    жеке куәлік|а.д.т|α.δ.τ|αρ. ταυτότητας|αριθμός ταυτότητας|αρ. δελτίου ταυτότητας|asmens tapatybės|asmens tapatybės kortelė|personas apliecība|
    isikutunnistus|id-kaart|henkilökortin|personalausw|legitimationsnummer|pasnummer|身份证明|身分証明書|신분증 번호|外国人登録番号|emirates id|electoral roll|
    electoral register|elector number|social welfare number|social welfare no|nhif|nssf|sha number|bpjs|bhxh|bảo hiểm xã hội|ssnit|cnss|sgk sicil|
    sicil no|sigorta sicil|esic|esi number|esi no|uan no|uan number|universal account number|abha|phin no|phin number|personal health identification|
    personal health number|health identification number|health insurance number|health insurance no|health card number|ramq|lanr|arztnummer|bsnr|
    betriebsstättennummer|dod id|edipi|fayda|indangamuntu|kitambulisho|citizenship no|citizenship number|ना.प्र.नं|नागरिकता|khmer id|nr. personal|jmb|
    αριθμός δελτίου|tautotita|ταυτοτητασ|серия и номер|лична карта|ід-картка|id-картки|carte de identitate|seria ci|serie ci|seria și numărul|
    serie și număr|atk nr|id-kaardi|id kaardi|isikutunnistuse|identitätskarte|identitaetskarte|osobní doklad|cédula de extranjería|
    carné de extranjería|carnet de extranjería|cedula extranjeria|idmex|número de soporte|num. soporte|idesp|bilhete de identidade|número do bi|
    id-nummer|住民票コード|住民票|juminhyo|基礎年金番号|年金番号|nenkin|basic pension|健康保険|被保険者番号|保険証番号|保険証|hokensho|社会保険番号|社会保険|雇用保険|介護保険|登録番号|alien registration|
    alien number|uscis|a-number|foreigner registration|外国人登録証|αμ ικα|α.μ. εφκα|μητρώου εφκα|am ika|civil no|civil number|civil id|cpr no|
    الضمان الاجتماعي|رقم التأمين|voter identification number|pvc|swn|national registration card|nrc no|nrc number|မှတ်ပုံတင်|social insurance no|
    pension number|health service number|national provider|nº do bi|n.º do bi|bi n.º|bi nº|n° bi|carnet extranjería|carné extranjería|c.e. n°|ce n°|
    ce nº|adt|perso nr|
    seria și nr|document of identity|регистрийн дугаар|рд|dowód os|citizenship identity|cid no|tazkira|permanent resident card|
    permanent resident|green card|uscis receipt|visa number|visa no|visa foil|visum nr|numéro de visa|i-94|sevis|birth certificate|student id|
    student number|student no|matrikelnummer|matriculation|military id|service number|unhcr|refugee id|seafarer|seaman's book|state id card|state id number|
    identification card|known traveler|ctps|carteira de trabalho|tarjeta sanitaria|permesso soggiorno|foreigner id|arc no|arc number|ration card|
    राशन कार्ड|phn|ahcip|health card|numéro de mutuelle|cédula extranjería|統一證號|居留證|resident record code|aufenthaltstitels|visum|vízum|
    greek id|greek police|kenya id|kenya national|
    KİMLİK|carte didentité|numéro didentité|nationale didentité|carta didentità
imei: mobile equipment|imei number|equipment identity|imeisv|imei no|imei 1|device imei|device number|handset id
passport-number: pasporta|паспорт рф|паспорт №|серия и номер|серия номер|паспортные данные|удостоверяющий личность|russian passport|passport num|ppt no|
    passport id|passport #|passeport|passeport n°|n° passeport|n° de passeport|no de passeport|passepoort|reisepassnr|reisepass-nr|pass-nr|passnr|
    pasaporte nº|nº pasaporte|nº de pasaporte|n.º passaporte|nº do passaporte|passaporto n|n. passaporto|numero passaporto|passaporte nº|paspoortnr|
    paspoort nr|nr paszportu|numer paszportu|seria i numer paszportu|číslo pasu|cestovního pasu|cestovného pasu|pasnummer|pasnr|passnummer|passnumret|
    passi nro|passin numero|загранпаспорта|закордонний паспорт|αρ. διαβατηρίου|διαβατηρίου|útlevélszám|útlevél száma|număr pașaport|pașaport nr|
    pasaport no|pasaport numarası|број пасоша|broj pasoša|broj putovnice|št. potnega lista|potnega lista|护照号|护照号码|護照|護照號碼|旅券番号|パスポート番号|여권번호|
    เลขที่หนังสือเดินทาง|พาสปอร์ต|số hộ chiếu|no. paspor|paspor|nomor paspor|رقم الجواز|جواز سفر|رقم جواز|گذرنامه|شماره گذرنامه|מספר דרכון|पासपोर्ट|
    passportid|passportno|passportnumber|paso numeris|paso nr|paso numeriai|pases numurs|pases nr|pasnumre|pas nr|pas č|passinumber|passi number|
    passi nr|pasport|pasport nömrəsi|huzhao|uimhir phas|uimhir pas|uimhir pasanna|διαβατηριο|diavatiriou|پاسپورٹ|پاسپورت|төлқұжат|пашпарт|անձնագիր|
    անձնագրի|şəxsiyyət vəsiqəsi|passaport|passaporta|tal-passaport|zagranpasport|паспорта|паспорті|паспортом|заграничный паспорт|закордонний|
    pasaporta|pasporti|pasaportit|หมายเลขหนังสือเดินทาง|paszportów|paszportem|পাসপোর্ট|pass no|
    ppt number|ppt num|pass number|pass num|პასპორტის|პასპორტი|旅遊證件|旅行证件|
    reisepasse|reisepässe|paspoortnummers|passportbook|passport book|čísla pasov|čísla pasu|cestovní pasu|hùzhào|útlevelek
phone-number: handynummer|handynr|mobilnr|mobiltelefon|telefonnr|telefonszám|telefón|telefoni|telefono cellulare|komórkowy|nr tel|tel. kom|mobiele|
    mobiel|cep telefonu|เบอร์โทร|โทรศัพท์|số điện thoại|điện thoại|telp|الهاتف|هاتف|جوال|טלפון|נייד|τηλέφωνο|κινητό|мобильный|моб. тел|мобільний|手机|
    手机号|携帯|携帯電話|휴대폰|핸드폰|연락처|msisdn|contact no|contact number|phone no|tlf|tlf.nr|cellulare|tel no|telefoonnummer|tél|tel. č|тел.|моб.|τηλ.|τηλεφώνου|
    κιν.|mob|gsm|telefonas|telefons|tālrunis|tālr|mobitel|mobilni|mobilní|mobiil|matkapuhelin|puh|puhelinnumero|cep tel|cep no|nr telefon|nr. telefon|
    telefonu|telepon|no. hp|no hp|sđt|đt|โทร|มือถือ|تلفن|موبایل|شماره تماس|мобилен|מספר טלפון|טל'|联系电话|聯絡電話|手機|फ़ोन|मोबाइल|phones|
    komórka|fone|nomor hp|nomor telepon|rufnummer|mobilfunk|tfno|cell no|mobile no|contact phone|no tel|nº tel|n° tel|ponsel
tax-number: tax identification no|tax identifier|tax payer|tax payer id|taxpayer number|taxpayer no|tax reference|tax registration|
    tax registration no|tin no|tin number|fiscal id|fiscal identification|fiscal identification number|vat registration|vat reg|vat reg no|vat no|
    vat number|ust-idnr|ust-id|uid-nummer|steuer nr|st.-nr|steuer ident|n° fiscal|n° tva|numéro de tva|identification fiscale|
    numéro d'identification fiscale|nif|número de identificação fiscal|identificação fiscal|nº fiscal|n.º fiscal|clave fiscal|registro federal|
    registro único|partita iva|cod. fiscale|fiscaal nummer|btw-nummer|btw nr|nr nip|numer podatkowy|ič dph|daňové č|porezni broj|porezni|poreski broj|
    davčna številka|davčna|даночен број|данъчен №|идн. номер|налогоплательщика|adóazonosító|adószáma|cod fiscal|kodi fiskal|vergi kimlik|
    verginumarası|φορολογικός|φορολογικής|الضريبي|ضريبي|מספר תיק|納税者|税务登记|纳税人识别号|统一社会信用代码|사업자등록번호|wajib pajak|no. cukai|income tax no|
    vat registration number|taxpayer reference|номер плательщика|налоговый номер|
    trn|taxpayer registration|número de identificación tributaria|n.i.f|
    VERGİ KİMLİK|VERGİ NO|VERGİ NUMARASI
vehicle-number: vin no|vehicle id|chassis no|fahrgestellnr|fahrgestell nr|fahrzeug ident|fin nummer|numéro de châssis|n° de châssis|
    numéro de série du véhicule|bastidor|nº de bastidor|telaio|numero di telaio|nr nadwozia|numer vin|chassinummer|chassisnummer|chassi|
    chassis number|vin number
"""
