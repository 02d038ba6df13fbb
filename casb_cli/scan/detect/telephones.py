"""Telephone numbers as a country's people write them, which only a label right in front tells from others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casb_cli.scan.detect.expressions import expression

if TYPE_CHECKING:
    from casb_cli.scan.detect.view import View

SURE = (
    r"\+[1-9][0-9]{0,2}(?:[ .\-/]{0,2}\(?[0-9]{1,4}\)?){2,6}",
    r"(?:\([2-9][0-9]{2}\)[ .\-]?|[2-9][0-9]{2}[ .\-])[2-9]?[0-9]{2,3}[ .\-][0-9]{4}",
    r"0[0-9]{1,4}(?:[ .\-/][0-9]{2,8}){1,4}|0[0-9]{8,10}|00[1-9](?:[ .\-/]?[0-9]){8,14}",
)
"""Forms that a word anywhere near makes a telephone number: with the signs of another country, area or exchange."""
ANY = r"\+?\(?[0-9]{1,11}\)?(?:[ .\-/]{0,3}\(?[0-9]{1,8}\)?){0,6}"
"""What a label of its own makes one."""
EXTENSION = r"(?:\s{0,2}(?:x|ext\.?|доб\.?)\s{0,2}[0-9]{1,6})?"
_SURE = expression("|".join(rf"(?:{form}){EXTENSION}" for form in SURE).encode())
_DATE = expression(
    rb"[0-9]{1,2}([./-])[0-9]{1,2}\1(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}([./-])[0-9]{1,2}\2[0-9]{1,2}(?:[ T][0-9.]+)?"
    rb"|[0-9]+\.[0-9]{1,3}|[0-9]{1,3}\.[0-9]{7,}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
    rb"|(?:19|20)[0-9]{2} ?[-/] ?(?:19|20)[0-9]{2}|[0-9]+\.[0-9]+\([0-9]{1,3}\)?|[0-9]{1,3}\.[0-9]+(?: {2,}-?[0-9.]+)+"
)
"""Days, spans of years, versions, decimals (with what is uncertain of them) and addresses of machines."""
_GAP = expression(
    rb"(?i:[ _\-]?(?:numbers?|nummer|nr|no|num|n[\xc2\xba\xb0o]{1,2}|val(?:ue)?|[0-9])\b)?"
    rb"(?:;[A-Za-z=,;\"]{0,40}:)?(?:\s(?:is|at|on|ist|est|es|\xc3\xa8)\s)?(?:</?[a-z]{1,8}(?:\s[^<>]{0,60})?>|[^0-9A-Za-z\n,<>]){0,24}"
)
_NEAR = 64


def unlabelled(value: bytes, view: View) -> bool:
    """Hold for digits in no telling form where the word for a telephone is neither their label nor their column's."""
    if _DATE.fullmatch(value):
        return True
    if _SURE.fullmatch(value):
        return False
    words = view.words
    if words is None:
        return False
    if view.column:
        return True  # it has none of the words, or there would be none to look for
    before = view.before(_NEAR)
    before = before if before.strip() else view.above(_NEAR)
    return not any(_GAP.fullmatch(before, found.end()) for found in words.finditer(before))
