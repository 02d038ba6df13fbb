"""Detectors that users write, in TOML: read, checked, and made into what the engine takes.

What is wrong is refused with file, line and column; nothing is passed over, for a detector that was meant and
does not look would be taken for a clean result.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import msgspec

from casb_cli.core.errors import ConfigError
from casb_cli.core.models import Confidence, Severity
from casb_cli.core.shapes import from_plain
from casb_cli.scan.detect import custom_keys
from casb_cli.scan.detect.database import engine_version
from casb_cli.scan.detect.linear import Linear, compiled
from casb_cli.scan.detect.pattern import WIDEST, Parsed, PatternError, parse
from casb_cli.scan.detect.rules import ENGINE, Detector, Normal, Rule, Source, shipped
from casb_cli.scan.detect.toml_places import Places

LARGEST = 1 << 20
"""Bytes that one file may have."""
MOST = 1000
"""Patterns that all files may have together."""
_CHOICES = {
    "severity": "low, medium, high or critical",
    "confidence": "low, medium or high",
    "normalise": "none, digits, alnum or lower",
    "mask": "tail or none",
}
_GUIDE = "casb detectors guide"
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

Within = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pattern: str
    before: str = ""
    after: str = ""
    caseless: bool | None = None


class _Tests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A detector as it stands in a file; what each key means is told in `guide.md`."""

    id: str
    title: Text
    severity: Severity
    patterns: Annotated[tuple[str | _Pattern, ...], msgspec.Meta(max_length=100)] = ()
    index: str = ""
    documents: str = ""
    share: Annotated[int, msgspec.Meta(ge=10, le=100)] = 70
    description: str = ""
    reference: str = ""
    family: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,39}$")] = "custom"
    confidence: Confidence = "medium"
    caseless: bool = False
    validator: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    keywords: Annotated[tuple[Text, ...], msgspec.Meta(max_length=500)] = ()
    keywords_required: bool = False
    distance: Within = 100
    near: tuple[str, ...] = ()
    not_near: tuple[str, ...] = ()
    within: Within = 100
    at_least: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    exclude: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    normalise: Normal = "none"
    mask: Literal["tail", "none"] = "tail"
    tests: _Tests = _Tests()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    detector: tuple[_Written, ...] = ()


def detectors(sources: Iterable[Source], *, verify: bool = True, cache_dir: str | None = None) -> tuple[Detector, ...]:
    """Return the detectors of some files; raises ConfigError with the place of what is wrong.

    `verify` also has the engine compile each pattern: done once, before workers get the same files. In `cache_dir`
    it is kept that all of the very same texts could be compiled, and what is shipped.
    """
    sources = tuple(sources)
    mark = Path(cache_dir) / f"compiled-{_mark(sources)}" if cache_dir and verify else None
    verify = verify and not (mark is not None and mark.exists())
    found: dict[str, Detector] = {}
    known = shipped(cache_dir).all
    for source in sources:
        reader = _Reader(source, verify)
        for number, detector in reader.read():
            if detector.id in known:
                reader.refuse(number, "id", f"`{detector.id}` is the id of a shipped detector", detector.id)
            if detector.id in found:
                where = found[detector.id].source
                reader.refuse(number, "id", f"`{detector.id}` is already the id of a detector in {where}", detector.id)
            found[detector.id] = detector
    count = sum(len(d.rules) + len(d.near) + len(d.not_near) + len(d.exclude) for d in found.values())
    if count > MOST:
        raise ConfigError(f"{count:,} patterns of your own are too many: {MOST:,} are allowed")
    if mark is not None and verify:
        with contextlib.suppress(OSError):  # then the next start compiles them again
            mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mark.touch(mode=0o600)
    return tuple(found.values())


def _mark(sources: tuple[Source, ...]) -> str:
    total = hashlib.sha256(f"{ENGINE} {engine_version()}".encode())
    for source in sources:
        total.update(hashlib.sha256(source.text.encode("utf-8", "surrogatepass")).digest())
    return total.hexdigest()[:40]


class _Reader:
    """Reads one file."""

    def __init__(self, source: Source, verify: bool) -> None:
        self._source = source
        self._verify = verify
        self._places: Places | None = None

    def read(self) -> Iterator[tuple[int, Detector]]:
        """Yield each detector with its number in the file."""
        # tomllib makes each line break one of \n: so do the places.
        text = self._source.text.replace("\r\n", "\n")
        if len(text) > LARGEST:
            raise ConfigError(f"{self._source.name}: the file is too large: {LARGEST >> 20} MiB are allowed")
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            reason = str(error).split(" (at ")[0]
            hint = custom_keys.toml_hint(reason) or _GUIDE
            raise self._error(_place_of(error, text), f"this is no TOML: {reason}", hint=hint) from None
        except RecursionError:
            raise self._error(None, "brackets are nested too deeply") from None
        self._places = Places(text)
        try:
            file = from_plain(custom_keys.listed(raw), _File)
        except msgspec.ValidationError as error:
            raise self._invalid(str(error), raw) from None
        if not file.detector:
            raise self._error(None, "there is no [[detector]] in it")
        for number, written in enumerate(file.detector):
            yield number, self._made(number, written)

    def _made(self, number: int, written: _Written) -> Detector:
        if not _ID.fullmatch(written.id) or len(written.id) > 60:
            self.refuse(number, "id", f"`{written.id}` is no id: small letters and digits, joined by -", written.id)
        if written.filters:
            self._filters(number, written.filters)
        if written.keywords_required and not written.keywords:
            self.refuse(number, "keywords_required", "there are no keywords that could be required")
        blank = next((word for word in written.keywords if not word.strip()), None)
        if blank is not None:
            self.refuse(number, "keywords", "a keyword is blank", blank)
        if sum(map(bool, (written.patterns, written.index, written.documents))) != 1:
            text = "write patterns, or the index of `casb edm build`, or the documents of `casb fingerprint build`"
            self.refuse(number, "patterns", text)
        index, rules = None, tuple(self._rule(number, written, one) for one in written.patterns)
        if written.index:
            from casb_cli.scan.detect import exact, exact_written

            path = Path(self._source.name).parent / written.index
            about = exact.about(path)
            index, rules = (str(path), about.digest), exact_written.rules(about.shape)
        documents = None
        if written.documents:
            from casb_cli.scan.detect import prints

            path = Path(self._source.name).parent / written.documents
            documents = (str(path), prints.about(path)[1])
        return Detector(
            id=written.id,
            title=written.title,
            family=written.family,
            severity=written.severity,
            confidence=written.confidence,
            description=written.description,
            reference=written.reference,
            rules=rules,
            index=index,
            prints=documents,
            share=written.share / 100 if documents else 0.0,
            checks=self._checks(number, "validator", written.validator),
            proofs=self._checks(number, "proof", written.proof),
            filters=written.filters,
            keywords=tuple(dict.fromkeys(form for word in written.keywords for form in _forms(word.strip()))),
            required=written.keywords_required,
            distance=written.distance,
            min_count=written.at_least,
            exclude=self._loose(number, written, written.exclude, whole=True),
            near=self._loose(number, written, written.near),
            not_near=self._loose(number, written, written.not_near),
            within=written.within,
            caseless=written.caseless,
            normal=written.normalise,
            mask=written.mask,
            source=self._source.name,
            told={"exclude": written.exclude, "near": written.near, "not_near": written.not_near},
            match=lambda: written.tests.match,
            no_match=lambda: written.tests.no_match,
        )

    def _filters(self, number: int, given: tuple[str, ...]) -> None:
        from casb_cli.scan.detect.filters import FILTERS

        for name in given:
            if name not in FILTERS:
                hint = custom_keys.name_hint(name, FILTERS)
                self.refuse(number, "filters", f"there is no filter `{name}`", name, hint=hint)

    def _checks(self, number: int, key: str, given: tuple[str, ...]) -> tuple[str, ...]:
        if not given:
            return ()
        from casb_cli.scan.detect import named_checks

        found = []
        for name in given:
            known = named_checks.use(name)
            if known is None:
                more = ", and `stdnum.` with a module of python-stdnum, such as stdnum.de.idnr"
                hint = custom_keys.name_hint(name, named_checks.names(), more)
                self.refuse(number, key, f"there is no validator `{name}`", name, hint=hint)
            found.append(known)
        return tuple(found)

    def _rule(self, number: int, written: _Written, one: str | _Pattern) -> Rule:
        pattern = _Pattern(one) if isinstance(one, str) else one
        caseless = written.caseless if pattern.caseless is None else pattern.caseless
        value = self._parsed(number, pattern.pattern, caseless)
        lead = self._parsed(number, pattern.before, caseless, empty=True)
        trail = self._parsed(number, pattern.after, caseless, empty=True)
        parts = (lead, value, trail)
        unbounded = any(part.most is None for part in parts)
        width = WIDEST if unbounded else sum(part.most or 0 for part in parts)
        if width > WIDEST:
            text = f"with what stands before and after it a match could be {width:,} bytes wide; {WIDEST:,} are allowed"
            self._refuse_pattern(number, pattern.pattern, PatternError(text, 0))
        rule = Rule(
            hint="".join(f"(?:{part.text})" for part in parts if part.text),
            back="".join(f"(?:{part.back})" for part in reversed(parts) if part.text),
            pattern=value.text,
            lead=lead.text,
            trail=trail.text,
            caseless=caseless,
            linear=True,
            width=width,
            fixed=not unbounded and all(part.least == part.most for part in parts),
            cut=(lead.most or 0, trail.most or 0),
            written=pattern.before + pattern.pattern + pattern.after,
            before=width + 1,
            after=1,
        )
        if self._verify:
            self._compile(number, pattern.pattern, lambda: Linear(rule).compile())
        return rule

    def _loose(
        self, number: int, written: _Written, patterns: tuple[str, ...], *, whole: bool = False
    ) -> tuple[str, ...]:
        """Return the patterns that are looked for around a value, or that a value must not fit."""
        found = []
        for pattern in patterns:
            text = self._parsed(number, pattern, written.caseless).text
            expression = f"\\A(?:{text})\\z" if whole else text
            if self._verify:
                self._compile(
                    number, pattern, lambda expression=expression: compiled(expression, caseless=written.caseless)
                )
            found.append(text)
        return tuple(found)

    def _parsed(self, number: int, pattern: str, caseless: bool, *, empty: bool = False) -> Parsed:
        if empty and not pattern:
            return Parsed("", "", 0, 0)
        if "\b" in pattern:
            text = "a backspace stands in it, as \\b between double quotes is one: use single quotes"
            self._refuse_pattern(number, pattern, PatternError(text, pattern.index("\b")))
        try:
            return parse(pattern, caseless=caseless, empty=empty)
        except PatternError as error:
            self._refuse_pattern(number, pattern, error)

    def _compile(self, number: int, pattern: str, compile_: Any) -> None:
        from casb_cli.core.errors import UsageError

        try:
            compile_()
        except UsageError as error:
            words = error.message[:1].lower() + error.message[1:]
            self._refuse_pattern(number, pattern, PatternError(f"the engine cannot take it: {words}", 0))

    def _refuse_pattern(self, number: int, pattern: str, error: PatternError) -> NoReturn:
        place = self._places.of_text(number, pattern, error.at) if self._places else None
        shown = pattern if len(pattern) <= 80 else f"{pattern[:77]}..."
        raise self._error(place, f"pattern `{shown}`, character {error.at + 1}: {error.reason}", hint=_GUIDE)

    def refuse(
        self, number: int, key: str, reason: str, value: str | None = None, *, hint: str | None = None
    ) -> NoReturn:
        """Raise the ConfigError of one key, at its value where that is found."""
        place = None
        if self._places is not None:
            place = self._places.of_text(number, value) if value is not None else None
            place = place or self._places.of_key(number, key) or self._places.of_detector(number)
        raise self._error(place, f"{key}: {reason}", hint=hint)

    def _invalid(self, words: str, raw: dict[str, Any]) -> ConfigError:
        """Return the error for a value of another form than is asked for, at its key."""
        text, _, path = words.partition(" - at `$")
        path = path.rstrip("`")
        index = re.match(r"\.detector\[(\d+)\]", path)
        number = int(index[1]) if index else None
        unknown = re.search(r"unknown field `(.+)`", text)
        missing = re.search(r"missing required field `(.+)`", text)
        keys = re.findall(r"\.([A-Za-z_]+)", path)
        place = hint = None
        assert self._places is not None  # noqa: S101 - the text was read before it was found invalid
        if unknown:
            place = self._places.of_key(number, unknown[1])
            meant = custom_keys.key_hint(unknown[1], _keys_at(number, keys))
            hint = f"{meant}; all keys: {_GUIDE}" if meant else None
            text = f"there is no key `{unknown[1]}`"
        elif missing:
            place = self._places.of_detector(number)
            text = f"`{missing[1]}` is missing"
        elif len(keys) > 1:
            place = self._places.of_key(number, keys[-1])
            text = f"{keys[-1]}: {text[:1].lower()}{text[1:]}"
            if "enum" in text and keys[-1] in _CHOICES:
                text = f"{text.replace('invalid enum value', 'there is no')}: write {_CHOICES[keys[-1]]}"
        elif number is None:
            text = "detectors are written as tables, each headed [[detector]]"
        tables = raw.get("detector")
        if number is not None and isinstance(tables, list) and isinstance(tables[number], dict):
            name = tables[number].get("id")
            text = f"detector `{name}`: {text}" if isinstance(name, str) else f"detector {number + 1}: {text}"
        return self._error(place or self._places.of_detector(number), text, hint=hint or _GUIDE)

    def _error(self, place: tuple[int, int] | None, text: str, *, hint: str | None = None) -> ConfigError:
        where = f":{place[0]}:{place[1]}" if place else ""
        return ConfigError(f"{self._source.name}{where}: {text}", hint=hint)


def _keys_at(number: int | None, keys: list[str]) -> tuple[str, ...]:
    """Return the keys that a table may have: the file, a detector, one of its patterns, its tests."""
    if number is None:
        return _File.__struct_fields__
    inner = {"patterns": _Pattern, "tests": _Tests}.get(keys[-1], _Written)
    return inner.__struct_fields__


def _forms(word: str) -> tuple[str, ...]:
    """Return a keyword in the ways of writing that the engine, which knows capitals of ASCII only, can't tell alike."""
    if word.isascii():
        return (word,)
    return tuple(dict.fromkeys((word, word.lower(), word.upper(), word.title())))


def _place_of(error: tomllib.TOMLDecodeError, text: str) -> tuple[int, int]:
    found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    if found:
        return int(found[1]), int(found[2])
    return text.count("\n") + 1, len(text) - text.rfind("\n")
