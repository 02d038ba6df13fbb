"""SARIF 2.1.0, written as the rows come: for code hosts, editors and dashboards that read findings.

A row is one result. Its rules, and whether everything was looked at, follow at the end, when they are known. Beside
what the standard asks for there is what GitHub's code scanning does: descriptions and help of each rule, a precision,
paths from the folder that the command runs in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from casb_cli import __version__
from casb_cli.core.models import Confidence
from casb_cli.core.text import shorten
from casb_cli.ui.formats import JsonLines, Row, json_text

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.0", "low": "2.0"}
"""What code hosts sort by: CVSS-like numbers, as `security-severity`."""
MOST = 25_000
"""Results of one run that GitHub accepts; it shows the 5,000 most severe."""
_LONGEST = 1024
"""Characters of a rule's description that GitHub shows."""
_PLACE = re.compile(r"line ([0-9]+)(?:, column ([0-9]+))?")


@dataclass(frozen=True)
class RuleText:
    """What is told of one detector."""

    title: str
    description: str = ""
    reference: str = ""
    severity: str | None = None
    confidence: Confidence = "medium"
    family: str = ""


@dataclass(frozen=True)
class Missed:
    """Something that could not, or not wholly, be looked at."""

    what: str
    why: str


class Sarif(JsonLines):
    """Rows of matches or findings as one SARIF log.

    `rules` tells of each detector by id; `missed` is asked at the end for what could not be looked at.
    `compared` says that rows were held against a baseline, `lasting` that another run makes the same fingerprints.
    """

    def __init__(
        self,
        rules: Mapping[str, RuleText],
        missed: Callable[[], list[Missed]] = list,
        *,
        compared: bool = False,
        lasting: bool = True,
    ) -> None:
        super().__init__(())
        self._rules = rules
        self._missed = missed
        self._compared = compared
        self._lasting = lasting
        self._here = _working_folder()
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
        told = [*self._missed(), *(() if self.whole else (Missed("casb", "ended before everything was looked at"),))]
        missed = [
            {
                "level": "error",
                "message": {"text": _said(f"{one.what}: {one.why}")},
                "descriptor": {"id": "not-inspected"},
            }
            for one in told
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
        title = told.title or name
        words = [told.description or title, f"`casb detectors show {name}` tells what is looked for."]
        reference = told.reference
        if reference:
            words.append(f"The form: {reference}.")
        rule: dict[str, Any] = {
            "id": name,
            "name": "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", name))[:255],
            "shortDescription": {"text": shorten(title, _LONGEST)},
            "fullDescription": {"text": shorten(told.description or title, _LONGEST)},
            "help": {"text": "\n\n".join(words)},
            "defaultConfiguration": {"level": _LEVELS.get(severity, "warning")},
            "properties": {
                "security-severity": _SCORES.get(severity, "5.0"),
                "precision": told.confidence,
                "tags": ["security", *([told.family] if told.family else [])],
            },
        }
        if reference.startswith(("https://", "http://")):
            rule["helpUri"] = reference
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
        location = self._location(row, place)
        result: dict[str, Any] = {
            "ruleId": name,
            "ruleIndex": self._used.setdefault(name, len(self._used)),
            "level": _LEVELS.get(severity, "warning"),
            "message": {"text": _said(" ".join(words))},
            "locations": [location],
            "properties": {
                key: row[key]
                for key in ("severity", "confidence", "excerpt", "ref", "file_ref", "sharing", "first_seen")
                if row.get(key) is not None
            },
        }
        mark = str(row.get("fingerprint") or row.get("id") or "")
        if mark and self._lasting:
            result["partialFingerprints"] = {"casb/v1": mark}
            if "region" not in location["physicalLocation"]:
                # GitHub goes by this one alone; it makes one of the line itself, and there is none.
                result["partialFingerprints"]["primaryLocationLineHash"] = mark
        if row.get("state") == "suppressed":
            why = str(row.get("suppressed_why") or "suppressed")
            result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
        if self._compared:
            result["baselineState"] = "unchanged" if row.get("state") == "known" else "new"
        return result

    def _location(self, row: Row, place: str) -> dict[str, Any]:
        file = str(row.get("file") or row.get("file_ref") or "-")
        if row.get("ref"):
            # A file at a provider: its path is no place on this machine.
            file = f"{row['app']}/{row['instance']}/{file.lstrip('/')}"
            uri = _quoted(file)
        else:
            uri = self._uri(file)
        physical: dict[str, Any] = {"artifactLocation": {"uri": uri}}
        exact = _PLACE.fullmatch(place)
        if exact:
            physical["region"] = region = {"startLine": int(exact[1])}
            if exact[2]:
                region["startColumn"] = int(exact[2])
                if row.get("width"):
                    region["endColumn"] = int(exact[2]) + row["width"]
        location: dict[str, Any] = {"physicalLocation": physical}
        logical = []
        if row.get("file_ref"):
            logical.append({"fullyQualifiedName": _text(str(row["file_ref"])), "kind": "resource"})
        if place and not exact:
            logical.append({"fullyQualifiedName": _text(f"{file}!{place}"), "kind": "member"})
        if logical:
            location["logicalLocations"] = logical
        return location

    def _uri(self, file: str) -> str:
        """Return a local file as a URI: relative from the working folder on, absolute with its scheme elsewhere."""
        if file == "-" or not self._here:
            return _quoted(file)
        whole = os.path.normpath(os.path.join(self._here[0], file))  # noqa: PTH118 - names of any bytes
        for folder in self._here:
            inside = folder.rstrip("/") + "/"
            if whole.startswith(inside):
                return _quoted(whole[len(inside) :])
        return f"file://{_quoted('/' + whole.lstrip('/'))}"


def _working_folder() -> tuple[str, ...]:
    """Return the names of the working folder: its own, and that by which it was reached, over links perhaps."""
    try:
        here = os.getcwd()  # noqa: PTH109
    except OSError:
        return ()  # it was removed meanwhile: names stay as they were given
    reached = os.environ.get("PWD", "")
    try:
        same = reached.startswith("/") and Path(reached).samefile(here)
    except OSError:
        same = False  # a shell left it behind, and it is no folder
    return (here, reached) if same else (here,)


def _quoted(file: str) -> str:
    return quote(file, safe="/!$&'()*+,;=@~", errors="surrogateescape")


def _text(text: str) -> str:
    """Return text that any reader of JSON takes: bytes that are no UTF-8 are written at length."""
    return text.encode("utf-8", "backslashreplace").decode()


def _said(text: str) -> str:
    """Return a message in which names of files make no placeholders (`{0}`) and no links (`[a](b)`)."""
    return _text(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")
