"""Numbers whose label names a people or a country: no kind of another one is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol, TypeVar

from casb_cli.core.models import Confidence
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.places import Places
from casb_cli.scan.detect.rules import Detector

_LINES = """
ad andorran Andorra|ae emirati Emirates UAE|al albanian Albania|am armenian Armenia|ao angolan Angola
ar argentine argentinian Argentina|at austrian Austria|au australian Australia|az azerbaijani Azerbaijan
ba bosnian Bosnia|bd bangladeshi Bangladesh|be belgian Belgium|bg bulgarian Bulgaria|bh bahraini bahrain
bo bolivian Bolivia|br brazilian Brazil|bw botswanan Botswana|by belarusian belarus|ca canadian Canada
ch swiss Switzerland|ci ivorian|cl chilean Chile|cm cameroonian|cn chinese China|co colombian Colombia|cr Costa-Rica
cu cuban Cuba|cv verdean cape-verde|cy cypriot cyprus|cz czech Czechia Czech-Republic|de german Germany
dk danish Denmark|do dominican Dominican-Republic|dz algerian Algeria|ec ecuadorian Ecuador|ee estonian Estonia
eg egyptian Egypt|es spanish Spain|et ethiopian|fi finnish Finland|fr french France|gb UK|ge georgian Georgia
gh ghanaian Ghana|gr greek Greece|gt guatemalan Guatemala|hk hong-kong|hn honduran Honduras|hr croatian Croatia
hu hungarian Hungary|id indonesian Indonesia|ie irish Ireland|il israeli Israel|in indian India|iq iraqi Iraq
ir iranian Iran|is icelandic Iceland|it italian Italy|jm jamaican|jo jordanian Jordan|jp japanese Japan
ke kenyan Kenya|kg kyrgyz Kyrgyzstan|kr korean Korea|kw kuwaiti kuwait|kz kazakh Kazakhstan|li liechtenstein
lk lankan Sri-Lanka|lt lithuanian Lithuania|lu luxembourgish luxembourg|lv latvian Latvia|ma moroccan Morocco
md moldovan Moldova|me montenegrin Montenegro|mk macedonian Macedonia|mm myanmar burmese|mn mongolian
mo macau macao macanese|mt maltese Malta|mu mauritian Mauritius|mx mexican Mexico|my malaysian Malaysia
mz mozambican Mozambique|ng nigerian Nigeria|ni nicaraguan Nicaragua|nl dutch Netherlands|no norwegian Norway
np nepali nepalese|nz New-Zealand|om omani Oman|pa panamanian Panama|pe peruvian Peru
ph philippine filipino Philippines|pk pakistani Pakistan|pl polish Poland|pt portuguese Portugal
py paraguayan Paraguay|qa qatari qatar|ro romanian Romania|rs serbian Serbia|ru russian Russia|rw rwandan Rwanda
sa saudi Saudi-Arabia|se swedish Sweden|sg singaporean Singapore|si slovenian Slovenia|sk slovak Slovakia
sn senegalese Senegal|sv salvadoran El-Salvador|th thai Thailand|tn tunisian Tunisia|tr turkish Turkey
tw taiwanese Taiwan|tz tanzanian Tanzania|ua ukrainian Ukraine|ug ugandan Uganda|us USA|uy uruguayan Uruguay
uz uzbek Uzbekistan|ve venezuelan Venezuela|vn vietnamese Vietnam|za south-african South-Africa|zm zambian Zambia
zw zimbabwean Zimbabwe
"""
"""Of each country what its people is called, in small letters, and what it is."""
_COUNTRY = {
    name: country for country, *names in map(str.split, _LINES.strip().replace("\n", "|").split("|")) for name in names
}


def _any_of(names: Iterable[str]) -> bytes:
    return "|".join(names).replace("-", "[ _-]?").encode()


_COUNTRIES = _any_of(name for name in _COUNTRY if not name.islower())
_NAMED = expression(
    rb"(?<![A-Za-z])(?:("
    + _any_of(filter(str.islower, _COUNTRY))
    + rb")(?-i:(?![a-z]))|\((?:the )?("
    + _COUNTRIES
    + rb")\)|(?<=_)("
    + _COUNTRIES
    + rb")(?![a-z_])|("
    + _COUNTRIES
    + rb")(?:'s)?[ _-]?(?:national|id(?![a-z])|identity|identification|personal|citizen|tax|social|ssn))"
    + rb"[\w .:#='\"/()*>\-]{0,40}(?:\n[ \t]*)?$",
    re.IGNORECASE,
)
"""A people; or a country, as people are called too, in brackets, at the end of a key or before what a paper is."""
_BEGINS = frozenset(name[:3].replace("-", "").lower().encode() for name in _COUNTRY)
_RUN = expression(rb"[A-Za-z]+")
"""Letters in a row: a name is at their beginning, where the first ones are asked for since there are few names."""
_SAID = {name.replace("-", "").lower(): country for name, country in _COUNTRY.items()}
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
    if detector.family != "personal" or detector.id[2:3] != "-" or detector.id.startswith("eu-"):
        return False
    column, _ = places.column(buffer, one.start)
    label = column.strip(b" \"'\r") or buffer[max(0, one.start - _WIDE) : one.start]
    if not any(run[:3].lower() in _BEGINS or run[:2].lower() in _BEGINS for run in _RUN.findall(label)):
        return False
    found = _NAMED.search(label)
    if found is None:
        return False
    said = _SAID[re.sub(r"[ _-]", "", next(filter(None, found.groups())).decode().lower())]
    country = detector.id[:2]
    return said != country and not any({said, country} <= like for like in _LIKE)
