"""SARIF 2.1.0, written as the rows come: for code hosts, editors and dashboards that read findings.

A row is one result. Its rules, and whether everything was looked at, follow at the end, when they are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from casb_cli import __version__
from casb_cli.ui.formats import JsonLines, Row, json_text

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.0", "low": "2.0"}
"""What code hosts sort by: CVSS-like numbers, as `security-severity`."""
_PLACE = re.compile(r"line ([0-9]+)(?:, column ([0-9]+))?")


@dataclass(frozen=True)
class RuleText:
    """What is told of one detector."""

    title: str
    description: str = ""
    reference: str = ""
    severity: str | None = None


@dataclass(frozen=True)
class Missed:
    """Something that could not, or not wholly, be looked at."""

    what: str
    why: str


class Sarif(JsonLines):
    """Rows of matches or findings as one SARIF log.

    `rules` tells of each detector by id; `missed` is asked at the end for what could not be looked at.
    `compared` says that rows were held against a baseline.
    """

    def __init__(
        self,
        rules: Mapping[str, RuleText],
        missed: Callable[[], list[Missed]] = list,
        *,
        compared: bool = False,
    ) -> None:
        super().__init__(())
        self._rules = rules
        self._missed = missed
        self._compared = compared
        self._used: dict[str, int] = {}
        self._severities: dict[str, str] = {}

    def begin(self) -> str:
        """Return the start of the log, up to its results."""
        return f'{{"$schema":{json_text(SCHEMA)},"version":"2.1.0","runs":[{{"results":['

    def row(self, row: Row) -> str:
        """Return one result."""
        between = ",\n" if self._used else "\n"
        return between + json_text(self._result(row))

    def end(self, rows: int) -> str:
        """Return the rules that were used and what was not looked at."""
        del rows
        missed = [
            {"level": "error", "message": {"text": f"{one.what}: {one.why}"}, "descriptor": {"id": "not-inspected"}}
            for one in self._missed()
        ]
        invocation: dict[str, Any] = {"executionSuccessful": not missed}
        if missed:
            invocation["toolExecutionNotifications"] = missed
        driver: dict[str, Any] = {
            "name": "casb",
            "semanticVersion": __version__,
            "rules": [self._rule(name) for name in self._used],
        }
        if missed:
            driver["notifications"] = [
                {"id": "not-inspected", "shortDescription": {"text": "Content that was not wholly inspected."}}
            ]
        rest = {"tool": {"driver": driver}, "invocations": [invocation], "columnKind": "unicodeCodePoints"}
        return f"\n],{json_text(rest)[1:-1]}}}]}}\n"

    def _rule(self, name: str) -> dict[str, Any]:
        told = self._rules.get(name, RuleText(name))
        severity = told.severity or self._severities.get(name) or "low"
        rule: dict[str, Any] = {
            "id": name,
            "name": "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", name)),
            "shortDescription": {"text": told.title or name},
            "defaultConfiguration": {"level": _LEVELS.get(severity, "warning")},
            "properties": {"security-severity": _SCORES.get(severity, "5.0"), "tags": ["security"]},
        }
        if told.description:
            rule["fullDescription"] = {"text": told.description}
        if told.reference.startswith(("https://", "http://")):
            rule["helpUri"] = told.reference
        return rule

    def _result(self, row: Row) -> dict[str, Any]:
        name = str(row.get("detector") or "unknown")
        severity = str(row.get("severity") or "low")
        self._severities.setdefault(name, severity)
        title = self._rules.get(name, RuleText(name)).title or name
        place = str(row.get("place") or "")
        count = row.get("count")
        words = [f"{title}: {row.get('excerpt') or ''}".rstrip(": ")]
        if place:
            words.append(f"at {place}")
        if isinstance(count, int) and count > 1:
            words.append(f"({count:,} matches)")
        if row.get("sharing"):
            words.append(f"in a file shared as {row['sharing']}")
        result: dict[str, Any] = {
            "ruleId": name,
            "ruleIndex": self._used.setdefault(name, len(self._used)),
            "level": _LEVELS.get(severity, "warning"),
            "message": {"text": " ".join(words)},
            "locations": [self._location(row, place)],
            "partialFingerprints": {"casb/v1": str(row.get("fingerprint") or row.get("id") or "")},
            "properties": {
                key: row[key]
                for key in ("severity", "confidence", "excerpt", "ref", "file_ref", "sharing", "first_seen")
                if row.get(key) is not None
            },
        }
        if row.get("state") == "suppressed":
            why = str(row.get("suppressed_why") or "suppressed")
            result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
        if self._compared:
            result["baselineState"] = "unchanged" if row.get("state") == "known" else "new"
        return result

    @staticmethod
    def _location(row: Row, place: str) -> dict[str, Any]:
        file = str(row.get("file") or row.get("file_ref") or "-")
        if row.get("ref"):
            # A file at a provider: its path is no place on this machine.
            file = f"{row['app']}/{row['instance']}/{file.lstrip('/')}"
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
        exact = _PLACE.fullmatch(place)
        if exact:
            physical["region"] = {"startLine": int(exact[1]), **({"startColumn": int(exact[2])} if exact[2] else {})}
        location: dict[str, Any] = {"physicalLocation": physical}
        logical = []
        if row.get("file_ref"):
            logical.append({"fullyQualifiedName": str(row["file_ref"]), "kind": "resource"})
        if place and not exact:
            logical.append({"fullyQualifiedName": f"{file}!{place}", "kind": "member"})
        if logical:
            location["logicalLocations"] = logical
        return location


def _uri(file: str) -> str:
    """Return a path as a URI: relative ones stay so, absolute ones name their scheme."""
    escaped = quote(file, safe="/!$&'()*+,;=@~", errors="surrogateescape")
    return f"file://{escaped}" if file.startswith("/") else escaped
