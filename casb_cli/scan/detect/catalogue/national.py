"""National identity, tax, insurance and health numbers; their checks are python-stdnum's."""

from __future__ import annotations

import random
from typing import NamedTuple

from casb_cli.scan.detect.rules import Detector, Rule
from casb_cli.scan.detect.validators import CHECKS


class _Number(NamedTuple):
    id: str
    title: str
    form: str
    """The written form, a regular expression of fixed pieces."""
    sample: str
    """What examples are drawn from: `9` stands for any digit, `A` for any capital, all else for itself."""
    words: tuple[str, ...]
    weak: bool = True
    """Whether the bare number says too little without one of the words near by."""


_NUMBERS = {
    "de.idnr": _Number(
        "de-tax-id",
        "German tax identification number",
        r"[1-9][0-9](?: ?[0-9]{3}){3}",
        "99999999999",
        ("steuer id", "steuerid", "steueridentifikationsnummer", "identifikationsnummer", "idnr", "idnummer", "tax id"),
    ),
    "gb.nhs": _Number(
        "gb-nhs-number", "British NHS number", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", "9999999999", ("nhs",)
    ),
    "fr.nir": _Number(
        "fr-social-security",
        "French social security number (NIR)",
        r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]) ?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        "185077599999999",
        ("nir", "insee", "securite sociale", "sécurité sociale", "num secu", "social security"),
    ),
    "es.dni": _Number("es-dni", "Spanish identity number (DNI)", r"[0-9]{8}-?[A-Z]", "99999999A", ("dni", "nif")),
    "es.nie": _Number("es-nie", "Spanish foreigner number (NIE)", r"[XYZ]-?[0-9]{7}-?[A-Z]", "X9999999A", ("nie",)),
    "it.codicefiscale": _Number(
        "it-codice-fiscale",
        "Italian tax code",
        r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]",
        "RSSMRA85T10A999A",
        ("codice fiscale", "cod fisc", "c f"),
        weak=False,
    ),
    "nl.bsn": _Number(
        "nl-bsn", "Dutch citizen service number (BSN)", r"[0-9]{9}", "999999999", ("bsn", "burgerservicenummer")
    ),
    "pl.pesel": _Number("pl-pesel", "Polish PESEL", r"[0-9]{11}", "85071499999", ("pesel",)),
    "br.cpf": _Number("br-cpf", "Brazilian CPF", r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", "99999999999", ("cpf",)),
    "ca.sin": _Number(
        "ca-sin",
        "Canadian social insurance number",
        r"[1-9][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        "599 999 999",
        ("sin", "social insurance", "assurance sociale"),
    ),
    "au.tfn": _Number(
        "au-tfn", "Australian tax file number", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", "999 999 999", ("tfn", "tax file")
    ),
    "in_.aadhaar": _Number(
        "in-aadhaar",
        "Indian Aadhaar number",
        r"[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}",
        "599999999999",
        ("aadhaar", "aadhar", "uidai"),
    ),
    "se.personnummer": _Number(
        "se-personnummer", "Swedish personal number", r"[0-9]{6}[-+][0-9]{4}", "850714-9999", ("personnummer", "pnr")
    ),
    "fi.hetu": _Number(
        "fi-hetu",
        "Finnish personal identity code",
        r"[0-9]{6}[-+A][0-9]{3}[0-9A-FHJ-NPR-Y]",
        "140785-9999",
        ("hetu", "henkilötunnus", "henkilotunnus", "personal identity code"),
    ),
    "be.nn": _Number(
        "be-national-number",
        "Belgian national number",
        r"[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}-?[0-9]{3}\.?[0-9]{2}",
        "85.07.14-999.99",
        ("rijksregisternummer", "rijksregister", "registre national", "numero national", "national number"),
    ),
    "ch.ssn": _Number(
        "ch-ahv",
        "Swiss insurance number (AHV/AVS)",
        r"756\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}",
        "756.9999.9999.99",
        ("ahv", "avs", "sozialversicherungsnummer"),
        weak=False,
    ),
    "tr.tckimlik": _Number(
        "tr-identity-number",
        "Turkish identity number",
        r"[1-9][0-9]{10}",
        "59999999999",
        ("tckn", "tc kimlik", "kimlik"),
    ),
    "mx.curp": _Number(
        "mx-curp",
        "Mexican CURP",
        r"[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[0-9A-Z][0-9]",
        "BOXW850714HNERXNA9",
        ("curp",),
        weak=False,
    ),
}


def _examples(check: str, sample: str) -> tuple[str, str]:
    """Return a number that the check holds for, and one that differs in its last character and is none."""
    source = random.Random(check)  # noqa: S311 - examples, no secrets
    pools = {"9": "0123456789", "A": "ABCDEFGHJKLMNPRSTVWXYZ"}
    holds = CHECKS[check]
    for _ in range(20_000):
        text = "".join(source.choice(pools.get(char, char)) for char in sample)
        if holds(text.encode()) and "000" not in text:
            for char in "1234567890ABCDEFGH":
                if char.isdigit() == text[-1].isdigit() and not holds((text[:-1] + char).encode()):
                    return text, text[:-1] + char
    raise ValueError(f"no example of {check}")


def _detector(check: str, number: _Number) -> Detector:
    name = f"stdnum.{check}"
    word = number.words[0]
    return Detector(
        id=number.id,
        title=number.title,
        family="personal",
        severity="high",
        confidence="medium",
        description=f"{number.title}: structure and check digits hold"
        + (", with a word for it near by." if number.weak else "."),
        reference=f"python-stdnum, stdnum.{check}",
        rules=(
            Rule(
                hint=rf"\b{number.form}",
                pattern=rf"(?<![0-9A-Za-z_$.\-/+])(?P<v>{number.form})(?![0-9A-Za-z_])(?![.\-/][0-9])",
                before=32,
                after=16,
            ),
        ),
        checks=(name,),
        filters=("monotone", "sequence", "lock_file", "minified"),
        keywords=number.words,
        required=number.weak,
        distance=60,
        normal="alnum",
        match=lambda: (f"{word}: {_examples(name, number.sample)[0]}",),
        no_match=lambda: (
            f"{word}: {_examples(name, number.sample)[1]}",
            f"{word}: x{_examples(name, number.sample)[0]}",
            *((f"part {_examples(name, number.sample)[0]}",) if number.weak else ()),
        ),
    )


DETECTORS: tuple[Detector, ...] = tuple(_detector(check, number) for check, number in _NUMBERS.items())
