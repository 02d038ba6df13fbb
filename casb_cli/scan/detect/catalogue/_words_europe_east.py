"""Words for numbers of central and eastern Europe."""

# ruff: noqa: E501 - words

from __future__ import annotations

EUROPE_EAST = """
al-identity-number: numri i identitetit|numri i letërnjoftimit|nr. personal|nr personal|numri i kartës
al-nipt: nuis|numri i identifikimit për personin e tatueshëm|numri i identifikimit|numri i nipt|kodi fiskal|numri fiskal|numri unik i identifikimit|
    numri unik
bg-egn: е.г.н|егн|единен граждански номер|egn|единен граждански|личен номер|personal identity code|егн №|лична карта егн|bulgarian egn|bulgarian personal|
    лк №|национален номер|идентификационен номер|лична идентификация|номер на гражданството|uniform civil|grazhdanski nomer|bucn|
    униформ граждански|bnn
bg-foreigner-number: л.н.ч|личен номер на чужденец|чужденец|foreigner number|personal number of a foreigner|bulgarian number of a foreigner|лнч №|lnc|
    личен номер на чужд
by-personal-number: (идентификационный) номер|lichny nomer|lichnyi nomer|ident nomer|identifikatsionny nomer|личный №|идентификационный №|ид. номер|belarusian personal|belarus personal|
    идент. номер|personal no|identification no
by-unp: учетный номер плательщика|учётный номер плательщика|унп|уліковы нумар|учётный номер|учетный номер|унп №|belarus tax|belarusian tax|
    belarus vat|белорусский налог|унн
cy-tax-number: αριθμός εγγραφής φπα|αριθμός εγγραφής φ.π.α|φ.π.α|φπα|αφτ|αριθμός φορολογικής ταυτότητας|α.φ.τ|αρ. φορολογικής|φορολογικής ταυτότητας|
    αριθμός φορολογικής|αρ. φπα|cyprus tax|cypriot tax|cypriot vat|cyprus tic|t.i.c|φορολογικού μητρώου|φορολογικό μητρώο|φορολογική ταυτότητα|
    φορολογικού κωδικού|tic|
    tax identity
cz-dic: dič|dic|daňové identifikační číslo|daňové číslo|czech vat|dič/vat|dič plátce|číslo plátce|czech tax|d.i.č|ičo|ič|ico|
    identifikační číslo osoby|identifikační číslo
cz-rodne-cislo: rodné číslo|rodného čísla|rodným číslem|r.č|r. č|rč|rc|rodne cislo|rod. č|rod.č|rodné č|rodné číslo zaměstnance|
    identifikátor pojištěnce|číslo pojištěnce|osobní číslo|pojištění číslo|číslo pojištění|identifikační číslo|nar./rč|insurance number|
    czech republic id|identity no|
    rod. číslo
ee-isikukood: isikukoodi|isikukoodiga|isikukoodid|ik|estonian personal|personal identification|id kood|isiku kood|isikukood|isikutunnus|estonian id|
    estonian national|eesti isikukood|личный код|maksukohustuslase|identifitseerimisnumber|maksunumber|isikutunnistus|id kaart|tax id
gr-afm: αφμ|α.φ.μ|φορολογικού μητρώου|φορολογικό μητρώο|αριθμός φορολογικού μητρώου|φορολ. μητρώου|φορολογικός αριθμός|φορ. μητρώο|greek tax|
    φορολογική ταυτότητα|αφμ|
    a.f.m|tax registry
gr-amka: αμκα|α.μ.κ.α|αριθμός μητρώου κοινωνικής ασφάλισης|κοινωνικής ασφάλισης|αριθμός μητρώου|μητρώου κοινωνικής ασφάλισης|amka number|αρ. αμκα|
    κοινωνικής ασφ|
    a.m.k.a|ssn
hr-oib: osobni identifikacijski broj|osobnog identifikacijskog broja|identifikacijski broj|osobni identifikacijski|croatian identification|oib|
    osobni id|osobni identif|croatian id|croatian oib|croatian personal|porezni broj|porezni identifikacijski|osobna iskaznica|
    nacionalni identifikacijski|matični broj|majstorski broj
hu-personal-number: személyi azonosító|személyi szám|személyazonosító|szem. szám|hungarian personal|hungarian id|személyi igazolvány|sz. ig|sz.ig
hu-taj: taj szám|taj száma|tajszám|tb szám|társadalombiztosítási azonosító|taj-szám|azonosító jel|taj sz|taj|társadalombizt|tb-szám|
    egészségbiztosítási|hungarian social|tb azonosító|társ.bizt|társadalombiztosítási|hungarian social security|hssn
hu-tax-id: adóazonosító|adóazonosító jel|adóazonosító jele|adóaz|adó azonosító|adóazon|hungarian tax|hungarian personal tax|adóhatóság|adószám|
    személyi adószám|adoazon|
    tax identity|tax authority no
hu-tax-number: közösségi adószám|adószáma|adósz|áfa szám|közösségi adósz|hungarian vat|eu adószám
jmbg: мат. број|maticen broj|edinstven maticen|матични број|матичен број|матични бр|матичен бр|мат. број|јмбг|јединствени матични|jedinstveni matični|jedinstveni matični broj|
    единствен матичен|единствен матичен број на граѓанинот|serbian personal|bosnian personal|macedonian personal|montenegrin personal|
    unique master citizen|personal number|лични број|mat. broj|mat.br|matični br|jmb|mat. br|mat br|majstorski broj
lt-asmens-kodas: asmens kodo|asmens kodą|asm. kodas|a.k|asmens|asmens kodas|asm. k|asm.kodas|asmens kod|lithuanian id|lithuanian personal|
    lithuanian national|asmeninis skaitmeninis|skaitmeninis kodas|unikalus identifikavimo|a k|a/k|asmens identifikavimo|
    citizen service number|mokesčių id|mokesčių numeris|mokesčių identifikavimas|piliečio paslaugos|personal numeric|tax id
lv-personas-kods: personas koda|personas kodu|pers. kods|p.k|pvn|latvian vat|pievienotās vērtības nodokļa|personas kods|pers.kods|personaskods|
    latvian id|latvian personal|latvian national|identifikācijas numurs|p/k|nodokļu numurs|nodokļu identifikācija|alvas|
    administrative number|civil number|census number|fiscal code|id-code|individual number|nacionālais id|nodokļa numurs|nodokļu id|
    personal certificate
md-idno: idnp|idno|cod personal|codul personal|cod fiscal|numărul de identificare|număr de identificare|moldavian company|numărul personal|
    moldovan id|moldovan personal|moldovan idnp|moldova id|codul fiscal
me-pib: poreski broj|pib broj|poreski id|порески број|poreski ident|montenegro tax|montenegrin tax
mk-edb: едб|даночен број|единствен даночен број|edb|едниствен даночен број|даночен|даночен бр|единствен даночен|е.д.б|north macedonia tax|
    macedonian tax|danocen broj
pl-identity-card: dowód osobisty|dowodu osobistego|seria i numer|nr dowodu|dowodem osobistym|dowód|nr dowodu osobistego|numer dowodu|seria i nr|
    seria i nr dowodu|numer dowodu osobistego|dow. os|dowód os|dowodu|dowód tożsamości|nr i seria|polish id|dow os|dowodu tożsamości
pl-nip: identyfikacji podatkowej|nr nip|numer nip|n.i.p|nip|numer podatkowy|polish tax
pl-pesel: nr pesel|numer pesel|numeru pesel|numerem pesel|pesel number|powszechny elektroniczny system|nr ewidencyjny|p.e.s.e.l|pesel|polish id|
    numer ewidencyjny|niepowtarzalny numer|numer identyfikacyjny|dowód osobisty
ro-cnp: cod numeric personal|codul numeric personal|codului numeric personal|c.n.p|cod numeric|romanian numerical personal|cnp|cnp nr|
    cod num. personal|codul numeric|romanian id|romanian personal|romanian cnp|romanian national|cod identificare personal|cod unic identificare|
    număr identificare personal|număr identitate|număr personal unic|identificare personal|
    personal numeric|personal numerical|cod personal
rs-pib: пиб|порески идентификациони број|poreski identifikacioni broj|pib|poreski identifikacioni|serbian tax|poreski broj|порески број|пиб број|
    poreski id|п.и.б|serbia tax|pib broj|матични број
ru-inn: инн|идентификационный номер|идентификационный номер налогоплательщика|инн физического лица|инн №|инн физического|инн физлица|
    номер налогоплательщика|налогоплательщика|инн/кпп|и.н.н|russian tax|russian inn|taxpayer number
ru-snils: снилс|страховой номер|страхового номера|страховой номер индивидуального|снилс №|№ снилс|страховое свидетельство|страхового свидетельства|
    страховой №|пенсионное страхование|пенсионного страхования|лицевого счета|лицевого счёта|russian pension|russian insurance|snils no|
    insurance number|пенсионное страховое
si-emso: emšo|emso|enotna matična številka|matična številka|enotna matična številka občana|e.m.š.o|enotna matična|enotna matična št|matična št|
    enotne matične številke|slovenian id|slovenian personal|unique master citizen|slovene personal|enotna maticna|osebna številka|številka državljana|
    identifikacijska številka|mat. št|
    osebna koda|nacionalna id|številka glavnega državljana
si-tax-number: davčna številka|davčne številke|davčno številko|id za ddv|identifikacijska številka|ddv|davčna št|dš|d.š|id. št. za ddv|
    identifikacijska št|id št|davč. št|davcna st|slovenian tax|slovenian vat|davčni zavezanec|si ddv|davčna|
    davčne datoteke|tax file
sk-rodne-cislo: rodné číslo|rodného čísla|rodným číslom|r.č|r. č|rč|rodne cislo|rodné č|rod. č|rod.č|rodne c|slovak birth|slovak id|rod. číslo|
    rod číslo|identifikačné číslo|daňové číslo|nar./rč|
    azonosító szám|identifikačná značka|občianského preukazu
tr-identity-number: t.c. kimlik|tc kimlik|kimlik no|kimlik numarası|tckn|tc no|t.c. no|t.c. kimlik no|türkiye cumhuriyeti kimlik|tckimlik|
    turkish identification|nüfus cüzdanı|turkish id|t.c.kimlik|tc kimlik num|kimlik num|nüfus|vatandaşlık|vatandaşlık no|vatandaslik|turkish national|
    turkish personal|turkish identity|vatandaşlık numarası|
    KİMLİK NO|TC KİMLİK|T.C. KİMLİK|KİMLİK NUMARASI
tr-vkn: vergi kimlik|vergi no|vergi numarası|vkn|vergi kimlik numarası|vergi kimlik no|v.k.n|vkn no|vergi dairesi|vergi numara|turkish tax|
    VERGİ KİMLİK|VERGİ NO|VERGİ NUMARASI
ua-rntrc: рнокпп|іпн|інн|ідентифікаційний код|ідентифікаційний номер|податковий номер|реєстраційний номер облікової картки|rntrc|реєстраційний номер|
    ідентифікаційний №|ідент. код|ідн|і.п.н|ідентифікаційний податковий номер|індивідуальний податковий номер|облікової картки|платника податків|
    податковий №|ukrainian tax|individual taxpayer|ідентифікаційний|індивідуальний податковий|ipn|inn
ru-health-insurance: oms|полиса омс|medical policy
"""
