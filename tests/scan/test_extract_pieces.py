"""A number is found in texts that JSON holds in a string for each style, and told where it stands in the file."""

import json
import sqlite3
import time

import pytest
from scan_scanner import SCANNER
from test_extract_formats import KEY, NUMBER, SHOWN, look

from casb_cli.scan.inspect import inspect_stream

HEAD, TAIL = SHOWN[:6], SHOWN[6:]


def slack(*parts):
    section = {"type": "rich_text_section", "elements": list(parts)}
    blocks = [{"type": "rich_text", "block_id": "b1", "elements": [section]}]
    return [{"type": "message", "user": "U012AB3CD", "ts": "1355517523.000008", "blocks": blocks}]


def adf(*marks):
    pieces = [{"type": "text", "text": "Card " + HEAD, **marks[0]}, {"type": "text", "text": TAIL, **marks[1]}]
    return {"version": 1, "type": "doc", "content": [{"type": "paragraph", "content": pieces}]}


def runs(name, style):
    look = {"bold": True, "foregroundColor": {"color": {"rgbColor": {"blue": 0.3}}}}
    return [
        {"startIndex": 1, "endIndex": 7, "textRun": {"content": HEAD, style: look}},
        {"startIndex": 7, "endIndex": 21, "textRun": {"content": TAIL + "\n", style: {}}},
    ]


def notion(text):
    annotations = {"bold": False, "italic": False, "code": False, "color": "default"}
    content = {"content": text, "link": None}
    return {"type": "text", "text": content, "annotations": annotations, "plain_text": text, "href": None}


def lexical(text, style):
    piece = {"detail": 0, "format": 1, "mode": "normal", "style": style}
    return {**piece, "text": text, "type": "text", "version": 1}


BOLD = {"marks": [{"type": "strong"}]}
RED = {"marks": [{"type": "textColor", "attrs": {"color": "#ff5630"}}]}
DOCUMENTS = {
    "Slack, first bold": slack({"type": "text", "text": HEAD, "style": {"bold": True}}, {"type": "text", "text": TAIL}),
    "Slack, second bold": slack(
        {"type": "text", "text": HEAD}, {"type": "text", "text": TAIL, "style": {"bold": True}}
    ),
    "ADF, first bold": adf(BOLD, {}),
    "ADF, second red": adf({}, RED),
    "Google Docs": {"body": {"content": [{"paragraph": {"elements": runs("elements", "textStyle")}}]}},
    "Google Slides": {"text": {"textElements": runs("textElements", "style")}},
    "Notion": {"paragraph": {"rich_text": [notion(HEAD), notion(TAIL)], "color": "default"}},
    "Quill": {"ops": [{"insert": HEAD, "attributes": {"bold": True}}, {"insert": TAIL}, {"insert": "\n"}]},
    "Lexical": {"root": {"children": [lexical(HEAD, ""), lexical(TAIL, "font-size: 12px;color: #123;")]}},
    "Contentful": {
        "nodeType": "paragraph",
        "content": [
            {"nodeType": "text", "value": HEAD, "marks": [], "data": {}},
            {"nodeType": "text", "value": TAIL, "marks": [], "data": {}},
        ],
    },
    "Portable Text": {
        "_type": "block",
        "children": [
            {"_type": "span", "_key": "a1b2c3d4e5f6", "marks": ["strong"], "text": HEAD},
            {"_type": "span", "_key": "a1b2c3d4e5f7", "marks": [], "text": TAIL},
        ],
    },
    "Telegram": {"text_entities": [{"type": "bold", "text": HEAD}, {"type": "plain", "text": TAIL}]},
    "Adaptive Card": {"inlines": [{"type": "TextRun", "text": HEAD}, {"type": "TextRun", "text": TAIL}]},
}
WRITTEN = {
    "compact": lambda document: json.dumps(document, separators=(",", ":")),
    "indented": lambda document: json.dumps(document, indent=4),
    "inside a string": lambda document: json.dumps([{"body": json.dumps(document)}]),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_number_in_two_pieces_is_found_once_where_it_begins(kind, written):
    text = WRITTEN[written]({"title": "x", "body": DOCUMENTS[kind]})
    (match,) = look(text.encode()).matches
    at = text.index(HEAD)
    line = text[:at].count("\n") + 1
    place = f"line {line}, column {at - text.rfind(chr(10), 0, at)}"
    assert (match.detector, match.count, match.start, match.place) == ("payment-card", 1, at, place)


@pytest.mark.parametrize("kind", ["Quill", "ADF, first bold", "Lexical"])
def test_a_number_in_two_pieces_is_found_in_a_database(kind):
    data = sqlite3.connect(":memory:")
    data.execute("CREATE TABLE posts (id, body)")
    data.executemany("INSERT INTO posts VALUES (?, ?)", [(1, json.dumps(DOCUMENTS[kind])), (2, f"card {SHOWN[:4]}")])
    data.commit()
    (match,) = look(data.serialize()).matches
    assert (match.detector, match.count, match.place) == ("payment-card", 1, "posts!B2")


def test_lines_behind_joined_pieces_are_those_of_the_file():
    document = json.dumps(DOCUMENTS["Google Docs"], indent=2).replace(HEAD, "one").replace(TAIL, "two")
    text = f"{document}\n\n card {SHOWN}\n"
    (match,) = look(text.encode()).matches
    assert match.place == f"line {text.count(chr(10))}, column 7"
    assert text[match.start : match.end] == SHOWN


def test_a_number_behind_a_joined_seam_of_lines_is_told_by_its_line():
    document = {"ops": [{"insert": "Card", "attributes": {"bold": True}}, {"insert": f": {SHOWN}"}]}
    text = json.dumps(document, indent=2)
    (match,) = look(text.encode()).matches
    assert match.place == f"line {text[: text.index(SHOWN)].count(chr(10)) + 1}"


@pytest.mark.parametrize(
    "pieces",
    [
        [{"type": "text", "text": NUMBER}, {"type": "text", "text": "5"}],  # parts of a message: nothing tells a style
        [{"type": "text", "name": "a", "value": NUMBER}, {"type": "text", "name": "b", "value": "5"}],
        [{"text": NUMBER, "type": "text", "id": 5}, {"text": "5", "type": "text", "id": 6}],
        [[{"insert": NUMBER}], [{"insert": "5"}]],
        [{"insert": NUMBER}, {"insert": {"image": "5"}}, {"insert": "5"}],
        [{"insert": NUMBER}, {"insert": "\n"}, {"insert": "5"}],
    ],
)
def test_what_is_shown_apart_is_not_joined(pieces):
    assert [one.detector for one in look(json.dumps({"ops": pieces}).encode()).matches] == ["payment-card"]


@pytest.mark.parametrize("key", ["url", "name", "alt"])
def test_a_value_between_two_pieces_is_found_too(key):
    first = {"type": "text", "text": "see", "style": {"bold": True}, key: f"https://example.com/?card={NUMBER}"}
    assert look(json.dumps(slack(first, {"type": "text", "text": "there"})).encode()).matches


def test_a_label_in_a_cell_tells_the_number_in_the_next_one():
    cells = [
        {
            "type": "tableCell",
            "attrs": {},
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
        }
        for text in ("Burgerservicenummer", "498174104")
    ]
    document = {
        "version": 1,
        "type": "doc",
        "content": [{"type": "table", "content": [{"type": "tableRow", "content": cells}]}],
    }
    result = inspect_stream(json.dumps(document).encode(), name="file", scanner=SCANNER, key=KEY)
    assert [one.detector for one in result.matches] == ["nl-bsn"]


@pytest.mark.parametrize(
    "unit",
    [
        '"type":"text","text":"a"},{',
        '"},{"type":"text","text":"',
        '[[[{"type":"text"},',
        '"insert":",',
        '"marks":["a",',
    ],
)
def test_endless_pieces_end_soon(unit):
    begun = time.process_time()
    result = look(b'[{"type":"text","text":"x"},' + unit.encode() * (1_000_000 // len(unit)), wall=20, cpu=20)
    assert result.reason is None
    assert time.process_time() - begun < 10
