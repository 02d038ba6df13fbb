"""Precision and recall of the shipped detectors over texts and documents of several kinds, made from a seed.

Values come from published structures, by python-stdnum and chance, never from the detectors' own examples. Run
`python tests/benchmarks/bench_accuracy.py [--seed N]`; prints a table by family, then what was missed and what
was found where nothing is.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from accuracy_documents import documents
from accuracy_numbers import KINDS, card, drawn, labelled, written
from accuracy_texts import account, account_forms, card_forms, clean_files, letter, secrets, torn

from casb_cli.scan.inspect import inspect_stream, new_scanner
from casb_cli.scan.results import InspectResult

PREFIXES = {
    "visa": ("4", 16),
    "mastercard": ("53", 16),
    "mastercard 2": ("2345", 16),
    "amex": ("37", 15),
    "discover": ("6011", 16),
    "diners": ("36", 14),
    "jcb": ("3530", 16),
    "unionpay": ("62", 16),
}
COUNTRIES = ("DE", "FR", "GB", "NL", "ES", "IT", "AT", "CH", "PL", "BE", "SE", "NO", "PT", "IE", "DK", "FI", "CZ", "TR")


class Case(NamedTuple):
    """One file: its family, what is in it (None: nothing), and how to call it when it was missed."""

    family: str
    wanted: str | None
    name: str
    data: bytes
    label: str


def cases(seed: int, clean: int) -> Iterator[Case]:
    """Yield all files."""
    source = random.Random(seed)
    for brand, (prefix, size) in PREFIXES.items():
        for form, shown in card_forms(card(source, prefix, size)):
            for kind in ("invoice", "letter"):
                text = letter(kind, f"{shown}", source, "card")
                yield Case("payment cards", "payment-card", "letter.txt", text.encode(), f"{brand}, {form}, {kind}")
    for country in COUNTRIES:
        for form, shown in account_forms(account(country, source)):
            text = letter("invoice", shown, source, "account")
            yield Case("IBAN", "iban", "letter.txt", text.encode(), f"{country}, {form}: {shown}")
    for brand, (prefix, size) in PREFIXES.items():
        for form, shown in torn(card(source, prefix, size)):
            yield Case(
                "payment cards, torn", "payment-card", "m.txt", f"my card is\n{shown}".encode(), f"{brand}, {form}"
            )
    for country in COUNTRIES:
        for form, shown in torn(account(country, source)):
            yield Case("IBAN, torn", "iban", "m.txt", f"Konto: {shown}.".encode(), f"{country}, {form}")
    for detector, sentence, table in labelled(source):
        yield Case("labelled numbers", detector, "note.txt", f"Sehr geehrte\n{sentence}\n".encode(), sentence)
        yield Case("labelled numbers", detector, "t.csv", table.encode(), table)
    for kind in KINDS:
        number = drawn(kind, source)
        for shown in written(kind, number):
            for sentence in kind.sentences:
                text = f"{letter('plain', '', source, '')}\n{sentence.format(shown)}\n"
                yield Case(
                    "personal numbers, sentences", kind.detector, "note.txt", text.encode(), sentence.format(shown)
                )
        for column in kind.columns:
            rows = "".join(f"{n},{drawn(kind, source)},Ann {n}\n" for n in range(6))
            yield Case("personal numbers, tables", kind.detector, "t.csv", f"id,{column},name\n{rows}".encode(), column)
    for label, wanted, name, text in secrets(source):
        yield Case("secrets" if wanted else "secrets, decoys", wanted, name, text.encode(), label)
    for label, name, text in clean_files(source, clean):
        yield Case("clean data files", None, name, text.encode(), label)
    number = card(source, "4929", 16)
    for label, data in documents(f"{number[:4]} {number[4:8]} {number[8:12]} {number[12:]}"):
        yield Case("documents", "payment-card", label.split()[0], data, label)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clean", type=int, default=25, help="clean files of each of sixteen kinds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scanner = new_scanner(cache_dir=folder)
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    missed: defaultdict[str, list[str]] = defaultdict(list)
    false: list[str] = []
    for case in cases(options.seed, options.clean):
        result = inspect_stream(case.data, name=case.name, scanner=scanner, key=bytes(32), every=True)
        found = {match.detector for match in result.matches}
        total[case.family] += 1
        if case.wanted is None:
            right[case.family] += not found
            if found:
                false.append(f"{case.family}: {case.label}: {', '.join(sorted(found))}")
            continue
        hit = case.wanted in found or (case.wanted == "credential" and _credential(result, scanner))
        right[case.family] += hit
        beside[case.family] += bool(found - {case.wanted}) and case.wanted != "credential"
        if not hit:
            missed[case.family].append(f"{case.label}{' (found: ' + ', '.join(sorted(found)) + ')' if found else ''}")
    print(f"{'family':30}{'files':>7}{'right':>7}{'share':>8}   files with other detectors' matches too")
    for family in total:
        share = right[family] / total[family]
        print(f"{family:30}{total[family]:7}{right[family]:7}{share:8.3f}   {beside[family] or ''}")
    for family, labels in missed.items():
        print(f"\nmissed, {family}:", *labels[:40], sep="\n    ")
    if false:
        print("\nfound where nothing is:", *false[:60], sep="\n    ")
    return 0


def _credential(result: InspectResult, scanner: object) -> bool:
    families = {one.id: one.family for one in scanner.detectors.detectors}  # type: ignore[attr-defined]
    return any(families[match.detector] == "credential" for match in result.matches)


if __name__ == "__main__":
    sys.exit(main())
