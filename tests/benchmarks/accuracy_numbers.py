"""Personal numbers of many countries for the measure of recall: drawn by their published structure, checked by
python-stdnum, and put into sentences of the country's language and under a column's name.
"""

# ruff: noqa: E501 - tables of texts, one a line

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from stdnum import luhn


class Kind(NamedTuple):
    """A kind of number: the module of python-stdnum, its form (`9` digit, `A` capital), sentences, columns' names."""

    detector: str
    module: str
    form: str
    sentences: tuple[str, ...]
    columns: tuple[str, ...]


_TABLE = """
at-insurance-number|at.vnr|9999150685|Die Sozialversicherungsnummer der Patientin lautet {}.;SV-Nr. {}|SVNR;Sozialversicherungsnummer
at-tax-number|at.tin|99-999/9999|Ihre Steuernummer {} liegt dem Finanzamt vor.;Steuernr.: {}|Steuernummer
au-tfn|au.tfn|999999999|My TFN is {}, please update payroll.;Tax file number: {}|TFN;Tax File Number
au-abn|au.abn|99 999 999 999|Invoice issued by sole trader, ABN {}.|ABN
be-national-number|be.nn|85.06.15-999.99|Mijn rijksregisternummer is {}.;Numéro de registre national : {}|Rijksregisternummer;NISS
bg-egn|bg.egn|8506159999|Лицето с ЕГН {} е записано.;ЕГН: {}|ЕГН;EGN
br-cpf|br.cpf|999.999.999-99|O cliente, CPF nº {}, assinou o contrato.;CPF: {}|CPF;cpf_cliente
br-cnpj|br.cnpj|99.999.999/0001-99|Empresa inscrita no CNPJ sob o nº {}.|CNPJ
ca-sin|ca.sin|999 999 999|Employee's SIN is {} as on the T4.;Numéro d'assurance sociale : {}|SIN;NAS
ch-ahv|ch.ssn|756.9999.9999.99|AHV-Nummer {} der Mitarbeiterin.;Numéro AVS {}|AHV-Nr
cl-rut|cl.rut|99.999.999-9|El cliente con RUT {} pagó.;RUT: {}|RUT
cn-resident-id|cn.ric|110101200106159999|员工身份证号码{}已核实。;身份证号：{}|身份证号
co-nit|co.nit|999.999.999-9|La empresa con NIT {} presentó la factura.|NIT
cu-identity-number|cu.ni|99061599999|El carné de identidad del cliente es {}.|Carné de identidad
cz-rodne-cislo|cz.rc|856015/9999|Rodné číslo pacienta: {}.;r.č. {}|Rodné číslo;rodne_cislo
cz-dic|cz.dic|CZ99999999|Dodavatel, DIČ: {}.|DIČ
de-tax-id|de.idnr|99 999 999 999|Bitte geben Sie Ihre Steuer-ID {} an.;Steueridentifikationsnummer: {}|Steuer-ID;IdNr
dk-cpr|dk.cpr|150685-9999|Patientens CPR-nummer er {}.;CPR-nr.: {}|CPR;CPR-nummer
do-cedula|do.cedula|999-9999999-9|Portador de la cédula {}.;Cédula: {}|Cédula
dz-nif|dz.nif|999999999999999|Société immatriculée, NIF {}.|NIF
ec-cedula|ec.ci|1799999999|El ciudadano con cédula {} compareció.|Cédula
ee-isikukood|ee.ik|38506159999|Isikukood: {}.;Minu isikukood on {}|Isikukood
es-dni|es.dni|99999999A|Don Luis, con DNI {}, comparece.;D.N.I. {}|DNI
es-nie|es.nie|X9999999A|Titular con N.I.E. {}.;NIE: {}|NIE
fi-hetu|fi.hetu|150685-999A|Potilaan henkilötunnus on {}.;Hetu: {}|Henkilötunnus;hetu
fr-social-security|fr.nir|1 85 06 75 999 999 99|N° de sécurité sociale : {}.;Mon numéro de sécu est {}|NIR;Numéro de sécurité sociale
fr-tax-number|fr.nif|09 99 999 999 999|Votre numéro fiscal : {}.|Numéro fiscal;SPI
gb-nhs-number|gb.nhs|999 999 9999|NHS number {} was confirmed with the patient.;NHS No: {}|NHS Number
gb-utr|gb.utr|9999999999|Your Unique Taxpayer Reference (UTR) is {}.|UTR
gr-amka|gr.amka|15068599999|Ο ΑΜΚΑ του ασθενούς είναι {}.;ΑΜΚΑ: {}|ΑΜΚΑ
gr-afm|gr.vat|999999999|ΑΦΜ: {}.;Ο αριθμός φορολογικού μητρώου είναι {}|ΑΦΜ
hr-oib|hr.oib|99999999999|OIB: {}.;Osobni identifikacijski broj je {}|OIB
id-nik|id.nik|3174011506859999|NIK penduduk: {}.;Nomor Induk Kependudukan {}|NIK
id-npwp|id.npwp|99.999.999.9-999.000|NPWP perusahaan {}.|NPWP
ie-pps|ie.pps|9999999AA|Her PPS number is {}.;PPSN: {}|PPSN
il-identity-number|il.idnr|999999999|מספר תעודת זהות {}.;ת.ז. {}|ת.ז.;Teudat Zehut
in-aadhaar|in_.aadhaar|9999 9999 9999|My Aadhaar number is {}.;आधार संख्या {}|Aadhaar
in-pan|in_.pan|AAAPA9999A|PAN {} of the assessee.;PAN: {}|PAN No
in-gstin|in_.gstin|27AAAPA9999A1ZA|Supplier GSTIN {}.|GSTIN
is-kennitala|is_.kennitala|150685-9999|Kennitala: {}.|Kennitala
it-codice-fiscale|it.codicefiscale|AAAAAA85H55H501A|Il codice fiscale del paziente è {}.|Codice Fiscale
it-partita-iva|it.iva|99999999999|Partita IVA {}.;P.IVA: {}|P.IVA;Partita IVA
jp-my-number|jp.in_|999999999999|マイナンバーは{}です。;個人番号：{}|個人番号;マイナンバー
ke-pin|ke.pin|A999999999A|KRA PIN {} for the return.|KRA PIN
kr-resident-number|kr.rrn|850615-1999999|주민등록번호는 {} 입니다.;주민번호: {}|주민등록번호
lt-asmens-kodas|lt.asmens|38506159999|Asmens kodas: {}.|Asmens kodas
lv-personas-kods|lv.pvn|150685-19999|Personas kods {}.|Personas kods
md-idno|md.idno|9999999999999|Codul personal (IDNP) {}.;IDNP: {}|IDNP
mk-edb|mk.edb|4999999999999|ЕДБ: {}.;Единствен даночен број {}|ЕДБ
mt-vat|mt.vat|MT99999999|VAT number {} of the supplier.|VAT No
mu-identity-number|mu.nid|A1506859999999|National ID card number {}.|NID
mx-curp|mx.curp|AAAA850615HDFAAA99|CURP: {}.|CURP
mx-rfc|mx.rfc|AAAA850615AA9|RFC del contribuyente: {}.|RFC
my-mykad|my.nric|850615-14-9999|No. kad pengenalan: {}.;MyKad {}|No. KP;MyKad
nl-bsn|nl.bsn|999999999|Het BSN van de patiënt is {}.;Burgerservicenummer: {}|BSN;Burgerservicenummer
no-fodselsnummer|no.fodselsnummer|150685 99999|Fødselsnummer: {}.;Personnummeret er {}|Fødselsnummer;fnr
nz-ird|nz.ird|99-999-999|IRD number {}.|IRD Number
pe-dni|pe.cui|10999999-9|El señor con DNI {} firmó.|DNI
pe-ruc|pe.ruc|20999999999|Proveedor con RUC {}.|RUC
pk-cnic|pk.cnic|35201-9999999-1|CNIC number {}.|CNIC
pl-nip|pl.nip|999-999-99-99|NIP: {}.;Numer identyfikacji podatkowej {}|NIP
pl-pesel|pl.pesel|85061599999|Numer PESEL pacjenta: {}.;PESEL {}|PESEL
pt-nif|pt.nif|299999999|Contribuinte n.º {}.;NIF: {}|NIF
pt-cartao-cidadao|pt.cc|99999999 9 AA9|Cartão de Cidadão n.º {}.|Cartão de Cidadão
py-ruc|py.ruc|99999999-9|RUC {} del contribuyente.|RUC
ro-cnp|ro.cnp|1850615409999|CNP: {}.;Codul numeric personal este {}|CNP
rs-pib|rs.pib|108999999|ПИБ: {}.;PIB firme {}|PIB
ru-inn|ru.inn|999999999999|ИНН налогоплательщика: {}.;ИНН {}|ИНН
se-personnummer|se.personnummer|850615-9999|Personnummer: {}.;Kundens personnummer är {}|Personnummer
si-emso|si.emso|1506985500999|EMŠO: {}.|EMŠO
si-tax-number|si.ddv|99999999|Davčna številka: {}.|Davčna številka
sk-rodne-cislo|sk.rc|856015/9999|Rodné číslo: {}.|Rodné číslo
sv-nit|sv.nit|0614-150685-999-9|NIT del contribuyente {}.|NIT
th-identity-number|th.pin|1-9999-99999-99-9|เลขประจำตัวประชาชน {}.;เลขบัตรประชาชน {}|เลขประจำตัวประชาชน
tr-identity-number|tr.tckimlik|99999999999|T.C. kimlik numarası {}.;TC Kimlik No: {}|TC Kimlik No;TCKN
tr-vkn|tr.vkn|9999999999|Vergi kimlik numarası: {}.|Vergi No;VKN
ua-rntrc|ua.rntrc|9999999999|РНОКПП: {}.;Ідентифікаційний код {}|РНОКПП;ІПН
us-ssn|us.ssn|999-99-9999|Her Social Security number is {}.;SSN: {}|SSN;social_security_number
us-itin|us.itin|999-78-9999|ITIN {} was assigned by the IRS.|ITIN
us-ein|us.ein|12-9999999|The employer identification number is {}.;EIN: {}|EIN
us-routing-number|us.rtn|121999999|Routing number {}.;ABA: {}|Routing Number
uy-rut|uy.rut|219999990019|RUT {} de la empresa.|RUT
ve-rif|ve.rif|V-99999999-9|RIF: {}.|RIF
vn-tax-number|vn.mst|0399999999|Mã số thuế: {}.;MST {}|Mã số thuế
za-identity-number|za.idnr|8506159999089|South African ID number {}.;ID No: {}|ID Number
za-tax-number|za.tin|0999999999|SARS tax reference number {}.|Tax Reference
imei|imei|359999999999999|The IMEI of the phone is {}.|IMEI
"""
KINDS = tuple(
    Kind(a, b, c, tuple(d.split(";")), tuple(e.split(";")))
    for a, b, c, d, e in (line.split("|") for line in _TABLE.strip().splitlines())
)

_LABELLED = """
al-identity-number|A99999999A|NID: {};Numri personal {}
br-rg|99.999.999-9|RG: {};carteira de identidade nº {}
co-cedula|1.999.999.999|Cédula de ciudadanía No. {};C.C. {}
dz-nin|119999999999999999|NIN : {};Numéro d'identification national : {}
gh-card|GHa-999999999-9|Ghana Card number {}
it-identity-card|CA99999AA|Carta d'identità n. {}
jp-residence-card|AB99999999CD|在留カード番号：{}
kr-resident-number|900515-5999999|외국인등록번호 {}
mx-elector-code|AAAAAA85061509H999|Clave de elector: {}
qa-identity-number|28563499999|QID {};الرقم الشخصي: {}
ve-cedula|V-19.999.999|Cédula de identidad {}
eu-vat-number|DE999999999|USt-IdNr. {};VAT number: {}
identity-document|AB999999|Občiansky preukaz č. {};National ID: {};személyi igazolvány: {}
bank-account|9999999999|Bank account number: {};Kontonummer {};numero di conto {};口座番号 {}
passport-number|AB9999999|Passport no. {};numer paszportu {};رقم جواز السفر {}
driving-licence|999999999999|Permis de conduire n° {};驾驶证 {};Körkortsnummer {}
"""


def labelled(source: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield detector, sentence and column's name with a value, for numbers that their name alone tells."""
    pools = {"9": "0123456789", "A": "ABCDEFGHJKLMNPRST"}
    for line in _LABELLED.strip().splitlines():
        detector, form, sentences = line.split("|")
        for sentence in sentences.split(";"):
            value = "".join(source.choice(pools.get(char, char)) for char in form).upper()
            yield (
                detector,
                sentence.format(value),
                f"id,{sentence.split(' {}')[0].strip(' :：{}')},name\n7,{value},Ann\n",
            )


def drawn(kind: Kind, source: random.Random) -> str:
    """Return a number of this kind: the form filled at random until python-stdnum takes it."""
    module = import_module(f"stdnum.{kind.module}")
    for _ in range(200_000):
        text = "".join(
            source.choice("0123456789") if c == "9" else source.choice("ABCDEFGHJKLMNPRSTVWXYZ") if c == "A" else c
            for c in kind.form
        )
        if len(set(text)) > 4 and module.is_valid(text):
            return text
    raise ValueError(f"{kind.module}: no number of the form {kind.form}")


def written(kind: Kind, number: str) -> Iterator[str]:
    """Yield the ways in which a number is written: as drawn, and bare."""
    yield number
    bare = "".join(c for c in number if c.isalnum())
    if bare != number and kind.module not in ("fi.hetu", "ie.pps"):
        yield bare


def card(source: random.Random, prefix: str, size: int) -> str:
    """Return a card's number of a range, its last digit right."""
    body = prefix + "".join(source.choice("0123456789") for _ in range(size - len(prefix) - 1))
    return body + luhn.calc_check_digit(body)
