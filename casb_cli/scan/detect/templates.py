"""Detectors by purpose: which of them a rule book asks for, or a country's data."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from casb_cli.core.errors import UnknownName
from casb_cli.core.text import meant
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.rules import Detector, shipped

_COUNTRY = expression(r"([a-z]{2})-")
_UNION = expression("at|be|bg|cy|cz|de|dk|ee|es|fi|fr|gr|hr|hu|ie|it|lt|lu|lv|mt|nl|pl|pt|ro|se|si|sk")
"""Members of the European Union, by the prefix of detectors."""
_LIKE_IT = frozenset(("ch", "gb", "is", "no"))
"""States with a law of the same make."""
_EVERYWHERE = frozenset(("passport-number", "passport-lines", "driving-licence", "date-of-birth", "phone-number"))
_CARDS = frozenset(("payment-card",))
_HEALTH = frozenset(
    ("us-ssn", "us-medicare-number", "us-npi", "us-dea-number", "date-of-birth", "phone-number", "driving-licence")
)


def _country(detector: Detector) -> str:
    """Return the country that a detector's id begins with, empty where it begins with none."""
    found = _COUNTRY.match(detector.id)
    return found[1] if found and detector.family in ("personal", "payment") else ""


TEMPLATES: dict[str, tuple[str, Callable[[Detector], bool]]] = {
    "pci-dss": ("Payment Card Industry Data Security Standard", lambda one: one.id in _CARDS),
    "gdpr": (
        "General Data Protection Regulation, with the laws like it of neighbours",
        lambda one: (
            _UNION.fullmatch(_country(one)) is not None
            or _country(one) in _LIKE_IT
            or one.id in _EVERYWHERE
            or one.id in ("email-bulk", "iban")
        ),
    ),
    "hipaa": (
        "Health Insurance Portability and Accountability Act: identifiers of patients",
        lambda one: one.id in _HEALTH or one.id == "email-bulk",
    ),
    "glba": (
        "Gramm-Leach-Bliley Act: a customer's numbers at a bank",
        lambda one: one.id in _CARDS or one.id in ("us-ssn", "us-itin", "us-routing-number", "driving-licence"),
    ),
    "credentials": ("keys, tokens and passwords", lambda one: one.family == "credential"),
    "banking": ("cards, accounts and routing", lambda one: one.family == "payment"),
}
"""The purposes that have a name of their own; `country-XX` is one for each country besides."""


def names(cache_dir: str | None = None) -> tuple[str, ...]:
    """Return the names of all templates; what is shipped is kept in a folder, where one is given."""
    countries = {_country(one) for one in shipped(cache_dir).all.values()} - {""}
    return (*TEMPLATES, *(f"country-{code}" for code in sorted(countries)))


def of(detector: Detector) -> list[str]:
    """Return the templates that a detector belongs to."""
    country = _country(detector)
    return [name for name, (_, holds) in TEMPLATES.items() if holds(detector)] + (
        [f"country-{country}"] if country else []
    )


def chosen(wanted: Iterable[str], cache_dir: str | None = None) -> tuple[str, ...]:
    """Return the ids of the shipped detectors of some templates; raises UnknownName."""
    known, asked = names(cache_dir), tuple(wanted)
    for name in asked:
        if name not in known:
            hint = f"{meant(name, known)}known: {', '.join(TEMPLATES)}, and country-XX by country"
            raise UnknownName(f"there is no template `{name}`", hint=hint)
    return tuple(one.id for one in shipped(cache_dir).all.values() if set(asked) & set(of(one)))
