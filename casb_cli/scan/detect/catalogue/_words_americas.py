"""Words for numbers of the Americas."""

# ruff: noqa: E501 - words

from __future__ import annotations

AMERICAS = """
ar-cuit: código único de identificación tributaria|identificación tributaria|identificación laboral|clave única|clave unica|argentine tax|
    argentinian tax|cuit/cuil|inscripción afip|afip|número de contribuyente|numero de contribuyente|cuit nº|nro cuit|
    labor identification|unique work identification|unique tax identification
ar-dni: nº de documento|n° de documento|nro. de documento|nro de documento|nro. doc|nro documento|número de documento|numero de documento|
    documento nº|documento n°|doc. identidad|documento de identidad|argentine dni|argentinian national|tipo y nro|libreta cívica|
    libreta de enrolamiento|nro doc|numero documento|número documento|nro. de doc|documento número|registro nacional de las personas|
    argentina national identity|argentina id|
    argentine id|argentine national id|argentine identity|argentina national id|argentina identity
bo-identity-card: cédula|carnet|bolivian id|nº ci|ci nº|c.i. nº|
    ci|
    bolivian national id|bolivian identity|bolivia id|bolivia national id|bolivia identity
br-cnpj: c.n.p.j|cadastro nacional da pessoa jurídica|company identifier|cnpj/mf|inscrição no cnpj|cnpj nº|cnpj n.º|cnpj n°|número do cnpj|
    pessoa jurídica|brazilian company|razão social
br-cpf: cadastro de pessoas físicas|c.p.f|contribuinte|cpf/mf|inscrição no cpf|nº do cpf|cin|carteira de identidade nacional|cpf nº|cpf n.º|cpf n°|
    nº cpf|n° cpf|número do cpf|cpf do|brazilian national|pessoa física|pessoas físicas
br-driving-licence: nº cnh|registro cnh|carteira nacional de habilitação|nº registro|brazilian driving
br-pis: pis/pasep/nit|nº pis|pis n°|programa de integração social|ctps|inscrição do trabalhador
br-rg: cédula de identidade|carteira de identidade|identidade nº|doc. identidade|documento de identidade|rg n.º|rg n°|órgão expedidor
br-voter-number: título eleitor|nº título|zona eleitoral|nº do título|número do título|título nº|voter id|
    tit eleitor|titulo eleitor|titulo de eleitor|voter registration
ca-bc-health-number: phn|bc personal health|msp number|services card|bc services card|health care number|bc health|carecard|care card|
    british columbia|health number
ca-ontario-health-card: hcn|carte santé|carte-santé|numéro de carte santé|healthcard|ohip number|health no|
    assurance maladie|health care number
ca-sin: social insurance|social insurance number|numéro d'assurance sociale|numéro d’assurance sociale|assurance sociale|n.a.s|numéro d'assurance|
    s.i.n|ssn|social security|national id|personal identification|social ins. no|social insurance no|no d'assurance sociale|nº d'assurance sociale|
    n° d'assurance sociale|num. assurance sociale|canadian social|soc ins|social ins|
    canadian id
cl-rut: r.u.t|r.u.n|rol único tributario|cédula de identidad|rol único nacional|cédula|rut nº|rut n°|nº rut|rol unico nacional|rol único nac|run nº|
    cédula nacional|c. identidad|chilean id|chilean national|chilean tax|chilean rut|rut empleado|numero de identificación nacional|
    número de identificación nacional|rol unico|identificación nacional|rut nacional|
    chile identity|chile id|tarjeta de identificación|unique national role|identidad número
co-cedula: cc|c.c. no|cc nº|cc n°|c.c. nº|c.c. n°|no. cédula|nº de cédula|documento no|identificación no|número de identificación|
    numero de identificacion|doc. identidad|colombian id|colombian cédula|cédula de extranjería|tarjeta de identidad|no. identificación|
    no identificación|identificación|
    citizenship card|
    colombian national id|colombian identity|colombia id|colombia national id|colombia identity
co-nit: n.i.t|número de identificación tributaria|nit/cc|número de identificación|colombian identity|nit nº|nit no|n.i.t. no|colombian tax|
    identificación tributaria|rut
cr-cedula: cédula jurídica|persona física|cédula física|cedula fisica|nº cédula|número de cédula|cédula nº|céd|costa rica id|costa rican|
    costa rica physical|
    ced fisica
cr-residence-number: residencia|cédula de residencia|costa rica residence|costa rican residence|documento migratorio|costa rica foreigners
cu-identity-number: carnet|carné de identidad|carnet de identidad|carné|carné identidad|ci nº|no. ci|nº ci|número de carné|cuban id|cuban identity|
    no. de identidad|nip|número permanente|no. de ci|ci no|número de identidad permanente|
    ci
do-cedula: cédula de identidad|cédula no|dominican republic|cédula de identidad y electoral|cédula nº|céd|cédula n°|no. de cédula|no. cédula|
    nº cédula|número de cédula|dominican id|dominican identity|dominican cédula|identidad y electoral|
    electoral card
ec-cedula: c.i|cédula de identidad|cédula no|cédula de ciudadanía|cedula de ciudadania|céd|nº cédula|no. cédula|nro. cédula|nro cédula|
    número de cédula|cédula nº|ci nº|c.i. nº|ecuadorian id|ecuadorian personal|identificación|cc/ci|cedula identidad|ecuador id|ecuador national|
    ci
ec-ruc: ecuadorian company|r.u.c|ruc nº|ruc no|nro. ruc|número de ruc|contribuyente|registro unico de contribuyentes|ecuador tax|ecuador ruc|
    ecuadorian tax
gt-dpi: cui nº|no. dpi|guatemalan id|guatemalan identity|identificación personal|
    guatemalan national id|guatemala id|guatemala national id|guatemala identity
gt-nit: número de identificación tributaria|identificación tributaria|nit nº|nit no|no. nit|número de nit|guatemala tax|guatemalan tax
hn-identity-number: tarjeta de identidad|número de identidad|no. de identidad|nº identidad|honduran id|honduran identity|
    honduran national id|honduras id|honduras national id|honduras identity
mx-curp: clave única de registro|clave única de registro de población|clave curp|clave unica de registro|clave única|c.u.r.p|curp|mexican personal|
    mexican id|registro de población|unique population registry
mx-elector-code: credencial ine|clave ine|credencial para votar|ine|clave elector|credencial de elector|clave de elector
mx-rfc: registro federal de contribuyentes|r.f.c|contribuyente|rfc con homoclave|registro federal|rfc del|rfc|rfc con|clave rfc|mexican tax|
    registro fed
mx-social-security: n.s.s|no. imss|no. de imss|número imss|afiliación imss|no. seguro social|núm. seguridad social|no. de afiliación|
    número de afiliación|seguridad social|mexican social
ni-cedula: cédula nº|no. cédula|número de cédula|nicaraguan id|nicaraguan identity
pa-cedula: céd|cédula nº|no. cédula|cédula de identidad personal|panamanian id|panamanian identity|
    cip|personal identity card
pe-dni: documento nacional de identidad|d.n.i|cédula única de identidad|cui|documento nacional|dni nº|nº dni|n° dni|nro. dni|nro dni|dni nro|
    nro. documento|documento de identidad|nº documento|cedula unica de identidad|cédula única|peruvian id|peruvian identity|peruvian dni|
    reniec|peru dni|peru id
pe-ruc: r.u.c|registro único de contribuyentes|ruc nº|nº ruc|nro. ruc|nro ruc|número de ruc|registro unico de contribuyentes|registro único|
    contribuyentes|peru tax|peru ruc|peruvian tax|peruvian company
py-identity-card: c.i. nº|ci nº|nro. ci|nro. cédula|cédula de identidad|paraguayan id|paraguayan identity|
    ci|
    paraguayan national id|paraguay id|paraguay national id|paraguay identity
py-ruc: r.u.c|registro único de contribuyentes|registro único del contribuyente|ruc nº|nº ruc|nro. ruc|ruc n°|ruc no|registro unico de contribuyentes|
    registro único|paraguay tax|paraguay ruc|paraguayan tax
sv-dui: d.u.i|dui nº|no. dui|dui no|número de dui|documento único|documento unico|salvadoran id|el salvador id|
    salvadoran national id|salvadoran identity
sv-nit: número de identificación tributaria|identificación tributaria|n.i.t|nit nº|no. nit|número de nit|el salvador nit|el salvador tax|
    salvadoran tax
us-atin: adoption tin|adoption tax id|a.t.i.n|taxpayer id|taxpayer identification|tax id
us-dea-number: dea no|dea number|dea reg|dea registration|drug enforcement|d.e.a
us-ein: employer identification number|employer id no|federal tax id|fein|e.i.n|ein no|fein #|federal ein|federal employer|federal tax|
    employer identification|employer id|employer tax|tax id|employer's identification number
us-itin: individual taxpayer identification|itin number|individual taxpayer|taxpayer id|taxpayer identification|i.t.i.n|itin no|itin #
us-medicare-number: medicare number|medicare id|mbi|medicare beneficiary|medicaid|hicn|mbi no|medicare #|medicare no|medicare claim|hic number
us-npi: npi number|provider identifier|n.p.i|npi no|national provider|provider number|provider no|rendering provider|billing provider
us-ptin: preparer tax|ptin|preparer's|paid preparer|p.t.i.n|ptin #|preparer id
us-ssn: soc. sec|soc. sec. no|soc sec|ss number|ss no|social security numbers|ssns|ssid|ssa number|soc sn|seguro social|número de seguro social
uy-cedula: c.i|cédula de identidad|c.i. nº|ci nº|cédula nº|nº cédula|nro. cédula|documento|documento nº|doc. nº|uruguayan id|uruguayan identity|
    documento de identidad|cédula|
    ci|
    uruguay id|uruguay identity|uruguayan ci|uruguay ci|
    uruguayan national id|uruguay national id
uy-rut: r.u.t|registro único tributario|rut|ruc|rut nº|nº rut|número de rut|nro. rut|uruguay tax|uruguayan tax
ve-cedula: c.i. nº|ci nº|cédula nº|nº cédula|nro. cédula|cédula de identidad|venezuelan id|venezuelan identity|titular de la cédula|
    ci|
    venezuelan national id|venezuela id|venezuela national id|venezuela identity
ve-rif: r.i.f|registro de información fiscal|registro de identificación fiscal|identificación fiscal|rif nº|rif no|nro. rif|número de rif|
    informacion fiscal|información fiscal|venezuelan tax|venezuelan vat
"""
