"""Words of the invented company, and names made to break careless programs."""

from __future__ import annotations

FIRST = (
    "Ana",
    "Bo",
    "Cleo",
    "Dario",
    "Edda",
    "Finn",
    "Greta",
    "Hugo",
    "Ines",
    "Joris",
    "Kaia",
    "Lev",
    "Mira",
    "Nils",
    "Oona",
    "Pavel",
    "Quinn",
    "Rosa",
    "Sami",
    "Tove",
    "Ugo",
    "Vera",
    "Wim",
    "Xenia",
    "Yara",
    "Zeno",
)
LAST = (
    "Fennimoor",
    "Ashquill",
    "Brackwater",
    "Copperlane",
    "Dunmarsh",
    "Elderstone",
    "Flintwick",
    "Gorsedale",
    "Hollowbrook",
    "Ironvale",
    "Juniperly",
    "Kelpford",
    "Larkmere",
    "Mosswright",
    "Nettlecombe",
    "Oakenshaw",
    "Pebblemoor",
    "Quarrington",
    "Rushfell",
    "Sorrelby",
    "Thistlewood",
    "Umberfield",
    "Vetchley",
    "Willowmar",
)
DEPARTMENTS = ("Security", "Engineering", "Finance", "People", "Sales", "Legal", "Support", "Research")
GROUPS = ("Security", "Engineering", "Platform", "Finance", "People", "Contract Review")
TOPICS = (
    "budget",
    "roadmap",
    "minutes",
    "offer",
    "forecast",
    "inventory",
    "handbook",
    "survey",
    "invoice",
    "review",
    "itinerary",
    "checklist",
    "proposal",
    "agenda",
    "manual",
    "catalogue",
)
WORDS: tuple[str, ...] = (
    *("the", "harbour", "pilot", "notes", "calm", "weather", "before", "every", "quarterly", "review", "and"),
    *(
        "the",
        "archive",
        "keeps",
        "a",
        "second",
        "copy",
        "of",
        "each",
        "signed",
        "sheet",
        "while",
        "colleagues",
    ),
    *("measure", "brass", "fittings", "in", "the", "northern", "workshop", "with", "patient", "care"),
)
COUNTRIES = ("DE", "FR", "NL", "SE", "US", "JP")
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "git/2.51.0", "Mozilla/5.0 (Macintosh)", "curl/8.16.0")

ESCAPE, BELL, NEWLINE, RTL = "\x1b", "\x07", "\n", "\u202e"

PRINTABLE_HOSTILE = (
    "[red]not markup[bold]",
    "=cmd()|' calc'!A0",
    "+1-formula",
    "@sum(1)",
    "-2+3",
    "100%2Fdone",
    "a+b c",
    "percent%20twice%2520",
    "..hidden",
    "trailing..",
    "semi;colon&amp=1?x#y",
    "quote\"and'tick`",
    "日本語の名前",
    "Ünïcödé-ñ",
    "cafe\u0301",
    f"invoice{RTL}xslx.exe",
    "$(touch x)",
    "{brace}<tag>",
    "comma,and;semicolon",
)
"""Hostile, yet without control characters, slashes or backslashes: every provider takes them."""

CONTROL_HOSTILE = (
    f"{ESCAPE}[31mred{ESCAPE}[0m",
    f"two{NEWLINE}lines",
    f"bell{BELL}",
    f"{ESCAPE}]0;title{BELL}",
    "tab\there",
    "back\\slash",
)
"""Hostile with control characters: git allows them in a path, most file stores do not."""

SLASHED_HOSTILE = ("a//b", "../up", "./here", "a/../b", "end/")
"""Keys with empty and dot segments: object stores allow them, git and file stores do not."""


def hostile(*, control: bool, slashes: bool = False) -> tuple[str, ...]:
    """Return the hostile names that a provider takes."""
    return PRINTABLE_HOSTILE + (CONTROL_HOSTILE if control else ()) + (SLASHED_HOSTILE if slashes else ())
