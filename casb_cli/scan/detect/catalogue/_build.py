"""Shapes that many detectors share."""

from __future__ import annotations

from casb_cli.core.models import Confidence, Severity
from casb_cli.scan.detect.catalogue._cards import ENCODED
from casb_cli.scan.detect.rules import Detector, Examples, Rule

VALUE_FILTERS = ("documentation", "repeated", "placeholder")


def prefixed(prefix: str, body: str, least: int, most: int | None = None, *, edge: str = "A-Za-z0-9_") -> Rule:
    """Return the rule of a token with a telling prefix and `least` to `most` characters of class `body`.

    Without `most` the length is fixed; characters of class `edge` may stand on neither side, but for what joins on in
    the parameters of an address within an address.
    """
    count = f"{{{least}}}" if most is None else f"{{{least},{most}}}"
    return Rule(
        hint=f"{prefix}[{body}]{{{min(least, 20)}}}",  # a longer count takes long to compile and tells no more
        pattern=f"(?:(?<![{edge}])|{ENCODED})(?P<v>{prefix}[{body}]{count})(?![{edge}])",
        before=least + 64,
        after=(most or least) + 16,
    )


def form(
    before: int,
    after: int,
    hint: str,
    pattern: str,
    *,
    caseless: bool = False,
    checks: tuple[str, ...] = (),
    each: str = "",
) -> Rule:
    """Return the rule of a form; `before` and `after` say how far around its hint's end it may reach."""
    return Rule(hint=hint, pattern=pattern, caseless=caseless, before=before, after=after, checks=checks, each=each)


def credential(
    name: str,
    title: str,
    description: str,
    *rules: Rule,
    match: Examples,
    no_match: Examples,
    severity: Severity = "high",
    confidence: Confidence = "high",
    reference: str = "",
    checks: tuple[str, ...] = (),
    proofs: tuple[str, ...] = (),
    doubts: tuple[str, ...] = ("sequence",),
    filters: tuple[str, ...] = VALUE_FILTERS,
    keywords: tuple[str, ...] = (),
    required: bool = False,
    distance: int = 80,
) -> Detector:
    """Return the detector of one kind of credential."""
    return Detector(
        id=name,
        title=title,
        family="credential",
        severity=severity,
        confidence=confidence,
        description=description,
        reference=reference,
        rules=rules,
        checks=checks,
        proofs=proofs,
        doubts=doubts,
        filters=filters,
        keywords=keywords,
        required=required,
        distance=distance,
        match=match,
        no_match=no_match,
    )
