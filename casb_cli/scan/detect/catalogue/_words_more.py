"""Words for numbers as forms and registers of each country name them, in its languages and in English."""

# ruff: noqa: E501 - words, one number a line

from __future__ import annotations

MORE = """
ad-nrt: número de registre|núm. nrt|nrt núm|andorra tax
al-nipt: numri i nipt|kodi fiskal|numri fiskal|numri unik i identifikimit
al-identity-number: numri i identitetit|numri i letërnjoftimit|nr. personal|nr personal|numri i kartës
ar-cuit: clave única|clave unica|argentine tax|argentinian tax|cuit/cuil|inscripción afip|afip
ar-dni: nº de documento|n° de documento|nro. de documento|nro de documento|nro. doc|nro documento|número de documento|numero de documento|documento nº|documento n°|doc. identidad|documento de identidad|argentine dni|argentinian national|tipo y nro|libreta cívica|libreta de enrolamiento
at-insurance-number: vnr|svnr|vers.-nr|vers. nr|versnr|sozialvers.-nr|sozialvers.nr|ecard|e card nummer
at-tax-number: steuer nr|finanzamt steuernummer|abgabenkonto nr|austrian tax
au-tfn: a.t.o|australian tax|tax file no
au-abn: australian company|acn
au-medicare-number: medicare no|medicare card
az-voen: vergi kodu|azerbaijan tax|azerbaijani tax|vöen kodu
az-pin: azerbaijan personal|azerbaijani personal|personal code|vəsiqə|fi̇n kod|ş.v
bd-nid: জাতীয় পরিচয়|national identity|nid number|voter id|bangladesh id|bangladeshi national
be-national-number: n° national|no national|nº national|rijksreg. nr|rijksregister nr|rrnr|inss nr|n° registre national|n° niss|belgian id|identification du registre national|belgian social security
be-bis: numéro bis|bis register|registre bis|bisregister|bis nr|belgian bis
be-identity-card: numéro de la carte|n° carte d'identité|numéro carte d'identité|kaartnr|identiteitskaartnr|identiteitskaart nr|belgian electronic|belgian eid|id card|identity card
bg-egn: егн №|единен граждански номер|лична карта егн|bulgarian egn|bulgarian personal|лк №
bg-foreigner-number: личен номер на чужденец|чужденец|foreigner number|personal number of a foreigner|bulgarian number of a foreigner
bo-identity-card: cédula|carnet|bolivian id|nº ci|ci nº|c.i. nº
br-cpf: cpf nº|cpf n.º|cpf n°|nº cpf|n° cpf|número do cpf|cpf do|brazilian national|pessoa física|pessoas físicas
br-cnpj: cnpj nº|cnpj n.º|cnpj n°|número do cnpj|pessoa jurídica|brazilian company|razão social
br-rg: cédula de identidade|carteira de identidade|identidade nº|doc. identidade|documento de identidade|rg n.º|rg n°|órgão expedidor
br-pis: pis/pasep/nit|nº pis|pis n°|programa de integração social|ctps|inscrição do trabalhador
br-driving-licence: nº cnh|registro cnh|carteira nacional de habilitação|nº registro|brazilian driving
br-voter-number: título eleitor|nº título|zona eleitoral
by-unp: учётный номер|учетный номер|унп №|belarus tax|belarusian tax|belarus vat|белорусский налог
by-personal-number: личный №|идентификационный №|ид. номер|belarusian personal|belarus personal
ca-sin: social ins. no|social insurance no|no d'assurance sociale|nº d'assurance sociale|n° d'assurance sociale|num. assurance sociale|canadian social
ca-bc-health-number: health care number|bc health|carecard|care card|british columbia
ca-ontario-health-card: healthcard|ohip number|health no|carte santé
ch-ahv: ahv|avs|sozialvers.-nr|sozialversicherungs nr|n° ahv|numéro d'assuré|no avs|num. avs|oasi|nuovo numero avs|numero avs|swiss social|navs13|navs|versichertennummer|assicurazione sociale
cl-rut: rut nº|rut n°|nº rut|rol unico nacional|rol único nac|run nº|cédula nacional|c. identidad|chilean id|chilean national|chilean tax|chilean rut|rut empleado
cn-resident-id: 证件号码|身份证件号|居民身份|身份证件|公民身份|公民身份号码|公民身份证|身份证号|身分證號碼|chinese id|chinese resident|id card no|shenfenzheng|sfz
co-nit: nit nº|nit no|n.i.t. no|colombian tax|identificación tributaria|rut
co-cedula: c.c. no|cc nº|cc n°|c.c. nº|c.c. n°|no. cédula|nº de cédula|documento no|identificación no|número de identificación|numero de identificacion|doc. identidad|colombian id|colombian cédula|cédula de extranjería|tarjeta de identidad
cr-cedula: cédula física|cedula fisica|nº cédula|número de cédula|cédula nº|céd|costa rica id|costa rican|costa rica physical
cr-residence-number: residencia|cédula de residencia|costa rica residence|costa rican residence|documento migratorio|costa rica foreigners
cu-identity-number: carné de identidad|carné|ci nº|no. ci|nº ci|número de carné|cuban id|cuban identity|no. de identidad|nip|número permanente
cy-tax-number: α.φ.τ|αρ. φορολογικής|φορολογικής ταυτότητας|αριθμός φορολογικής|αρ. φπα|cyprus tax|cypriot tax|cypriot vat|cyprus tic|t.i.c
cz-rodne-cislo: rod. č|rod.č|rodné č|rč|r.č|rodné číslo zaměstnance|identifikátor pojištěnce|číslo pojištěnce
cz-dic: dič plátce|dič|číslo plátce|czech tax|d.i.č
de-tax-id: idnr|steuer ident|steuer id nr|st.-id|stid|tax identification no|german tax|german personal tax|steuerliche id|persönliche identifikationsnummer
de-tax-number: steuer-nr|steuer nr|stnr|steuer no|german tax
de-pension-number: rvnummer|rentenvers.-nr|rentenvers.nr|rentenversicherungs nr|sozialvers.-nr|sozialvers.nr|sozialversicherungs nr|vsnr|vers.-nr|versnr
de-health-number: krankenvers.-nr|krankenkassennummer|krankenkassen nr|kv-nummer|kvnr|vers.-nr|versicherten-id|health insurance number|egk|versichertenkennung|krankenversichertennr
de-identity-document: perso-nr|perso nr|personr|personalausw|ausw.-nr|ausweis-nr|ausweis no|dokumentennr|serien nr|ausweis|reisepass nr|pass-nr|german id
dk-cpr: cpr-nr|cpr nr|personnr|person nr|cpr no|danish personal|cpr|fødselsnr
do-cedula: cédula nº|céd|cédula n°|no. de cédula|no. cédula|nº cédula|número de cédula|dominican id|dominican identity|dominican cédula|identidad y electoral
dz-nif: nif n°|n° nif|numéro fiscal|matricule fiscal|algeria tax|algerian tax|رقم التعريف الجبائي|التعريف الجبائي
dz-nin: n° d'identification national|nin n°|algerian national|algerian id|رقم التعريف الوطني الوحيد
ec-cedula: céd|nº cédula|no. cédula|nro. cédula|nro cédula|número de cédula|cédula nº|ci nº|c.i. nº|ecuadorian id|ecuadorian personal
ec-ruc: r.u.c|ruc nº|ruc no|nro. ruc|número de ruc|contribuyente|registro unico de contribuyentes|ecuador tax|ecuador ruc|ecuadorian tax
ee-isikukood: id kood|isiku kood|isikukood|isikutunnus|estonian id|estonian national|eesti isikukood|личный код
eg-national-id: رقم قومى|الرقم القومى|القومي|بطاقة الرقم القومي|رقم الهوية|بطاقة شخصية|egyptian national|egypt national
eg-tax-number: التسجيل الضريبي|رقم التسجيل|رقم ضريبي|الرقم الضريبى|egyptian tax|egypt tax
es-dni: dni nº|dni n°|nº dni|n.º dni|nº de dni|documento nacional|nif nº|spanish id|spanish personal|doc. identidad|n.i.f. nº|nº documento|dni/nie
es-nie: nie nº|nº nie|tarjeta de residencia|permiso de residencia|dni/nie
es-social-security: nº s.s|núm. s.s|nº s. social|n.º ss|nº de ss|nuss nº|seg social|s. social|tarjeta sanitaria|afiliado|nº naf|n.a.f|afiliación a la seguridad social
fi-hetu: hetu|henk.tunnus|henk. tunnus|henkilötunn|h-tunnus|sosiaaliturva|finnish id|finnish national|finnish identity|finnish social|pers.bet|personbet
fr-social-security: n° de sécurité sociale|n° sécurité sociale|n°ss|n° secu|num sécu|numéro sécu|sécu|n° insee|numéro insee|n° nir|matricule insee|n° d'assuré|sécurité soc|french personal|n.i.r.p.p|inscription au répertoire
fr-tax-number: n° spi|spi n°|numéro spi|n° nif|nif n°|num. fiscal|no fiscal|déclarant|french tax|fiscal de référence|fiscale de référence
gb-national-insurance: ni number|n.i. no|nat. ins|nat insurance|national ins|nino|n.i. num|ni num|british national insurance|uk national insurance
gb-nhs-number: nhs|nhs num|nhs id|n.h.s
gb-utr: tax reference|tax ref|sa utr|utr number|utr no|hmrc|british tax|uk tax|united kingdom unique
gb-pupil-number: pupil number|pupil no|student number|upn no
ge-personal-number: პირადი ნომერი|პ/ნ|georgian personal|personal number|personal no
gh-tin: ghana revenue|taxpayer identification|tin no|tin number|ghanaian tax
gh-card: ghana card|national id
gn-nif: nif permanent|n° nif|nif n°|numéro d'identification fiscale|identification fiscale permanent|guinea tax|guinean tax
gr-amka: α.μ.κ.α|αμκα|αρ. αμκα|κοινωνικής ασφ
gr-afm: α.φ.μ|αφμ|φορολ. μητρώου|φορολογικός αριθμός|φορ. μητρώο|greek tax
gt-nit: nit nº|nit no|no. nit|número de nit|guatemala tax|guatemalan tax
gt-dpi: cui nº|no. dpi|guatemalan id|guatemalan identity|identificación personal
hk-identity-card: 身份證號碼|身份証|身分證號碼|香港身分證|hkid card|h.k.i.d|hong kong id|identity card no|id card
hn-identity-number: tarjeta de identidad|número de identidad|no. de identidad|nº identidad|honduran id|honduran identity
hr-oib: oib|osobni id|osobni identifikacijski broj|osobni identif|croatian id|croatian oib|croatian personal
hu-taj: taj száma|taj-szám|taj sz|taj|társadalombizt|tb-szám|egészségbiztosítási|hungarian social
hu-tax-id: adóazonosító|adóaz|adó azonosító|adóazonosító jele|adóazon|hungarian tax|hungarian personal tax
hu-tax-number: adósz|áfa szám|közösségi adósz|hungarian vat|eu adószám
hu-personal-number: személyi azonosító|személyi szám|személyazonosító|szem. szám|hungarian personal|hungarian id
id-nik: nomor induk|no. ktp|nomor ktp|no. nik|nomor nik|no nik|nomor identitas|no. identitas|identitas|ektp|kependudukan|indonesian id|indonesian identity
id-npwp: no. npwp|nomor npwp|no npwp|pokok wajib pajak|n.p.w.p|indonesian tax|indonesian vat
ie-pps: pps|p.p.s|pps number|ppsn|pps num|uimhir psp|uimhir phearsanta|rsi no|irish personal|irish pps|public service number|irish tax
il-identity-number: מס' ת.ז|מספר ת.ז|מספר תעודת|מספר זיהוי|ת.זהות|מ.ז|zehut|israeli identity|israeli id
imei: imei no|imei 1|device imei|device number|handset id
in-aadhaar: uid no|uid number|aadhar no|aadhar card|aadhaar id|aadhaar card|आधार नंबर|आधार क्रमांक|आधार कार्ड|indian personal|indian id|unique identification|aadhar card no
in-pan: पैन नंबर|पैन कार्ड|पैन संख्या|pan no|pan number|pan card no|permanent a/c|permanent account no|indian income tax|indian tax
in-voter-id: मतदाता|मतदाता पहचान|वोटर|voter id no|epic no|voter card|elector's photo|indian voter
ir-national-code: کد ملي|شماره ملي|کدملی|کد شناسایی|کارت ملی|شناسه ملی|iranian id|iranian national|iran national|code melli|kode melli
is-kennitala: kt|kennit|kennitala|icelandic id|icelandic personal|icelandic national|iceland id
it-codice-fiscale: cod.fisc|cod. fisc|c. fiscale|codice fisc|cod.fiscale|italian tax|codice contribuente|tessera sanitaria
it-identity-card: carta d'identità n|carta identità n|c.i. n|c.i. nr|documento n|documento d'identità|numero documento|n. documento|doc. identità|documento di identità|documento di riconoscimento|italian id|identità elettronica|n. carta
it-partita-iva: partita i.v.a|part.iva|p.iva n|numero iva|partiva|p. i.v.a|part. i.v.a
jmbg: маt. број|матични број|матичен број|матични бр|матичен бр|мат. број|јмбг|јединствени матични|jedinstveni matični|jedinstveni matični broj|единствен матичен|единствен матичен број на граѓанинот|serbian personal|bosnian personal|macedonian personal|montenegrin personal|unique master citizen|personal number|лични број|mat. broj|mat.br|matični br
jo-national-number: الرقم الوطنى|رقم الوطني|jordanian national|jordan id
jp-my-number: 個人番号カード|マイナンバーカード|my number card|マイ・ナンバー|kojin bango|social security and tax number|番号法
jp-residence-card: 在留カード番号|residence card no|zairyu
ke-pin: kra pin no|pin no|pin number|p.i.n|tax pin|itax|kenya tax|kenyan tax
kr-resident-number: 주민 번호|주민등록 번호|등록번호|외국인 등록번호|resident id|resident no|registration number|korean resident|korean id|korean national|south korean|r.r.n|주민
kw-civil-id: البطاقة المدنية|رقم مدني|المدني|kuwaiti civil|kuwait civil|civil no|civil number
kz-iin: жеке сәйкестендіру|жеке сәйкестендіру нөмірі|индивидуальный идентификационный|иин/бин|бин|kazakh id|kazakhstan iin|kazakh individual|iin/bin
li-peid: personen id|liechtenstein tax|pers.-id
lk-nic: nic no|nic number|n.i.c|sri lankan id|sri lanka nic|හැඳුනුම්පත|தேசிய அடையாள
lt-asmens-kodas: asmens kodas|asm. k|asm.kodas|asmens kod|lithuanian id|lithuanian personal|lithuanian national
lu-national-number: matricule|n° matricule|no matricule|num. matricule|matricule nationale|numéro matricule|numéro d'identification nationale|n° d'identification nationale|sécurité sociale|nationalregister|sozialversicherungsnummer|ccss|luxembourg national|luxembourg id|luxembourgish
lv-personas-kods: personas kods|pers.kods|personaskods|latvian id|latvian personal|latvian national
ma-cin: c.i.n|cine|c.n.i.e|n° cin|n° cnie|cin n°|carte d’identité|carte nationale d'identité|رقم البطاقة الوطنية|بطاقة وطنية|بطاقة التعريف الوطنية|رقم البطاقة|ب.ت.و|ب و|moroccan id|moroccan cin|moroccan national|pièce d'identité
ma-ice: i.c.e|n° ice|ice n°|identifiant commun de l entreprise|morocco tax|moroccan tax|moroccan company
md-idno: idnp|cod personal|cod fiscal|număr de identificare|numărul personal|moldovan id|moldovan personal|moldovan idnp|moldova id
me-pib: poreski broj|pib broj|poreski id|порески број|poreski ident|montenegro tax|montenegrin tax
mk-edb: едб|даночен бр|единствен даночен|едниствен даночен број|е.д.б|north macedonia tax|macedonian tax|danocen broj
mt-identity-card: numru tal-karta|karta tal-identità numru|i.d. no|i.d. number|id card no|maltese identity|nru tal-karta
mt-vat: vat no|maltese vat|malta vat|numru tal-vat
mu-identity-number: nic|nid|n.i.c|nic no|national id|national identity|mauritius id|mauritian id|mauritius national|mauritian
mx-curp: clave curp|clave unica de registro|clave única|c.u.r.p|curp|mexican personal|mexican id|registro de población
mx-rfc: rfc del|rfc|rfc con|clave rfc|mexican tax|registro fed
mx-social-security: n.s.s|no. imss|no. de imss|número imss|afiliación imss|no. seguro social|núm. seguridad social|no. de afiliación|número de afiliación|seguridad social|mexican social
mx-elector-code: clave elector|credencial de elector|clave de elector
my-mykad: no. ic|no. k/p|no k/p|kad pengenalan|no kad pengenalan|no. mykad|mykad no|ic num|i.c. no|n.r.i.c|malaysian id|malaysian national|malaysian ic|identity card no
mz-nuit: n.u.i.t|nuit nº|nº nuit|número único de identificação tributária|identificação tributária|mozambique tax|mozambican tax
ng-nin: nin no|nin number|n.i.n|bvn no|b.v.n|bank verification|bank verification no|national identification no|virtual nin
ni-cedula: cédula nº|no. cédula|número de cédula|nicaraguan id|nicaraguan identity
nl-bsn: bsn|bsn nr|bsn-nr|b.s.n|bsnnr|burgerservice|burgerservicenr|burgerservice nummer|sofi nr|sofi-nr|sofinr|fiscaal nummer|dutch id|citizen service number
nl-identity-document: id-kaart|id kaart|idkaart|id-kaartnummer|id kaart nummer|documentnr|document nr|paspoort nr|paspoortnr|id bewijs|id-bewijs|identiteitsbewijs|legitimatiebewijs|legitimatienummer|dutch id
nl-education-number: onderwijsnr|onderwijs nummer|persoonsgebonden nummer|pgn|leerling nummer|studentnummer|education number|student number
no-fodselsnummer: fødselsnr|fødsels nr|fnr|fødsels- og personnummer|personnr|person nr|pnr|d-nummer|dnr|norwegian id|norwegian personal
nz-ird: ird number|ird num|tax number|new zealand inland|new zealand tax|nz ird
nz-health-number: nhi no|nhi number|n.h.i|patient nhi
pa-cedula: cédula nº|no. cédula|cédula de identidad personal|panamanian id|panamanian identity
pe-dni: dni nº|nº dni|n° dni|nro. dni|nro dni|dni nro|nro. documento|documento de identidad|nº documento|cedula unica de identidad|cédula única|peruvian id|peruvian identity|peruvian dni
pe-ruc: ruc nº|nº ruc|nro. ruc|nro ruc|número de ruc|registro unico de contribuyentes|registro único|contribuyentes|peru tax|peru ruc|peruvian tax|peruvian company
ph-sss: sss id|s.s.s|social security system|tin no|tin number|tin id|t.i.n|tax identification|tax id|tax number|taxpayer|bir|philhealth no|philhealth id|philhealth identification|pagibig|pag-ibig|pag-ibig mid|mid no|hdmf|rtn|crn|common reference|umid|umid id|philippine id|philippine social|philippine tax|psn|philsys
pk-cnic: nic|n.i.c|cnic #|id card|cnic number|nadra id|computerised national|computerized national|national identity card|قومی شناختی|شناختی کارڈ نمبر|شناختی|pakistani id|pakistani national|pakistani identity
pl-pesel: nr pesel|p.e.s.e.l|pesel|polish id
pl-nip: nr nip|n.i.p|nip|numer podatkowy|polish tax
pl-identity-card: seria i nr|seria i nr dowodu|numer dowodu osobistego|dow. os|dowód os|dowodu|dowód tożsamości|nr i seria|polish id
pt-nif: nif nº|nº nif|n.º nif|n.º de contribuinte|nº de contribuinte|contrib|contribuinte nº|n.º contribuinte|n.º de identificação fiscal|nº de identificação fiscal|identificação fiscal|numero de identificacao fiscal|portuguese tax|nipc
pt-cartao-cidadao: cc nº|cc n°|c.c. n.º|n.º do cartão|nº do cartão de cidadão|cartao de cidadao|cartão cidadão|cartão do cidadão|número de identificação civil|identificação civil|bi nº|documento de identificação|portuguese id|nic
pt-niss: seg. social|seg.social|n.º ss|nº ss|n.i.s.s|nº segurança social|n.º de segurança social|nº da segurança social|seguranca social|segurança soc|beneficiário|nº beneficiário
py-ruc: ruc nº|nº ruc|nro. ruc|ruc n°|ruc no|registro unico de contribuyentes|registro único|paraguay tax|paraguay ruc|paraguayan tax
py-identity-card: c.i. nº|ci nº|nro. ci|nro. cédula|cédula de identidad|paraguayan id|paraguayan identity
qa-identity-number: qid no|qid number|q.i.d|qatari id|qatar id no|رقم شخصي|رقم البطاقة الشخصية|البطاقة القطرية|الهوية القطرية|qatari identity|qatar national
ro-cnp: c.n.p|cnp|cnp nr|cod num. personal|cod numeric|codul numeric|romanian id|romanian personal|romanian cnp|romanian national
rs-pib: poreski broj|порески број|пиб број|poreski id|п.и.б|serbia tax|serbian tax|pib broj
ru-inn: инн №|инн физического|инн физлица|номер налогоплательщика|налогоплательщика|инн/кпп|и.н.н|russian tax|russian inn|taxpayer number
ru-snils: снилс №|№ снилс|страховое свидетельство|страхового свидетельства|страховой №|пенсионное страхование|пенсионного страхования|лицевого счета|лицевого счёта|russian pension|russian insurance|snils no|insurance number
sa-identity-number: رقم الهويه|الهوية|هوية رقم|السجل المدني|رقم السجل المدني|هوية مقيم|رقم الاقامة|الاقامة|اقامة|iqama no|iqama number|saudi national|saudi identity|residence permit|muqeem|absher
se-personnummer: personnr|pers.nr|pers nr|persnr|pers. nr|pnr|person nr|samordningsnr|swedish id|swedish personal|personal identity number
sg-nric: nric no|nric/fin|nric number|n.r.i.c|fin number|fin no|s/n nric|identity card|singapore nric|singaporean id|singapore identity
si-emso: emšo|e.m.š.o|enotna matična|enotna matična št|matična št|enotne matične številke|slovenian id|slovenian personal|unique master citizen|slovene personal
si-tax-number: davčna št|davčna številka|dš|d.š|id. št. za ddv|identifikacijska št|id št|davč. št|davcna st|slovenian tax|slovenian vat|davčni zavezanec|si ddv
sk-rodne-cislo: rodné č|rod. č|rod.č|rč|r.č|rodne c|slovak birth|slovak id
sn-ninea: n.i.n.e.a|ninea n°|n° ninea|senegal tax|senegalese tax
sv-nit: n.i.t|nit nº|no. nit|número de nit|el salvador nit|el salvador tax|salvadoran tax
sv-dui: d.u.i|dui nº|no. dui|dui no|número de dui|documento único|documento unico|salvadoran id|el salvador id
th-identity-number: บัตร ปชช|เลขบัตร|เลขที่บัตร|หมายเลขประจำตัว|หมายเลขประจำตัวประชาชน|เลขประจำตัวบัตร|หมายเลขบัตรประชาชน|เลข 13 หลัก|เลขที่ประจำตัว|thai id|thai national id|thai personal|thailand personal|thailand id|citizen id no
th-tax-number: เลขประจำตัวผู้เสียภาษีอากร|หมายเลขผู้เสียภาษี|ผู้เสียภาษี|thailand tax|thailand taxpayer|thai tax
tn-mf: mf n°|matricule fisc|identifiant unique|المعرف الجبائي|tunisia tax|tunisian tax
tn-cin: c.i.n|cin n°|n° cin|carte d'identité nationale|ب ت و|بطاقة تعريف|رقم بطاقة التعريف|tunisian id|tunisian identity
tr-identity-number: tc kimlik|t.c.kimlik|t.c. kimlik|tc kimlik num|kimlik no|kimlik num|nüfus|vatandaşlık|vatandaşlık no|vatandaslik|turkish national|turkish personal|turkish identity
tr-vkn: vergi kimlik no|v.k.n|vkn no|vergi dairesi|vergi numara|turkish tax
tw-identity-number: 身分證字號|身份字號|身分證號|身分證號碼|國民身分證|統一證號|taiwanese id|taiwan national|roc id|national id
tw-business-number: 統一編號|公司統編|營利事業|unified business|taiwanese tax|taiwan tax|gui number
tz-nida: nida no|namba ya nida|kitambulisho cha taifa|tanzanian id|tanzanian national
ua-rntrc: рнокпп|реєстраційний номер|ідентифікаційний код|ідентифікаційний №|ідент. код|ідн|і.п.н|ідентифікаційний податковий номер|індивідуальний податковий номер|облікової картки|платника податків|податковий №|ukrainian tax|individual taxpayer
ug-nin: nin no|nin number|ndaga muntu|ugandan id|ugandan national
us-itin: individual taxpayer|taxpayer id|taxpayer identification|i.t.i.n|itin no|itin number|itin #
us-ein: e.i.n|ein no|fein #|federal ein|federal employer|federal tax|employer identification|employer id|employer tax|tax id
us-atin: adoption tin|adoption tax id|a.t.i.n|taxpayer id|taxpayer identification|tax id
us-ptin: preparer's|paid preparer|p.t.i.n|ptin #|preparer id
us-npi: n.p.i|npi no|national provider|provider number|provider no|rendering provider|billing provider
us-dea-number: dea no|dea number|dea reg|dea registration|drug enforcement|d.e.a
us-medicare-number: mbi no|medicare beneficiary|medicare #|medicare no|medicare claim|hic number
uy-rut: r.u.t|rut nº|nº rut|número de rut|nro. rut|uruguay tax|uruguayan tax
uy-cedula: c.i. nº|ci nº|cédula nº|nº cédula|nro. cédula|documento|documento nº|doc. nº|uruguayan id|uruguayan identity
uz-pinfl: жисмоний шахс|шахсий рақам|жшшир|jismoniy shaxs|shaxsiy raqam|pinfl no|uzbek personal|uzbek id|физического лица
ve-rif: rif nº|rif no|nro. rif|número de rif|informacion fiscal|información fiscal|venezuelan tax|venezuelan vat
ve-cedula: c.i. nº|ci nº|cédula nº|nº cédula|nro. cédula|cédula de identidad|venezuelan id|venezuelan identity
vehicle-number: vin no|vehicle id|chassis no|fahrgestellnr|fahrgestell nr|fahrzeug ident|fin nummer|numéro de châssis|n° de châssis|numéro de série du véhicule|bastidor|nº de bastidor|telaio|numero di telaio|nr nadwozia|numer vin|chassinummer|chassisnummer|chassi
vn-citizen-card: số cccd|cccd số|cmnd số|số cmnd|số căn cước|thẻ căn cước|căn cước công dân|can cuoc|cccd/cmnd|giấy chứng minh|chung minh nhan dan|số định danh cá nhân|vietnamese id|vietnam id|vietnamese citizen
vn-tax-number: mst|mst số|mã số thuế|mã thuế|vietnam tax|vietnamese tax|tax code
za-identity-number: id number|i.d. number|i.d. no|sa id number|said|south african|identity no|identiteitsnommer|rsa id no
za-tax-number: tax reference|income tax no|income tax ref|it ref|tax ref no|sars ref|south african tax|tax number
passport-number: паспорт рф|паспорт №|серия и номер|серия номер|паспортные данные|удостоверяющий личность|russian passport|passport num|ppt no|passport id|passport #|passeport|passeport n°|n° passeport|n° de passeport|no de passeport|passepoort|reisepassnr|reisepass-nr|pass-nr|passnr|pasaporte nº|nº pasaporte|nº de pasaporte|n.º passaporte|nº do passaporte|passaporto n|n. passaporto|numero passaporto|passaporte nº|paspoortnr|paspoort nr|nr paszportu|numer paszportu|seria i numer paszportu|číslo pasu|cestovního pasu|cestovného pasu|pasnummer|pasnr|passnummer|passnumret|passi nro|passin numero|загранпаспорта|закордонний паспорт|паспорт №|αρ. διαβατηρίου|διαβατηρίου|útlevélszám|útlevél száma|număr pașaport|pașaport nr|pasaport no|pasaport numarası|број пасоша|broj pasoša|broj putovnice|št. potnega lista|potnega lista|护照号|护照号码|護照|護照號碼|旅券番号|パスポート番号|여권번호|เลขที่หนังสือเดินทาง|พาสปอร์ต|số hộ chiếu|no. paspor|paspor|nomor paspor|رقم الجواز|جواز سفر|رقم جواز|گذرنامه|شماره گذرنامه|מספר דרכון|पासपोर्ट
driving-licence: driver number|driver no|driver licence no|driving licence no|driving licence number|driver's licence no|uk driving licence|british driving|dvla|dl number|d.l. no|driver lic|driver's lic|drivers lic|us driver|führerschein-nr|führerscheinnr|fuehrerscheinnummer|nr. des führerscheins|führerscheins|fahrerlaubnis|permis n°|n° de permis|n° permis|no de permis|numéro du permis|numéro permis|permis de cond|numero de permis|patente n|n. patente|nr. patente|numero patente|numero di patente|patente nr|patente guida|patente di g|numero della patente|licencia nº|nº licencia|nº de licencia|número de licencia|licencia de manejo|licencia conducir|permiso conducir|nº de permiso|carnet conducir|carta condução|n.º carta|carta de cond|habilitação|rijbewijs nr|rijbewijsnr|nr prawa jazdy|numer prawa jazdy|číslo řp|řidičského průkazu|vodičského preukazu|körkortsnr|førerkortnr|førerkort nr|kørekortnr|kørekort nr|ajokortin|vezetői engedély|jogosítvány száma|nr. permis|număr permis|seria permis|ehliyet no|sürücü belge no|ehliyet numarası|в/у|вод. удостоверение|водительского удостоверения|ву №|vozačke dozvole|vozačka|vozniškega dovoljenja|свидетелство за управление|шофьорска|άδειας οδήγησης|аρ. αδείας|teisės pažymėjimas|vadītāja apliecība|juhiloa number|驾驶证号|驾照|駕照|運転免許証|免許証番号|운전면허번호|ใบอนุญาตขับขี่|เลขที่ใบขับขี่|số gplx|gplx|bằng lái xe|no. sim|nomor sim|lesen memandu|رقم الرخصة|رخصة قيادة|גواهینامه|גرانندگی|ड्राइविंग लाइसेंस
identity-document: personal number|personal id|personal id no|personal identity|citizen card|citizen number|citizen no|national number|national no|national id no|resident id|residence permit|residence permit no|residence card|residence title|aufenthaltstitel nr|aufenthaltskarte|aufenthaltserlaubnis|titre de séjour|n° titre de séjour|carte de séjour|carte nationale d'identité|carte nationale|n° cni|cni n°|pièce d'identité|n° de pièce|permesso di soggiorno|tarjeta de identidad|nº de documento|autorização de residência|título de residência|documento de identificação|verblijfsvergunning|verblijfsdocument|vreemdelingennummer|v-nummer|karta pobytu|numer karty pobytu|číslo op|číslo průkazu|op č|č. op|č.op|průkaz totožnosti|občanského průkazu|občianskeho preukazu|číslo preukazu|číslo dokladu|szig|szig. szám|személyi ig|személyazonosító igazolvány|igazolványszám|c.i. seria|ci seria|лична карта №|л.к|лк №|broj osobne|broj lične karte|br. lk|broj osobne iskaznice|št. osebne|osebne izkaznice|osebna številka|numri personal|numri i letërnjoftimit|şəxsiyyət|вид на жительство|id-карта|посвідка|посвідчення особи|паспорт-id|серія та номер|жеке куәлік|а.д.т|α.δ.τ|αρ. ταυτότητας|αριθμός ταυτότητας|αρ. δελτίου ταυτότητας|asmens tapatybės|asmens tapatybės kortelė|personas apliecība|isikutunnistus|id-kaart|henkilökortin|personalausw|legitimationsnummer|pasnummer|身份证明|身分証明書|신분증 번호|外国人登録番号|emirates id
tax-number: tax identification no|tax identifier|tax payer|tax payer id|taxpayer number|taxpayer no|tax reference|tax registration|tax registration no|tin no|tin number|fiscal id|fiscal identification|fiscal identification number|vat registration|vat reg|vat reg no|vat no|vat number|ust-idnr|ust-id|uid-nummer|steuer nr|st.-nr|steuer ident|n° fiscal|n° tva|numéro de tva|identification fiscale|numéro d'identification fiscale|nif|número de identificação fiscal|identificação fiscal|nº fiscal|n.º fiscal|clave fiscal|registro federal|registro único|partita iva|cod. fiscale|fiscaal nummer|btw-nummer|btw nr|nr nip|numer podatkowy|ič dph|daňové č|porezni broj|porezni|poreski broj|davčna številka|davčna|даночен број|данъчен №|идн. номер|налогоплательщика|adóazonosító|adószáma|cod fiscal|kodi fiskal|vergi kimlik|verginumarası|φορολογικός|φορολογικής|الضريبي|ضريبي|מספר תיק|納税者|税务登记|纳税人识别号|统一社会信用代码|사업자등록번호|wajib pajak|no. cukai|income tax no
eu-vat-number: vat reg|vat registration|vat reg no|ust-idnr|ust.-idnr|uid-nummer|uid nummer|mva|moms|momsnr|moms nr|momsregistreringsnummer|alv|alv nro|alv numero|kmkr|käibemaks|pvm kodas|pvm mokėtojo|pvn reģ|n° tva|no tva|numéro de tva|tva no|btw-nr|btw nr|btw id|cod tva|идент. номер по ддс|zdds|ид номер|arvonlisävero|vat identification|id za ddv|ič dph|p. iva|partita iva|nif iva|n.i.f
"""
