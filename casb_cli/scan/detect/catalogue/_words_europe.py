"""Words for numbers of northern, western and southern Europe."""

# ruff: noqa: E501 - words

from __future__ import annotations

EUROPE = """
ad-nrt: número de registre tributari|registre tributari|número de registre|núm. nrt|nrt núm|andorra tax
at-insurance-number: sv nr|sv nummer|svnummer|versicherungsnr|sozialversicherungsnr|sozversnr|e card|vsnr|austrian social security|ssn|national id|
    personal identification|vnr|svnr|vers.-nr|vers. nr|versnr|sozialvers.-nr|sozialvers.nr|ecard|e card nummer|sozialversicherungs nr|
    versicherungs nr|versicherungscode|insurance number|insurance code|ehic|krankenversicherung|
    insurance no|krankenkassennummer|zdravstveno zavarovanje
at-tax-number: steuernr|steuer nr|st.-nr|st.nr|abgabenkonto|abgabenkontonr|finanzamtsnummer|finanzamtsnr|finanzamt steuernummer|abgabenkonto nr|
    austrian tax
be-bis: numéro bis|bis-nummer|bis nummer|bis register|registre bis|bisregister|bis nr|belgian bis
be-identity-card: numéro de la carte|n° carte d'identité|numéro carte d'identité|kaartnr|identiteitskaartnr|identiteitskaart nr|belgian electronic|
    belgian eid|id card|identity card
be-national-number: nationaal nummer|nationaal nr|niss|insz|nrn|rrn|registre national|numéro de registre national|rijksregisternr|inss|belgian national|numéro de registre|
    national register|n° national|no national|nº national|rijksreg. nr|rijksregister nr|rrnr|inss nr|n° registre national|n° niss|belgian id|
    identification du registre national|belgian social security|numéro national|identifiant national|numéro d'assuré|numéro d'immatriculation|
    registratienummer|registratie nummer|nationalregister|nationalregisternummer|identificatienummer|bnn
ch-ahv: ahv nr|ahv nummer|ahvn13|numéro avs|n° avs|numero avs|sozialversicherungsnr|avs nr|numero d'assicurazione|n. avs|ahv|avs|sozialvers.-nr|
    sozialversicherungs nr|n° ahv|numéro d'assuré|no avs|num. avs|oasi|nuovo numero avs|swiss social|navs13|navs|versichertennummer|
    assicurazione sociale|versicherungsnummer|insurance number
de-health-number: versichertennr|krankenversichertennr|versicherten nr|kv nr|kvnr|gesundheitskarte|egk nummer|krankenversicherungsnummer|
    krankenversicherung|versichertenkarte|krankenvers.-nr|krankenkassennummer|krankenkassen nr|kv-nummer|vers.-nr|versicherten-id|
    health insurance number|egk|versichertenkennung|krankenkasse nr|kv nummer|versicherten id
de-identity-document: ausweisnr|personalausweisnr|personalausweis nr|passnr|reisepassnr|pass nr|personalausweises|ausweisdokument|dokumentennummer|
    seriennummer|perso-nr|perso nr|personr|personalausw|ausw.-nr|ausweis-nr|ausweis no|dokumentennr|serien nr|ausweis|reisepass nr|pass-nr|german id|
    bpa nr|bpa-nr|id nummer|id-nummer|persönliche id nummer|identifizierungsnummer|gpid|bundespersonalausweis
de-pension-number: rentenversicherungsnr|rv nummer|rv nr|sozialversicherungsnr|sv nr|versicherungsnr|rentenversicherung|sozialversicherungsausweis|
    rvnummer|rentenvers.-nr|rentenvers.nr|rentenversicherungs nr|sozialvers.-nr|sozialvers.nr|sozialversicherungs nr|vsnr|vers.-nr|versnr|
    pension insurance
de-tax-id: steuer identifikationsnummer|steuer idnr|steuerliche identnr|steuer id nr|identnr|id nr|tin|identifikations nr|ident nr|identifikationsnr|
    steuer identnr|steuer id nummer|tax id|steueridentifikation|idnr|steuer ident|st.-id|stid|tax identification no|german tax|german personal tax|
    steuerliche id|persönliche identifikationsnummer|st.-idnr|st idnr|
    steuernummer|steuer nr
de-tax-number: steuer-nr|steuer nr|stnr|steuer no|german tax
dk-cpr: cpr nr|cpr.nr|cpr-nr|cprnummer|cpr nummeret|personnummeret|personnummer|cpr|danish citizen|civil registration number|cpr number|personnr|
    person nr|cpr no|danish personal|fødselsnr|centrale personregister|sygesikringsnummer|sygesikringskort|sygesikringsbevis|sygesikring|sundhedskort|
    sundhedskortnummer|skattenummer|skat nummer|civil registration|personregister
es-dni: d.n.i|n.i.f|dni/nif|documento de identidad|número de identificación fiscal|nif/dni|nif|personal identity codes|dni nº|dni n°|nº dni|n.º dni|
    nº de dni|documento nacional|nif nº|spanish id|spanish personal|doc. identidad|n.i.f. nº|nº documento|dni/nie|número nacional identidad|
    número nacional de identidad|número de identificación|identidad único|dni núm|d.n.i. núm|número de contribuyente|carné de identidad|
    permiso de conducir|permiso de conducción|carnet de conducir|licencia de conducir|licencia de conducción|
    personal identity no|identity no|dninúmero
es-nie: n.i.e|número de identidad de extranjero|extranjera|número de identificación de extranjero|foreigner number|número de identificación fiscal|
    nie nº|nº nie|tarjeta de residencia|permiso de residencia|dni/nie|número de identificación|nie núm|tarjeta de extranjero|número de contribuyente|
    documento nacional de identidad|nienúmero
es-social-security: n.u.s.s|nº ss|seg. social|nº de afiliación|nss|número de la seguridad social|numero de la seguridad social|afiliación|nº s.s|
    núm. s.s|nº s. social|n.º ss|nº de ss|nuss nº|seg social|s. social|tarjeta sanitaria|afiliado|nº naf|n.a.f|afiliación a la seguridad social|
    ssn
eu-vat-number: vat reg|vat registration|vat reg no|ust-idnr|ust.-idnr|uid-nummer|uid nummer|mva|moms|momsnr|moms nr|momsregistreringsnummer|alv|
    alv nro|alv numero|kmkr|käibemaks|pvm kodas|pvm mokėtojo|pvn reģ|n° tva|no tva|numéro de tva|tva no|btw-nr|btw nr|btw id|cod tva|
    идент. номер по ддс|zdds|ид номер|arvonlisävero|vat identification|id za ddv|ič dph|p. iva|partita iva|nif iva|n.i.f|uid nr|
    käibemaksukohustuslase|kmkr nr|pvm mokėtojo kodas|omzetbelastingnummer|omzetbelasting|kbo nummer|ondernemingsnummer|numéro d'entreprise|
    numéro tva|momsnummer|vrn|vat #|mwst nr|katma değer|umsatzsteuernummer|mehrwertsteuer|daňové identifikačné číslo|taxe valeur ajoutée|
    valeur ajoutée|atu nummer|uid number
fi-hetu: henkilötunnuksen|henkilötunnuksensa|henkilötunnuksella|sotu|henkilötunnukset|personbeteckning|personal identity code|finnish personal|
    sosiaaliturvatunnus|hetu|henk.tunnus|henk. tunnus|henkilötunn|h-tunnus|sosiaaliturva|finnish id|finnish national|finnish identity|finnish social|
    pers.bet|personbet|hlötunnus|henkilötunnusnumero|tunnusnumero|tunnusluku|tunnistenumero|personnummer|identiteetti numero|verotunnus
fr-social-security: n° sécu|n° ss|numéro de sécurité sociale|no sécu|carte vitale|n.i.r|immatriculation|numéro de sécurité|immatriculation sociale|
    numéro d'inscription au répertoire|nir|nss|personal identification|numéro ss|numero de securite sociale|n° de sécu|ssn|national id|
    social security number|numéro d’assuré|numéro d'assuré|nº de sécurité sociale|n° de sécurité sociale|n° sécurité sociale|n°ss|n° secu|num sécu|
    numéro sécu|sécu|n° insee|numéro insee|n° nir|matricule insee|n° d'assuré|sécurité soc|french personal|n.i.r.p.p|inscription au répertoire|
    numéro d'identité|code sécu|numéro d'assurance|d'identité nationale|soleil|n° carte vitale|matricule ss|secu|num secu|
    assurance sociale|fssn
fr-tax-number: n° fiscal|référence fiscale|identifiant fiscal|spi|numéro d'immatriculation fiscale|immatriculation fiscale|
    numéro d’immatriculation fiscale|n° spi|spi n°|numéro spi|n° nif|nif n°|num. fiscal|no fiscal|déclarant|french tax|fiscal de référence|
    fiscale de référence|numéro d'identification fiscale|n° fiscal du déclarant
gb-national-insurance: ni no|ni number|nino|n.i. number|national insurance no|nat ins|nin|n.i. no|nat. ins|nat insurance|national ins|n.i. num|ni num|
    british national insurance|uk national insurance|national insurance #|
    insurance no
gb-nhs-number: health service|nhs no|patient identifier|patient number|health authority|nhs|nhs num|nhs id|n.h.s|nhsno|community health|chi number|
    chi no|
    chi|health and care number|h&c number
gb-pupil-number: pupil number|pupil no|student number|upn no
gb-utr: unique taxpayer reference|unique tax reference|self assessment|u.t.r|tax reference|tax ref|sa utr|utr number|utr no|hmrc|british tax|uk tax|
    united kingdom unique|
    temporary reference
ie-pps: personal public service|pps no|ppsn|uimh psp|uimhir pps|upsp|pps|p.p.s|pps number|pps num|uimhir psp|uimhir phearsanta|rsi no|irish personal|
    irish pps|public service number|irish tax|rsi number|public services card|uimh. psp|uimhir aitheantais|psp no|
    client identity|social welfare|identification number|personal id number|psp
is-kennitala: personal and organisation identity|icelandic identity|kt|kennitölu|kennitalan|kennitöluna|kennit|kennitala|icelandic id|
    icelandic personal|icelandic national|iceland id|persónunúmer
it-codice-fiscale: c.f|cod. fisc|cod fiscale|codice fiscale|codicefiscale|cod. fiscale|cod.fisc|italian tax code|fiscal code|codice fiscale n|cf|
    c. fiscale|codice fisc|cod.fiscale|italian tax|codice contribuente|tessera sanitaria|codice fiscal|codfis|codfisc|cod fis|codice personale|
    numero di identificazione fiscale|codice id personale|identificazione fiscale
it-identity-card: carta d'identità n|carta identità n|c.i. n|c.i. nr|documento n|documento d'identità|numero documento|n. documento|doc. identità|
    documento di identità|documento di riconoscimento|italian id|identità elettronica|n. carta|carta di identità elettronica|
    carta d'identità elettronica
it-partita-iva: p.iva|p. iva|p iva|part. iva|piva|partita i.v.a|part.iva|p.iva n|numero iva|partiva|p. i.v.a|part. i.v.a|codice fiscale|codice fiscal|
    cod fisc|cod. fisc|c.f|cod. fiscale|codfis
li-peid: personen id|liechtenstein tax|pers.-id
lu-national-number: matricule|n° matricule|no matricule|num. matricule|matricule nationale|numéro matricule|numéro d'identification nationale|
    n° d'identification nationale|sécurité sociale|nationalregister|sozialversicherungsnummer|ccss|luxembourg national|luxembourg id|luxembourgish|
    matrikel|matrikelnummer|idpersonnelle|numéro d'identification personnel|persönliche identifikationsnummer|steier nummer|steier id|eindeutige id|
    identifikatiounsnummer|sozialversécherung|numéro d'identification national|n° d'identification national|identification national|
    id personnelle|persönlich identifikationsnummer
mt-identity-card: numru tal-karta|karta tal-identità numru|i.d. no|i.d. number|id card no|maltese identity|nru tal-karta|identità|
    numru ta' identifikazzjoni|identifikazzjoni|
    citizen service number|id tat-taxxa|numru tal-biljett|kodiċi numerali|personal numeric|numru tat-taxxa
mt-vat: vat no|maltese vat|malta vat|numru tal-vat
nl-bsn: bsn nummer|b.s.n|burgerservicenr|sofinummer|sofi nummer|burger service nummer|citizen service|dutch citizen|persoonsnummer|bsn|bsn nr|bsn-nr|
    bsnnr|burgerservice|burgerservice nummer|sofi nr|sofi-nr|sofinr|fiscaal nummer|dutch id|citizen service number|uniek identificatienummer|
    sociaal fiscaal nummer|persoonsgebonden nummer|persoonlijk nummer|sofi
nl-education-number: onderwijsnr|onderwijs nummer|persoonsgebonden nummer|pgn|leerling nummer|studentnummer|education number|student number
nl-identity-document: id-kaart|id kaart|idkaart|id-kaartnummer|id kaart nummer|documentnr|document nr|paspoort nr|paspoortnr|id bewijs|id-bewijs|
    identiteitsbewijs|legitimatiebewijs|legitimatienummer|dutch id|nummer identiteitsbewijs
no-fodselsnummer: fødselsnummeret|personnummeret|fødselsnr|fnr|f.nr|personnr|national identity|norwegian birth|d nummer|fødsels nr|
    fødsels- og personnummer|person nr|pnr|d-nummer|dnr|norwegian id|norwegian personal|personal identification number
pt-cartao-cidadao: cc|num cc|cartão de cidadão|cartão do cidadão|cc n.º|nº cc|n.º cc|número de cartão de cidadão|bilhete de identidade|citizen card|cc nº|cc n°|
    c.c. n.º|n.º do cartão|nº do cartão de cidadão|cartao de cidadao|cartão cidadão|número de identificação civil|identificação civil|bi nº|
    documento de identificação|portuguese id|nic|bi/cc|
    número do documento|número bi|portugal bi
pt-nif: contribuinte|n.i.f|nº contribuinte|número de contribuinte|contribuinte n.º|número de identificação fiscal|nif|nif nº|nº nif|n.º nif|
    n.º de contribuinte|nº de contribuinte|contrib|contribuinte nº|n.º contribuinte|n.º de identificação fiscal|nº de identificação fiscal|
    identificação fiscal|numero de identificacao fiscal|portuguese tax|nipc|
    numero fiscal
pt-niss: seg. social|seg.social|n.º ss|nº ss|n.i.s.s|nº segurança social|n.º de segurança social|nº da segurança social|seguranca social|
    segurança soc|beneficiário|nº beneficiário
se-personnummer: personnummret|personnumret|personnr|pnr|pers.nr|personnumren|samordningsnummer|swedish personal|samordningsnr|personbeteckning|
    svenskt personnummer|pers nr|persnr|pers. nr|person nr|swedish id|personal identity number|födelsenummer|id nummer|identifikationsnummer|
    skatteidentifikationsnummer|skattebetalarens|personal id number|svensk id|
    person number|identity no
"""
