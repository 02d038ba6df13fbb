"""Words for numbers as catalogues of sensitive information, programs and papers name them."""

# ruff: noqa: E501 - words, one number a line

from __future__ import annotations

FORMS = """
al-nipt: numri unik
ar-cuit: número de contribuyente|numero de contribuyente|cuit nº|nro cuit
ar-dni: nro documento|nro doc|numero documento|número documento|nro. de doc|documento número|registro nacional de las personas
at-insurance-number: sozialversicherungs nr|versicherungs nr|versicherungscode|insurance number|insurance code|ehic|krankenversicherung
au-abn: business no
au-medicare-number: medicare #
az-voen: identifikasiya nömrəsi
be-national-number: numéro national|identifiant national|numéro d'assuré|numéro d'immatriculation|registratienummer|registratie nummer|nationalregister|nationalregisternummer|identificatienummer|bnn
bg-egn: национален номер|идентификационен номер|лична идентификация|номер на гражданството|uniform civil|grazhdanski nomer|bucn
bg-foreigner-number: лнч №|lnc|личен номер на чужд
by-unp: унн|унп №
ca-bc-health-number: carecard|care card|health number
ca-sin: soc ins|social ins
ch-ahv: sozialvers.-nr|numéro d'assuré|versichertennummer|versicherungsnummer|insurance number|oasi
cl-rut: numero de identificación nacional|número de identificación nacional|rol unico|identificación nacional|rut nacional
cn-resident-id: sfzh|shenfenzheng|prc id|居民 身份证|身份证件
co-cedula: no. identificación|no identificación|número de identificación|identificación
cu-identity-number: no. de ci|ci no|número de identidad permanente|nip
cy-tax-number: φορολογικού μητρώου|φορολογικό μητρώο|φορολογική ταυτότητα|φορολογικού κωδικού|tic
cz-rodne-cislo: osobní číslo|číslo pojištěnce|pojištění číslo|číslo pojištění|identifikační číslo|nar./rč|insurance number
cz-dic: ičo|ič|ico|identifikační číslo osoby|identifikační číslo
de-identity-document: bpa nr|bpa-nr|id nummer|id-nummer|persönliche id nummer|identifizierungsnummer|ausweis|gpid|bundespersonalausweis
de-tax-id: steuer id nr|st.-idnr|st idnr|persönliche identifikationsnummer
de-health-number: krankenkassennummer|krankenkasse nr|kv nummer|versicherten id
dk-cpr: centrale personregister|sygesikringsnummer|sygesikringskort|sygesikringsbevis|sygesikring|sundhedskort|sundhedskortnummer|skattenummer|skat nummer|civil registration|personregister
ec-cedula: identificación|cc/ci|cedula identidad|ecuador id|ecuador national
ee-isikukood: maksukohustuslase|identifitseerimisnumber|maksunumber|isiku kood|isikutunnistus|id kaart|tax id
eg-tax-number: trn|egypt trn
eg-national-id: تحقيق الشخصية|raqm qawmi|raqam qawmi
es-dni: número nacional identidad|número nacional de identidad|número de identificación|identidad único|dni núm|d.n.i. núm|número de contribuyente|carné de identidad|permiso de conducir|permiso de conducción|carnet de conducir|licencia de conducir|licencia de conducción
es-nie: número de identificación|nie núm|permiso de residencia|tarjeta de extranjero|número de contribuyente
fi-hetu: hlötunnus|henkilötunnusnumero|tunnusnumero|tunnusluku|tunnistenumero|personnummer|identiteetti numero|verotunnus
fr-social-security: numéro d'identité|code sécu|numéro d'assurance|d'identité nationale|soleil|n° carte vitale|matricule ss|secu|num secu
fr-tax-number: numéro d'identification fiscale|n° fiscal du déclarant
gb-national-insurance: national insurance #
gb-nhs-number: nhsno|community health|chi number|chi no
gr-amka: κοινωνικής ασφάλισης
gr-afm: φορολογικού μητρώου|φορολογική ταυτότητα|aφμ
hk-identity-card: hk identity card|hk id|身份証|身分証|居民身分
hr-oib: porezni broj|porezni identifikacijski|osobna iskaznica|nacionalni identifikacijski|matični broj|majstorski broj
hu-taj: tb azonosító|társ.bizt|társadalombiztosítási|tb szám|hungarian social security|hssn
hu-tax-id: adóhatóság|adószám|személyi adószám|adóazon|adoazon
hu-personal-number: személyi igazolvány|sz. ig|sz.ig|személyazonosító
id-nik: no. identitas|nomor identitas
ie-pps: rsi number|rsi no|public service number|public services card|uimh. psp|uimhir phearsanta|uimhir aitheantais|psp no
il-identity-number: tz number|מספר זיהוי|זהות ישראלית|هوية إسرائيلية|رقم الهوية|ת. זהות
in-aadhaar: uid no|uid number|unique identification
in-pan: स्थायी खाता|स्थायी खाता संख्या|panno
br-voter-number: nº do título|número do título|título nº|voter id
in-voter-id: voterid|मतदाता पहचान|मतदाता
is-kennitala: persónunúmer|icelandic id
it-codice-fiscale: codice fiscal|codfis|codfisc|cod fis|codice personale|numero di identificazione fiscale|codice id personale|identificazione fiscale
it-partita-iva: codice fiscale|codice fiscal|cod fisc|cod. fisc|c.f|cod. fiscale|codfis
it-identity-card: carta di identità elettronica|carta d'identità elettronica|documento di riconoscimento
jmbg: jmb|jedinstveni matični|mat. br|mat br|majstorski broj
jp-my-number: 共通番号|マイナンバーカード|個人番号カード|個人識別番号|個人識別ナンバー|通知カード
kr-resident-number: 주민|외국인번호|frn|jumin deungnok|citizen's registration|resident reg
ke-pin: kra no
lk-nic: nic no|n.i.c
lt-asmens-kodas: asmeninis skaitmeninis|skaitmeninis kodas|unikalus identifikavimo|a k|a/k|asmens identifikavimo
lu-national-number: matrikel|matrikelnummer|matricule nationale|idpersonnelle|numéro d'identification personnel|persönliche identifikationsnummer|steier nummer|steier id|eindeutige id|identifikatiounsnummer|sozialversécherung|numéro d'identification national|n° d'identification national|identification national
lv-personas-kods: identifikācijas numurs|p/k|pers.kods|nodokļu numurs|nodokļu identifikācija|alvas
ma-cin: التعريف الوطنية|carte d'identité nationale|رقم البطاقة الوطنية
md-idno: codul fiscal
mk-edb: едб|даночен
mt-identity-card: numru tal-karta|identità|numru ta' identifikazzjoni|identifikazzjoni
mx-curp: clave unica de registro|unique population registry
my-mykad: k/p|i/c|k/p no|i/c no|mytentera|mypr|mykid|mykas|malaysian identity card|kad aplikasi digital|my kad
nl-bsn: uniek identificatienummer|sociaal fiscaal nummer|persoonsgebonden nummer|persoonlijk nummer|sofi
nl-identity-document: nummer identiteitsbewijs|identiteitsbewijs|documentnr
no-fodselsnummer: personal identification number|norwegian id
ng-nin: bank verification|national id
pe-dni: documento de identidad
ph-sss: mid number|mid no|hdmf|phic|crn|multi purpose id|unified multi purpose|common reference
pl-pesel: nr ewidencyjny|numer ewidencyjny|niepowtarzalny numer|numer identyfikacyjny|dowód osobisty
pl-identity-card: dow. os|dow os|dowód tożsamości|dowodu tożsamości
pt-cartao-cidadao: identificação civil|número de identificação civil|documento de identificação|bi/cc
ro-cnp: cod identificare personal|cod unic identificare|număr identificare personal|număr identitate|număr personal unic|identificare personal
rs-pib: матични број
ru-snils: страховое свидетельство|пенсионное страховое|страхового свидетельства
sa-identity-number: رقم السجل المدني|السجل المدني|الهوية بطاقة|الهوية
se-personnummer: födelsenummer|person nr|id nummer|identifikationsnummer|skatteidentifikationsnummer|skattebetalarens|personal id number|svensk id
sg-nric: uin/fin|foreign identification
si-emso: enotna maticna|osebna številka|številka državljana|identifikacijska številka|mat. št
si-tax-number: davčna št|davčna
sk-rodne-cislo: rod. číslo|rod číslo|rodné č|identifikačné číslo|daňové číslo|nar./rč
th-identity-number: หมายเลขบัตรประชาชน|เลขที่บัตร|รหัสบัตรประชาชน
tr-identity-number: vatandaşlık no|vatandaşlık numarası|vatandaşlık
tw-identity-number: 國民身分證|roc id|統一證號|居留證|外僑居留證|arc no|arc number|resident certificate|alien resident|tarc
ua-rntrc: ідент. код|ідентифікаційний|індивідуальний податковий|ipn|inn
us-ein: employer's identification number|employer identification|e.i.n
us-ssn: soc sec|ss number|ss no|social security numbers|ssns|ssid|ssa number|soc sn|seguro social|número de seguro social
us-npi: national provider
us-medicare-number: medicare beneficiary|medicare claim
us-dea-number: drug enforcement
uz-pinfl: shaxsiy identifikatsiya|personal identification
uy-cedula: documento de identidad|cédula
ve-cedula: titular de la cédula|cédula de identidad
vn-tax-number: mã số doanh nghiệp
za-identity-number: id no|id nommer|id-nommer|sa id number|identiteitsnommer|south african id
passport-number: passportid|passportno|passportnumber|paso numeris|paso nr|paso numeriai|pases numurs|pases nr|pasnumre|pas nr|pas č|passinumber|passi number|passi nr|pasport|pasport nömrəsi|paspor|huzhao|uimhir phas|uimhir pas|uimhir pasanna|διαβατηρίου|διαβατηριο|diavatiriou|پاسپورٹ|پاسپورت|گذرنامه|төлқұжат|пашпарт|անձնագիր|անձնագրի|şəxsiyyət vəsiqəsi|passaport|passaporta|tal-passaport|zagranpasport|паспорта|паспорті|паспортом|заграничный паспорт|закордонний|pasaporta|pasporti|pasaportit|útlevélszám|หมายเลขหนังสือเดินทาง|paszportów|paszportem|護照|पासपोर्ट|পাসপোর্ট|pass no
driving-licence: driver lic|drivers lic|driv lic|driverlicense|driverlicence|driverslicense|driverslicence|dl#|cdl|licence no|license no|licencia de manejo|número de licencia|numero licencia|no. de licencia|permiso de conducción|permiso conducir|licencia de conducción|carnet conducir|numéro permis|permis conduire|numéro de licence|fahrerlaubnis|fahrerlaubnisnummer|fuhrerschein|führerscheinnr|führerschäin|numero patente|numero di patente|patente n|carteira de habilitação|permissão de condução|licença de condução|rijbewijzen|rijbewijsnummers|juhiloa|juhiloa number|juhilubade|juhiload|vadītāja apliecība|vadītāja apliecības|vaditaja apliecibas|vairuotojo pažymėjimo|vezetői engedély|vezetoi engedely|řidičského průkazu|řidičské průkazy|vodičského preukazu|prawa jazdy|vozačke dozvole|vozačkoj dozvoli|vozačku dozvolu|vozniškega dovoljenja|vozniških dovoljenj|шофьорски книжки|шофьорската книжка|свидетелство за управление|сумпс|водительского удостоверения|водительские права|водительских прав|водійське посвідчення|водійські права|δίπλωμα οδήγησης|άδειας οδήγησης|αρ. διπλώματος|διπλώματος|adeia odigisis|ceadúnas tiomána|ceadúnais tiomána|liċenzja tas-sewqan|liċenzji tas-sewwieq|sewqan|førerkortnr|førerkort nr|kørekort nr|körkortsnr|ajokortin|ajokortin numero|ajokortit|permisul de conducere|permisului de conducere|permise de conducere|免許番号|運転免許証|驾照|驾驶执照|jiashizheng|menkyo|운전면허증|surat izin|no. sim|nomor sim|sim a|sürücü belgesi no|ehliyet no|rybewys|bestuurslisensie
identity-document: electoral roll|electoral register|elector number|social welfare number|social welfare no|nhif|nssf|sha number|bpjs|bhxh|bảo hiểm xã hội|ssnit|cnss|sgk sicil|sicil no|sigorta sicil|esic|esi number|esi no|uan no|uan number|universal account number|abha|phin no|phin number|personal health identification|personal health number|health identification number|health insurance number|health insurance no|health card number|ramq|lanr|arztnummer|bsnr|betriebsstättennummer|dod id|edipi|fayda|indangamuntu|kitambulisho|citizenship no|citizenship number|ना.प्र.नं|नागरिकता|khmer id|numri personal|nr. personal|jmb|αριθμός δελτίου|tautotita|ταυτοτητασ|серия и номер|лична карта|ід-картка|id-картки|carte de identitate|seria ci|serie ci|seria și numărul|serie și număr|asmens tapatybės|atk nr|id-kaardi|id kaardi|isikutunnistuse|identitätskarte|identitaetskarte|osobní doklad|číslo op|cédula de extranjería|carné de extranjería|carnet de extranjería|cedula extranjeria|tarjeta de identidad|idmex|número de soporte|num. soporte|idesp|bilhete de identidade|número do bi|id-nummer|住民票コード|住民票|juminhyo|基礎年金番号|年金番号|nenkin|basic pension|健康保険|被保険者番号|保険証番号|保険証|hokensho|社会保険番号|社会保険|雇用保険|介護保険|登録番号|alien registration|alien number|uscis|a-number|foreigner registration|外国人登録証|αμ ικα|α.μ. εφκα|μητρώου εφκα|am ika|civil no|civil number|civil id|cpr no|الضمان الاجتماعي|رقم التأمين|voter identification number|pvc|swn|national registration card|nrc no|nrc number|မှတ်ပုံတင်|social insurance no|pension number|health service number|national provider|nº do bi|n.º do bi|bi n.º|bi nº|n° bi|carnet extranjería|carné extranjería|c.e. n°|ce n°|ce nº|adt|perso nr
tax-number: vat registration number|taxpayer reference|номер плательщика|налоговый номер
eu-vat-number: uid nr|käibemaksukohustuslase|kmkr nr|pvm mokėtojo kodas|omzetbelastingnummer|omzetbelasting|kbo nummer|ondernemingsnummer|numéro d'entreprise|numéro tva|moms nr|momsnummer|vrn|vat #|mwst nr|mwst nr|katma değer|umsatzsteuernummer|mehrwertsteuer|daňové identifikačné číslo|taxe valeur ajoutée|valeur ajoutée|atu nummer|uid number
date-of-birth: d.o.b|født|fødselsdag|syntynyt|född|生年月日|생년월일|生日|născut|născut la|rođen|datum rođenja|rojstva|datum rojstva|gimimo data|dzimšanas|dzimšanas datums|sünniaeg|sünnikuupäev|ngày sinh|วันเกิด|tanggal lahir|tarikh lahir|تاريخ الميلاد|תאריך לידה|ημερομηνία γέννησης|γέννησης|дата народження|дата на раждане|роден|датум рођења|narozen|narodený|urodzona|geboren op|né(e) le|née|nata il|fecha nacimiento|data nascita|data nasc|fec nac|doğum|születési idő|gebdat|geb dat|bday
phone-number: handynummer|handynr|mobilnr|mobiltelefon|telefonnr|telefonszám|telefón|telefoni|telefono cellulare|komórkowy|nr tel|tel. kom|mobiele|mobiel|cep telefonu|เบอร์โทร|โทรศัพท์|số điện thoại|điện thoại|telp|الهاتف|هاتف|جوال|טלפון|נייד|τηλέφωνο|κινητό|мобильный|моб. тел|мобільний|手机|手机号|携帯|携帯電話|휴대폰|핸드폰|연락처|msisdn|contact no|contact number|phone no|tlf|tlf.nr|cellulare|tel no|telefoonnummer|tél|tel. č|тел.|моб.|τηλ.|τηλεφώνου|κιν.|mob|gsm|telefonas|telefons|tālrunis|tālr|mobitel|mobilni|mobilní|mobiil|matkapuhelin|puh|puhelinnumero|cep tel|cep no|nr telefon|nr. telefon|telefonu|telepon|no. hp|no hp|sđt|đt|โทร|มือถือ|تلفن|موبایل|شماره تماس|мобилен|מספר טלפון|טל'|联系电话|聯絡電話|手機|फ़ोन|मोबाइल|phones
vehicle-number: vehicle id|chassis number|numéro de châssis|vin number
"""
