"""Whether a number that could be a card's has a name that tells something else, or stands where none is spoken of."""

from __future__ import annotations

from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.names import all_alike, called_a_card
from casb_cli.scan.detect.numbered import names_a_card, names_something, speaks_of_cards
from casb_cli.scan.detect.view import View
from casb_cli.scan.extract.base import ROW

_CELLS = expression(rb"\t|  |\||\xe3\x80\x80")
_LETTER = expression(rb"[A-Za-z\x80-\xff]")
_SPARSE = expression(rb"[^0-9]*(?:[0-9]{1,2}[^0-9]+)?")
"""A label: at most a small number is in it."""
_MARKED = expression(rb"[:=]|\xef\xbc\x9a|\.{3}|\xe2\x80\xa6")
_LISTED = expression(rb"(?:[\"']?[0-9][0-9 \-]{10,22}[\"']?[ ]?[,;/][ ]?)+[\"']?$")
"""The numbers in front of one in a list."""
_LASTS = expression(rb"(?<![0-9])(?:0[1-9]|1[0-2]) ?[/\-] ?(?:20)?[2-3][0-9](?![0-9/\-])")
"""The month up to which a card lasts."""
_SAID_AT = expression(
    rb"[0-9]{1,2}(?:[:.][0-9]{2}){1,2}(?: ?[AaPp]\.?[Mm]\.?)?[\])]?[ \-,]{0,4}[^0-9:]{1,40}: ?$",
)
"""In a chat, the time and who speaks."""
_ASKS = expression(rb"\?|\xef\xbc\x9f|\xd8\x9f")
_SENTENCES = expression(rb"[?,.!;<>]|\xef\xbc\x9f|\xd8\x9f")
_ALONE = expression(rb"(?:\A|[,;|\t(\n\x1c-\x1e]|  )[ \"']*\Z")
"""In front of what is alone in its cell."""
_PAIR = expression(rb"[ \"']{0,2}([^,;\"'0-9]{2,60})[\"']?[,;][ \"']{0,2}")
"""The first of two cells of a row, in front of the second."""
_QUOTES = 8
_FEW_WORDS = 4
_LINE, _WRAPPED = 300, 50
"""Bytes of a line that are looked at; those from which on a line of prose may go on in the next one."""


def spoken_otherwise(value: bytes, view: View, head: bytes) -> bool:
    """Return whether digits have a name that tells something else, or stand in prose that speaks of no card.

    Digits in groups are written as cards' are: of them the name of a column alone is asked.
    """
    named = _LETTER.search(head) is not None and in_a_cell(view)
    if not named and not value.isdigit():
        return False
    return (names_something(head) if named else _otherwise(view)) and not all_alike(value, view.text, view.start)


def _otherwise(view: View) -> bool:
    line = _LISTED.sub(b"", _before(view))
    *others, own = _CELLS.split(line)
    if own[-1:].isalnum():
        return False  # a word may be joined to the number of what it is for
    if _LETTER.search(own) is not None:
        return _in_words(view, own, alone=not others)
    cells = [cell for cell in others if cell.strip()]
    if cells:
        cells += [b"", *(cell for cell in _CELLS.split(_after(view))[1:] if cell.strip())]
        at = cells.index(b"")
        return at % 2 == 1 and all(map(_is_label, cells[::2])) and _names(cells[at - 1])
    return _names(view.heading())


def _answers(view: View, label: bytes) -> bool:
    """Return whether a label is the name of one who speaks, and the last line above that is no key asks for a card."""
    above = view.text[max(0, view.start - _LINE) : view.start].split(b"\n")[-4:-1]
    asked = next((line for line in map(bytes.rstrip, reversed(above)) if line and line[-1:] not in b":|"), b"")
    if not (_SAID_AT.search(label) or _ASKS.search(asked)):
        return False
    return any(map(names_a_card, _SENTENCES.split(asked)))


def in_a_cell(view: View) -> bool:
    """Return whether a value begins a cell, so that what is in front of it belongs to another."""
    return _ALONE.search(view.text, max(0, view.start - _QUOTES), view.start) is not None


def labelled_as_card(view: View) -> bool:
    """Return whether a line, or the cell, is a label with a word for cards and its number.

    It then belongs to no column of a table that is above.
    """
    line = _before(view)
    *others, own = _CELLS.split(line)
    if called_a_card(own) and not in_a_cell(view):
        return True  # whatever stands above its cell
    cells = [cell for cell in others if cell.strip()]
    if not cells and (pair := _PAIR.fullmatch(own)) is not None:
        cells = [pair[1]]
    if len(cells) != 1 and not line.rstrip().endswith(b":"):
        return False
    return bool(cells) and names_a_card(cells[-1]) and not _after(view).strip(b' |\t\r"')


def _before(view: View) -> bytes:
    return view.before(_LINE).rsplit(ROW, 1)[-1]


def _after(view: View) -> bytes:
    return view.after(_LINE).split(ROW, 1)[0]


def _is_label(cell: bytes) -> bool:
    return _LETTER.search(cell) is not None and _SPARSE.fullmatch(cell) is not None and len(cell.split()) <= _FEW_WORDS


def _names(label: bytes) -> bool:
    return _is_label(label) and names_something(label)


def _in_words(view: View, before: bytes, *, alone: bool) -> bool:
    """Return whether what stands in front in the same cell is no label of a card, and nothing near speaks of one."""
    after = _CELLS.split(_after(view))[0]
    if _LASTS.search(after) is not None:
        return False
    if not names_something(before) or called_a_card(before):
        return False
    if _MARKED.search(before[-8:]) is not None:
        return not _answers(view, before)
    if alone and len(before.split()) > _FEW_WORDS and len(before) + len(after) >= _WRAPPED:
        return not speaks_of_cards(view.around(_LINE))
    return not speaks_of_cards(before + after)
