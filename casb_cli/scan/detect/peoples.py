"""Numbers whose label names a people: no kind of another country is meant."""

from __future__ import annotations

import re
from typing import Protocol, TypeVar

from casb_cli.core.models import Confidence
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.places import Places
from casb_cli.scan.detect.rules import Detector

_LINES = """
ad andorran|ae emirati|al albanian|am armenian|ao angolan|ar argentine argentinian|at austrian|au australian
az azerbaijani|ba bosnian|bd bangladeshi|be belgian|bg bulgarian|bh bahraini bahrain|bo bolivian|br brazilian
bw botswanan|by belarusian belarus|ca canadian|ch swiss|ci ivorian|cl chilean|cm cameroonian|cn chinese|co colombian
cu cuban|cv verdean cape-verde|cy cypriot cyprus|cz czech|de german|dk danish|do dominican|dz algerian|ec ecuadorian
ee estonian|eg egyptian|es spanish|et ethiopian|fi finnish|fr french|ge georgian|gh ghanaian|gr greek|gt guatemalan
hk hong-kong|hn honduran|hr croatian|hu hungarian|id indonesian|ie irish|il israeli|in indian|iq iraqi|ir iranian
is icelandic|it italian|jm jamaican|jo jordanian|jp japanese|ke kenyan|kg kyrgyz|kr korean|kw kuwaiti kuwait
kz kazakh|li liechtenstein|lk lankan|lt lithuanian|lu luxembourgish luxembourg|lv latvian|ma moroccan|md moldovan
me montenegrin|mk macedonian|mm myanmar burmese|mn mongolian|mo macau macao macanese|mt maltese|mu mauritian
mx mexican|my malaysian|mz mozambican|ng nigerian|ni nicaraguan|nl dutch|no norwegian|np nepali nepalese|om omani
pa panamanian|pe peruvian|ph philippine filipino|pk pakistani|pl polish|pt portuguese|py paraguayan|qa qatari qatar
ro romanian|rs serbian|ru russian|rw rwandan|sa saudi|se swedish|sg singaporean|si slovenian|sk slovak|sn senegalese
sv salvadoran|th thai|tn tunisian|tr turkish|tw taiwanese|tz tanzanian|ua ukrainian|ug ugandan|uy uruguayan|uz uzbek
ve venezuelan|vn vietnamese|za south-african|zm zambian|zw zimbabwean
"""
_PEOPLES = {
    people: country
    for country, *names in map(str.split, _LINES.replace("\n", "|").strip("|").split("|"))
    for people in names
}
_COUNTRY = {people.replace("-", ""): country for people, country in _PEOPLES.items()}
_NAMED = expression(
    rb"(?<![A-Za-z])("
    + "|".join(_PEOPLES).replace("-", "[ _-]?").encode()
    + rb")(?-i:(?![a-z]))[\w .:#='\"/()\-]{0,40}(?:\n[ \t]*)?$",
    re.IGNORECASE,
)
_WIDE = 64
_LIKE = frozenset(("cz", "sk")), frozenset(("ba", "hr", "me", "mk", "rs", "si"))
"""Countries whose numbers were one state's, so that a kind of one is said of another's too."""


class _Owner(Protocol):
    @property
    def detector(self) -> Detector: ...


class _Found(Protocol):
    start: int

    @property
    def armed(self) -> _Owner: ...


Item = TypeVar("Item", bound=_Found)


def of_that_people(held: list[tuple[Item, Confidence]], buffer: bytes, places: Places) -> list[tuple[Item, Confidence]]:
    """Return the candidates without the numbers of people whose label names the people of another country."""
    return [one for one in held if not _of_others(one[0], buffer, places)]


def _of_others(one: _Found, buffer: bytes, places: Places) -> bool:
    detector = one.armed.detector
    if detector.family != "personal" or detector.id[2:3] != "-":
        return False
    name, _ = places.column(buffer, one.start)
    label = name.strip(b" \"'\r") or buffer[max(0, one.start - _WIDE) : one.start]
    found = _NAMED.search(label)
    if found is None:
        return False
    said = _COUNTRY.get(re.sub(r"[ _-]", "", found[1].decode().lower()), "")
    country = detector.id[:2]
    return said != country and not any({said, country} <= like for like in _LIKE)
