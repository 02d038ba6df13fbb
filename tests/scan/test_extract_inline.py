"""Markup inside of strings and of text: numbers that only it parts are found, where they stand in the file."""

import json
import sqlite3

import pytest
from scan_scanner import SCANNER
from test_extract_formats import KEY, NUMBER, SHOWN, look, xlsx

from casb_cli.scan.extract.inline import shown
from casb_cli.scan.inspect import inspect_stream

BOLD = f"<p>Nr <b>{SHOWN[:6]}</b>{SHOWN[6:]}</p>"
BLANKS = f"<p>Nr&nbsp;{SHOWN.replace(' ', '&nbsp;')}</p>"
LETTERS = "<div>" + "".join(f"<span>{letter}</span>" for letter in NUMBER) + "</div>"
CLASSES = f'<p>{SHOWN[:4]}<span class="x">&#160;</span>{SHOWN[5:]}</p>'
HTML = {"bold": BOLD, "blanks": BLANKS, "letters": LETTERS, "classes": CLASSES}


def escaped(text):
    """Return JSON as servers write it that fear for HTML."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def key_of_a_shop():
    """Return a secret key as Stripe writes them."""
    return "_".join(("sk", "live", "4eC39HqLyjWDarjtT1zdp7dc"[::-1]))


def table(html):
    data = sqlite3.connect(":memory:")
    data.execute("CREATE TABLE posts (id, body)")
    data.execute("INSERT INTO posts VALUES (1, ?)", (html,))
    data.commit()
    return data.serialize()


def cell(html):
    text = html.replace("&", "&amp;").replace("<", "&lt;")
    return xlsx(f'<row r="3"><c r="B3" t="inlineStr"><is><t>{text}</t></is></c></row>')


WRITTEN = {
    "json": lambda html: json.dumps({"id": 1, "body": html}).encode(),
    "json escaped": lambda html: escaped(json.dumps({"id": 1, "body": html})).encode(),
    "json of php": lambda html: json.dumps({"body": html}).replace("/", "\\/").encode(),
    "csv": lambda html: f'id,body\n1,"{html}"\n2,"<p>x</p>"\n'.encode(),
    "sql": lambda html: f"INSERT INTO posts VALUES (1,'{html}');\n".encode(),
    "markdown": lambda html: f"# Title\n\n{html}\n".encode(),
    "xml": lambda html: f"<?xml version='1.0'?><a><b><![CDATA[{html}]]></b></a>".encode(),
    "xml escaped": lambda html: (
        f"<?xml version='1.0'?><a><b>{html.replace('&', '&amp;').replace('<', '&lt;')}</b></a>".encode()
    ),
    "sqlite": table,
    "xlsx": cell,
}


@pytest.mark.parametrize("html", HTML)
@pytest.mark.parametrize("kind", WRITTEN)
def test_a_number_is_found_in_html_inside_of(kind, html):
    result = look(WRITTEN[kind](HTML[html]))
    assert [(one.detector, one.count) for one in result.matches] == [("payment-card", 1)], result


@pytest.mark.parametrize("kind", ["markdown", "json", "csv", "sqlite"])
def test_a_key_is_found_whose_low_lines_are_escaped(kind):
    key = key_of_a_shop()
    result = inspect_stream(WRITTEN[kind]("pay with " + key.replace("_", "\\_")), name="file", scanner=SCANNER, key=KEY)
    assert [one.detector for one in result.matches] == ["stripe-key"], result


@pytest.mark.parametrize("kind", ["json", "json escaped", "sql", "xml", "xml escaped"])
def test_the_places_behind_it_are_those_of_the_file(kind):
    data = WRITTEN[kind]("<p>12<b>34</b>5&nbsp;6<i> </i>7</p>" * 3) + f"\n\n<x> card {SHOWN}".encode()
    (match,) = look(data).matches
    assert match.place == f"line {len(data.splitlines())}, column 10"
    assert data[match.start : match.end].decode() == SHOWN


HEAD, TAIL = SHOWN[:6], SHOWN[6:]
STYLED = {
    "Tableau": f"<workbook><title><run bold='true'>Nr {HEAD}</run><run>{TAIL}</run></title></workbook>",
    "Hancom": f'<hs:sec><hp:p><hp:run id="0"><hp:t>Nr {HEAD}</hp:t></hp:run><hp:run id="1"><hp:t>{TAIL}</hp:t></hp:run>'
    "</hp:p></hs:sec>",
    "Visio": f"<Page><Text>Nr {HEAD}<cp IX='1'/>{TAIL}</Text></Page>",
    "Visio, behind a dash": f"<Page><Text>Nr {SHOWN[:4]}-<cp IX='1'/>{SHOWN[5:].replace(' ', '-')}</Text></Page>",
}


@pytest.mark.parametrize("kind", STYLED)
def test_a_number_is_found_over_the_styles_of(kind):
    result = look(f"<?xml version='1.0'?>{STYLED[kind]}".encode())
    assert [(one.detector, one.count) for one in result.matches] == [("payment-card", 1)], result


@pytest.mark.parametrize(
    "text",
    [
        b"if (a<b && c > d) return a</b>;",
        b"<b>Name</b> (12)",
        b"x </span>\n<span>y",
        b"map<string, b> <i>",
        b"a &nbsp; (b)",
        b'<span class="a"\n>b',
    ],
)
def test_what_parts_no_word_stays(text):
    assert shown(text) == text


@pytest.mark.parametrize("parts", [": </span><span>", ":</strong><em> ", ": </b><b>", "</span>: <span>"])
@pytest.mark.parametrize("kind", WRITTEN)
def test_a_label_and_its_number_are_one_line_however_they_look(kind, parts):
    result = look(WRITTEN[kind](f"<p><span>Kreditkarte{parts}{SHOWN}</span></p>"))
    assert [(one.detector, one.confidence) for one in result.matches] == [("payment-card", "high")], result


@pytest.mark.parametrize("unit", [b"<b>", b"&nbsp;", b"</b> ", b"<span a=", b"4<b", b"4&nbsp;", b"\\u003cb\\u003e"])
def test_endless_markup_ends_soon(unit):
    for start in (b"", b'{"a": "', b"<?xml version='1.0'?><a><b>"):
        assert look(start + unit * (600_000 // len(unit)), wall=20, cpu=20).reason is None
