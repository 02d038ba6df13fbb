"""What of SARIF 2.1.0 casb writes: each object with its properties, as the standard's schema (errata 01) has them.

The schema has 110 KB and describes what no line of ours uses; here is that part, closed like the schema: a property
that it doesn't know is an error. What GitHub asks for beyond it, in "SARIF support for code scanning", stands in
`for_github`.
"""

from __future__ import annotations

import json
import re

LEVELS = ("none", "note", "warning", "error")
TEXT, WHOLE, TRUTH = str, int, bool


class Must:
    """A property that the schema requires."""

    def __init__(self, shape):
        self.shape = shape


def positive(value):
    return type(value) is int and value >= 1


def index(value):
    return type(value) is int and value >= -1


def uri_reference(value):
    """RFC 3986: no blank, nothing but ASCII, `%` only before two hexadecimal digits, no `:` that reads as a scheme."""
    return (
        isinstance(value, str)
        and re.fullmatch(r"(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+", value) is not None
        and (value.startswith("file:///") or ":" not in value.split("/")[0])
    )


def bag(value):
    return isinstance(value, dict) and all(isinstance(tag, str) for tag in value.get("tags", []))


def marks(value):
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


MESSAGE = {"text": TEXT}
STRING = {"text": Must(TEXT)}
RULE = {
    "id": Must(TEXT),
    "name": TEXT,
    "shortDescription": STRING,
    "fullDescription": STRING,
    "help": STRING,
    "helpUri": uri_reference,
    "defaultConfiguration": {"level": LEVELS},
    "properties": bag,
}
LOCATION = {
    "physicalLocation": {
        "artifactLocation": {"uri": uri_reference},
        "region": {"startLine": positive, "startColumn": positive, "endColumn": positive},
    },
    "logicalLocations": [{"fullyQualifiedName": TEXT, "kind": TEXT}],
}
RESULT = {
    "ruleId": TEXT,
    "ruleIndex": index,
    "level": LEVELS,
    "message": Must(MESSAGE),
    "locations": [LOCATION],
    "partialFingerprints": marks,
    "suppressions": [
        {
            "kind": Must(("inSource", "external")),
            "status": ("accepted", "underReview", "rejected"),
            "justification": TEXT,
        }
    ],
    "baselineState": ("new", "unchanged", "updated", "absent"),
    "properties": bag,
}
NOTIFICATION = {"level": LEVELS, "message": Must(MESSAGE), "descriptor": {"id": TEXT}}
RUN = {
    "results": [RESULT],
    "tool": Must(
        {"driver": Must({"name": Must(TEXT), "semanticVersion": TEXT, "rules": [RULE], "notifications": [RULE]})}
    ),
    "invocations": [{"executionSuccessful": Must(TRUTH), "toolExecutionNotifications": [NOTIFICATION]}],
    "columnKind": ("utf16CodeUnits", "unicodeCodePoints"),
}
LOG = {"$schema": TEXT, "version": Must(("2.1.0",)), "runs": Must([RUN])}


def faults(value, shape, at="log"):
    """Yield what in a value is not as its shape says."""
    if isinstance(shape, Must):
        shape = shape.shape
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{at} is no object"
            return
        yield from (f"{at} has no {name}" for name, one in shape.items() if isinstance(one, Must) and name not in value)
        for name, inner in value.items():
            if name not in shape:
                yield f"{at} has {name}, which the standard does not know"
            else:
                yield from faults(inner, shape[name], f"{at}.{name}")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{at} is no array"
            return
        for number, inner in enumerate(value):
            yield from faults(inner, shape[0], f"{at}[{number}]")
    elif isinstance(shape, tuple):
        if value not in shape:
            yield f"{at} is none of {shape}"
    elif isinstance(shape, type):
        if type(value) is not shape:
            yield f"{at} is no {shape.__name__}"
    elif not shape(value):
        yield f"{at} is not right: {value!r}"


def for_github(run):
    """Yield what GitHub's code scanning would refuse or show badly."""
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    if len(set(ids)) != len(ids):
        yield "a rule stands twice"
    for rule in rules:
        for name in ("shortDescription", "fullDescription", "help"):
            text = rule.get(name, {}).get("text", "")
            if not text or (name != "help" and len(text) > 1024):
                yield f"{rule['id']}: {name} is required, of at most 1,024 characters"
        told = rule["properties"]
        if not (0 < float(told["security-severity"]) <= 10 and "security" in told["tags"] and len(told["tags"]) <= 10):
            yield f"{rule['id']}: it is no rule of security"
        if told["precision"] not in {"very-high", "high", "medium", "low"} or len(rule["name"]) > 255:
            yield f"{rule['id']}: name or precision"
    if len(run["results"]) > 25_000:
        yield "too many results"
    for number, result in enumerate(run["results"]):
        [location] = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        if ids[result["ruleIndex"]] != result["ruleId"] or not result["message"]["text"]:
            yield f"result {number}: rule or message"
        if not all(result["partialFingerprints"].values()):
            yield f"result {number}: an empty fingerprint"
        if uri.startswith(("./", "../")) or "/../" in uri:
            yield f"result {number}: {uri} is no path from the root of the repository on"


def the_run(text):
    """Return the one run of a log, which is as the standard and GitHub want it."""
    log = json.loads(text)
    json.dumps(log, ensure_ascii=False).encode()  # fails for half of a pair
    assert not list(faults(log, LOG))
    [run] = log["runs"]
    assert not list(for_github(run))
    return run
