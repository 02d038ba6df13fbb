"""A number that only its label tells is found where formats keep that label apart: in names, headers and strings."""

import base64

import pytest
from scan_scanner import SCANNER
from test_extract_formats import KEY, SHOWN, W, docx, look, office

from casb_cli.scan.extract.markup import valued_xml
from casb_cli.scan.inspect import inspect_stream

NUMBER = "498174104"
"""A Dutch personal number by its check (the weights 9 to 2 and -1 give a multiple of 11)."""
LABEL = "Burgerservicenummer"
MAIN = {"word/document.xml": "<w:document/>"}


def custom(xml):
    return office({**MAIN, "docProps/custom.xml": f"<Properties>{xml}</Properties>"})


def opened(xml):
    return office(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": "<office:document-content><text:p>x</text:p></office:document-content>",
            "meta.xml": f"<office:document-meta><office:meta>{xml}</office:meta></office:document-meta>",
        }
    )


def many(xml):
    return f"<p name='x'><v>{'y' * 300}</v></p>" + xml


FILES = {
    "docx variable": docx(
        "", settings=f'<w:settings><w:docVars><w:docVar w:name="{LABEL}" w:val="{NUMBER}"/></w:docVars></w:settings>'
    ),
    "custom property": custom(
        many(f'<property fmtid="{{D5}}" pid="2" name="{LABEL}"><vt:lpwstr>{NUMBER}</vt:lpwstr></property>')
    ),
    "property of an OpenDocument file": opened(
        many(f'<meta:user-defined meta:name="{LABEL}" meta:value-type="string">{NUMBER}</meta:user-defined>')
    ),
    "element of custom XML": office(
        {**MAIN, "customXml/item1.xml": f"<f:form><f:{LABEL}>{NUMBER}</f:{LABEL}></f:form>"}
    ),
    "named element of custom XML": office(
        {**MAIN, "customXml/item1.xml": many(f'<field name="{LABEL}">{NUMBER}</field>')}
    ),
    "registry, text": f'REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n"{LABEL}"="{NUMBER}"\r\n'.encode(),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_name_tells_the_number_in(kind):
    result = inspect_stream(FILES[kind], name="file", scanner=SCANNER, key=KEY)
    assert [(one.detector, one.count) for one in result.matches] == [("nl-bsn", 1)], result


def test_a_variable_is_told_once():
    settings = f'<w:settings><w:docVars><w:docVar w:name="v" w:val="{SHOWN}"/></w:docVars></w:settings>'
    assert [one.count for one in look(docx(f"<w:p {W}/>", settings=settings)).matches] == [1]


@pytest.mark.parametrize("unit", [b'<a name="', b"<x:user-defined ", b'<a name="b">', b"<abc>d"])
def test_endless_names_end_soon(unit):
    assert valued_xml(unit * (500_000 // len(unit)))


RAW = "Numéro de sécurité sociale: 1 61 01 07 086 190 32"


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
@pytest.mark.parametrize("place", ["subject", "preamble"])
def test_a_label_in_bytes_that_no_header_may_hold_is_read(place, charset):
    subject, preamble = (RAW, "x") if place == "subject" else ("x", RAW)
    data = (
        f"From: a@example.com\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: multipart/mixed; boundary=b\r\n\r\n{preamble}\r\n--b\r\n\r\nhello\r\n--b--\r\n"
    ).encode(charset)
    result = inspect_stream(data, name="a.eml", scanner=SCANNER, key=KEY)
    assert [one.detector for one in result.matches] == ["fr-social-security"]


def test_a_packed_mail_of_apple_is_read_and_what_the_program_notes_of_it():
    head = "From: a@example.com\nTo: b@example.com\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/plain\n"
    body = base64.encodebytes(f"Nr {SHOWN}\n".encode()).decode()
    mail = f"{head}Content-Transfer-Encoding: base64\n\n{body}"
    notes = '<?xml version="1.0"?>\n<plist version="1.0"><dict><key>subject</key><string>{}</string></dict></plist>\n'
    (match,) = look(f"{len(mail)}\n{mail}{notes.format('x')}".encode()).matches
    assert match.place == "part 1, line 1, column 4"
    (match,) = look(f"{len(head) + 2}      \n{head}\nx{notes.format(SHOWN)}".encode()).matches
    assert match.place.startswith("beside")


def entry(*lines):
    return 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid ""\n' + "\n".join(
        f'"{line}"' for line in lines
    )


def test_a_string_of_a_translation_is_one_over_its_lines():
    (match,) = look(entry(f"Card {SHOWN[:6]}", f"{SHOWN[6:]} please").encode()).matches
    assert (match.detector, match.place) == ("payment-card", "line 6")


def test_a_line_that_ends_in_a_translation_touches_no_number_of_the_next():
    (match,) = look((entry("Card\\n", f"{SHOWN} please") + f'\nmsgstr "{SHOWN[:4]}"\n').encode()).matches
    assert match.place == "line 7, column 2"


def value(name, kind, data):
    """Return a value as regedit exports it: no line is longer than 80 characters."""
    text, line = "", f'"{name}"={kind}:'
    for number, byte in enumerate(data):
        line += f"{byte:02x}" + ("," if number + 1 < len(data) else "")
        if len(line) > 76 and number + 1 < len(data):
            text, line = text + line + "\\\r\n", "  "
    return text + line + "\r\n"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("hex(2)", f"card {SHOWN}\0".encode("utf-16-le")),
        ("hex(7)", f"one\0card {SHOWN}\0\0".encode("utf-16-le")),
        ("hex", f"card {SHOWN}".encode()),
        ("hex", f"card {SHOWN}".encode("utf-16-le")),
    ],
)
@pytest.mark.parametrize("charset", ["utf-16", "ascii"])
def test_text_that_the_registry_keeps_as_bytes_is_read(kind, data, charset):
    text = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\A]\r\n"
    text += '"x"=dword:00000001\r\n' + value("y", "hex", b"\0\1\2\3") + value("Number", kind, data)
    text += f'"z"="{SHOWN[:4]}"\r\n\r\n[HKEY_CURRENT_USER\\B]\r\n"Copy"="card {SHOWN}"\r\n'
    (match,) = look(text.encode(charset)).matches
    assert (match.detector, match.count) == ("payment-card", 2)
    assert match.place.startswith("line 6")


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", " "])
@pytest.mark.parametrize("label", ["Mot de passe", "Password", "mot_de_passe"])
def test_a_password_is_found_behind_a_colon_as_french_sets_it(label, blank):
    text = f"Bonjour,\n{label}{blank}: {'Tr0ub4dor' + '&3xQ'}\n"
    result = inspect_stream(text.encode(), name="a.txt", scanner=SCANNER, key=KEY)
    assert [one.detector for one in result.matches] == ["password-assignment"]
