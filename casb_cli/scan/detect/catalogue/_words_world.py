"""Words for numbers of Asia, Africa and the Pacific."""

# ruff: noqa: E501 - words

from __future__ import annotations

WORLD = """
au-abn: australian business number|australian company|acn|business no
au-medicare-number: medicare no|medicare card|medicare #
au-tfn: tax file number|tax file no|tax file|a.t.o|australian tax
az-pin: azerbaijan personal|azerbaijani personal|personal code|vəsiqə|fi̇n kod|ş.v|
    azerbaijani id|azerbaijani national id|azerbaijani identity|azerbaijan id|azerbaijan national id|azerbaijan identity|
    FİN|FİN kod|FİN kodu
az-voen: vergi ödəyicisi|vergi kodu|azerbaijan tax|azerbaijani tax|vöen kodu|identifikasiya nömrəsi
bd-nid: জাতীয় পরিচয়|national identity|nid number|voter id|bangladesh id|bangladeshi national|
    bangladeshi id|bangladeshi national id|bangladeshi identity|bangladesh national id|bangladesh identity
cn-resident-id: 居民身份证|居民身份证号码|身份证号码|身分证|ric|ric no|证件号码|证件号|身份证件号|居民身份|身份证件|公民身份|公民身份号码|公民身份证|身份证号|身分證號碼|chinese id|chinese resident|id card no|
    shenfenzheng|sfz|sfzh|prc id|居民 身份证
dz-nif: n.i.f|numéro d'identification fiscale|identification fiscale|nif|nif n°|n° nif|numéro fiscal|matricule fiscal|algeria tax|algerian tax|
    رقم التعريف الجبائي|التعريف الجبائي
dz-nin: numéro d'identité national|n° d'identification national|nin n°|algerian national|algerian id|رقم التعريف الوطني الوحيد
eg-national-id: رقم البطاقة|رقم قومى|الرقم القومى|القومي|بطاقة الرقم القومي|رقم الهوية|بطاقة شخصية|egyptian national|egypt national|تحقيق الشخصية|
    raqm qawmi|raqam qawmi|
    egypt id
eg-tax-number: رقم التسجيل الضريبي|tax registration number|التسجيل الضريبي|رقم التسجيل|رقم ضريبي|الرقم الضريبى|egyptian tax|egypt tax|
    egypt trn
ge-personal-number: პირადი ნომერი|პ/ნ|georgian personal|personal number|personal no|
    georgian id|georgian national id|georgian identity
gh-card: ghana card|national id
gh-tin: ghana revenue|taxpayer identification|tin no|tin number|ghanaian tax
gn-nif: nif permanent|n° nif|nif n°|numéro d'identification fiscale|identification fiscale permanent|guinea tax|guinean tax
hk-identity-card: 身份證號碼|身份証|身分證號碼|香港身分證|hkid card|h.k.i.d|hong kong id|identity card no|id card|hk identity card|hk id|身分証|居民身分|
    hkidc|身分證
id-nik: nomor induk kependudukan|induk kependudukan|ktp|no ktp|nik ktp|nomor ktp|kartu tanda penduduk|nomor induk|no. ktp|no. nik|nomor nik|no nik|
    nomor identitas|no. identitas|identitas|ektp|kependudukan|indonesian id|indonesian identity
id-npwp: nomor pokok wajib pajak|wajib pajak|nomor npwp|no. npwp|no npwp|pokok wajib pajak|n.p.w.p|indonesian tax|indonesian vat
il-identity-number: ת.ז|ת"ז|תעודת זהות|מספר זהות|teudat zehut|mispar zehut|מס' זהות|ת״ז|מס' ת.ז|מספר ת.ז|מספר תעודת|מספר זיהוי|ת.זהות|מ.ז|zehut|
    israeli identity|israeli id|tz number|זהות ישראלית|هوية إسرائيلية|رقم الهوية|ת. זהות|
    هوية رقم|עדיפות הזהות
in-aadhaar: aadhar|aadhaar no|uidai|आधार|आधार संख्या|adhaar|aadhaar card|aadhar card|uidai number|आधार नंबर|uid no|uid number|aadhar no|aadhaar id|
    आधार क्रमांक|आधार कार्ड|indian personal|indian id|unique identification|aadhar card no
in-pan: pan no|pan card|permanent account number|पैन|पैन नंबर|पैन कार्ड|पैन संख्या|pan number|pan card no|permanent a/c|permanent account no|
    indian income tax|indian tax|स्थायी खाता|स्थायी खाता संख्या|panno|
    स्थायी लेखा
in-voter-id: electoral photo|photo identity card|electors photo|epic no|voter card|elector photo|epic number|epic card|मतदाता|मतदाता पहचान|वोटर|
    voter id no|elector's photo|indian voter|voterid|
    पहचान पत्र
ir-national-code: code meli|kod meli|kode meli|kod melli|shomare melli|کدملی|national code|کد ملي|شماره ملي|کد شناسایی|کارت ملی|شناسه ملی|iranian id|iranian national|iran national|code melli|kode melli
jo-national-number: al watani|raqam watani|الرقم الوطنى|رقم الوطني|jordanian national|jordan id
jp-my-number: マイナンバー|個人番号|my number|mynumber|kojin bangō|kojin bango|japanese individual|個人番号カード|マイナンバーカード|my number card|マイ・ナンバー|
    social security and tax number|番号法|共通番号|個人識別番号|個人識別ナンバー|通知カード
jp-residence-card: 在留カード番号|residence card no|zairyu
ke-pin: kra pin|kra|personal identification number|kra pin number|kra pin no|pin no|pin number|p.i.n|tax pin|itax|kenya tax|kenyan tax|kra no
kr-resident-number: 주민등록번호|주민번호|주민 등록 번호|resident registration|rrn|resident number|주민 번호|주민등록 번호|등록번호|외국인 등록번호|resident id|resident no|
    registration number|korean resident|korean id|korean national|south korean|r.r.n|주민|외국인번호|frn|jumin deungnok|citizen's registration|resident reg
kw-civil-id: البطاقة المدنية|رقم مدني|المدني|kuwaiti civil|kuwait civil|civil no|civil number
kz-iin: жеке сәйкестендіру|жеке сәйкестендіру нөмірі|индивидуальный идентификационный|иин/бин|бин|kazakh id|kazakhstan iin|kazakh individual|iin/bin
lk-nic: nic no|nic number|n.i.c|sri lankan id|sri lanka nic|හැඳුනුම්පත|தேசிய அடையாள
ma-cin: c.i.n|cine|c.n.i.e|n° cin|n° cnie|cin n°|carte d’identité|carte nationale d'identité|رقم البطاقة الوطنية|بطاقة وطنية|بطاقة التعريف الوطنية|
    رقم البطاقة|ب.ت.و|ب و|moroccan id|moroccan cin|moroccan national|pièce d'identité|التعريف الوطنية|carte d'identité nationale|
    moroccan national id|moroccan identity|morocco id|morocco national id|morocco identity
ma-ice: identifiant commun de l'entreprise|identifiant commun de l’entreprise|i.c.e|n° ice|ice n°|identifiant commun de l entreprise|morocco tax|
    moroccan tax|moroccan company
mu-identity-number: national id card|national identity card|id number|mauritian national|nic|nid|n.i.c|nic no|national id|national identity|
    mauritius id|mauritian id|mauritius national|mauritian
my-mykad: no kp|no. kp|kad pengenalan|no. kad pengenalan|mykad|nric|ic no|no ic|nombor kad pengenalan|identity card number|no. ic|no. k/p|no k/p|
    no kad pengenalan|no. mykad|mykad no|ic num|i.c. no|n.r.i.c|malaysian id|malaysian national|malaysian ic|identity card no|k/p|i/c|k/p no|i/c no|
    mytentera|mypr|mykid|mykas|malaysian identity card|kad aplikasi digital|my kad|
    identification card|kad akuan|kp no|personal identification card
mz-nuit: número único de identificação|identificação tributaria|n.u.i.t|nuit nº|nº nuit|número único de identificação tributária|
    identificação tributária|mozambique tax|mozambican tax
ng-nin: nigeria id|nigerian id|national identity|national identification|nin no|nin number|n.i.n|bvn no|b.v.n|bank verification|bank verification no|
    national identification no|virtual nin|national id|
    nigerian identification
nz-health-number: nhi no|nhi number|n.h.i|patient nhi
nz-ird: ird no|inland revenue|inland revenue department|te tari tāke|tax file|ird number|ird num|tax number|new zealand inland|new zealand tax|nz ird
ph-sss: ssn|social security|crn|national id|sss id|s.s.s|social security system|tin no|tin number|tin id|t.i.n|tax identification|tax id|tax number|
    taxpayer|bir|philhealth no|philhealth id|philhealth identification|pagibig|pag-ibig|pag-ibig mid|mid no|hdmf|rtn|common reference|umid|umid id|
    philippine id|philippine social|philippine tax|psn|philsys|mid number|phic|multi purpose id|unified multi purpose|
    unified multipurpose|common reference number
pk-cnic: cnic no|nic no|nicop|قومی شناختی کارڈ|nic|n.i.c|cnic #|id card|cnic number|nadra id|computerised national|computerized national|
    national identity card|قومی شناختی|شناختی کارڈ نمبر|شناختی|pakistani id|pakistani national|pakistani identity
qa-identity-number: qid no|qid number|q.i.d|qatari id|qatar id no|رقم شخصي|رقم البطاقة الشخصية|البطاقة القطرية|الهوية القطرية|qatari identity|
    qatar national
sa-identity-number: رقم الإقامة|رقم الهويه|الهوية|هوية رقم|السجل المدني|رقم السجل المدني|هوية مقيم|رقم الاقامة|الاقامة|اقامة|iqama no|iqama number|
    saudi national|saudi identity|residence permit|muqeem|absher|الهوية بطاقة|
    identification card|i card number
sg-nric: nric fin|fin no|nric no|nric/fin|nric number|n.r.i.c|fin number|s/n nric|identity card|singapore nric|singaporean id|singapore identity|
    uin/fin|foreign identification|
    身份证|身份證
sn-ninea: numéro d'identification nationale des entreprises|identification nationale|n.i.n.e.a|ninea n°|n° ninea|senegal tax|senegalese tax
th-identity-number: เลขประจำตัวประชาชน|บัตรประชาชน|เลขบัตรประชาชน|เลขที่บัตรประชาชน|บัตรประจำตัวประชาชน|เลขประจำตัว|thai personal|เลขบัตร|tnin|
    รหัสปชช|บัตร ปชช|เลขที่บัตร|หมายเลขประจำตัว|หมายเลขประจำตัวประชาชน|เลขประจำตัวบัตร|หมายเลขบัตรประชาชน|เลข 13 หลัก|เลขที่ประจำตัว|thai id|
    thai national id|thailand personal|thailand id|citizen id no|รหัสบัตรประชาชน
th-tax-number: เลขประจำตัวผู้เสียภาษีอากร|หมายเลขผู้เสียภาษี|ผู้เสียภาษี|thailand tax|thailand taxpayer|thai tax
tn-cin: c.i.n|cin n°|n° cin|carte d'identité nationale|ب ت و|بطاقة تعريف|رقم بطاقة التعريف|tunisian id|tunisian identity|
    tunisian national id|tunisia id|tunisia national id|tunisia identity
tn-mf: mf n°|matricule fisc|identifiant unique|المعرف الجبائي|tunisia tax|tunisian tax
tw-business-number: 統一編號|公司統編|營利事業|unified business|taiwanese tax|taiwan tax|gui number
tw-identity-number: 身分證|身分證字號|身份證字號|統一編號|身分證統一編號|身份字號|身分證號|身分證號碼|國民身分證|統一證號|taiwanese id|taiwan national|roc id|national id|居留證|外僑居留證|arc no|
    arc number|resident certificate|alien resident|tarc
tz-nida: nida no|namba ya nida|kitambulisho cha taifa|tanzanian id|tanzanian national
ug-nin: nin no|nin number|ndaga muntu|ugandan id|ugandan national
uz-pinfl: жисмоний шахс|шахсий рақам|жшшир|jismoniy shaxs|shaxsiy raqam|pinfl no|uzbek personal|uzbek id|физического лица|shaxsiy identifikatsiya|
    personal identification
vn-citizen-card: số cccd|cccd số|cmnd số|số cmnd|số căn cước|thẻ căn cước|căn cước công dân|can cuoc|cccd/cmnd|giấy chứng minh|chung minh nhan dan|
    số định danh cá nhân|vietnamese id|vietnam id|vietnamese citizen|
    citizen identification|
    vietnamese national id|vietnamese identity|vietnam national id|vietnam identity
vn-tax-number: mã số thuế|mst|ma so thue|mst số|mã thuế|vietnam tax|vietnamese tax|tax code|mã số doanh nghiệp
za-identity-number: sa id|south african id|rsa id|id no|id number|identity document|south african identity|smart id|id nr|identity no|i.d. number|
    i.d. no|sa id number|said|south african|identiteitsnommer|rsa id no|id nommer|id-nommer
za-tax-number: tax reference|tax reference number|income tax reference|tax ref|income tax no|income tax ref|it ref|tax ref no|sars ref|
    south african tax|tax number
us-alien-number: a number|a no|uscis number|alien reg
"""
