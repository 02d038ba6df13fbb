"""How a personal number becomes a detector: a written form, a check, and the words that stand near it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from casb_cli.core.models import Severity
from casb_cli.scan.detect.catalogue._cards import ENCODED
from casb_cli.scan.detect.catalogue._words import FURTHER
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.rules import Detector, Rule
from casb_cli.scan.detect.sought import NUMBERED, ONLY_LABELS, SHOUTED, telling
from casb_cli.scan.detect.validators import CHECKS

IDENTITY = (
    "national id",
    "identification no",
    "national identity",
    "national identification",
    "identity number",
    "identity no",
    "identity card",
    "identification number",
    "id number",
    "id card",
    "id no",
    "personal id",
    "personal number",
    "personal code",
    "citizen id",
    "citizen number",
    "citizen code",
    "national identifier",
    "national number",
    "national code",
    "identity code",
    "identification code",
    "identity document",
    "identifier number",
    "social security number",
    "ssn",
    "nid",
    "birth number",
)
"""Words for an identity number of any country: for numbers whose structure and check rule out most of chance."""

TAX = (
    "tax id",
    "tax number",
    "tax identification",
    "tax identifier",
    "tax code",
    "tax registration",
    "tax payer",
    "taxpayer",
    "tin",
    "vat",
    "vat number",
    "tax no",
    "fiscal number",
    "fiscal code",
)
"""Words for a tax number of any country."""


_COMMON = frozenset((*IDENTITY, *TAX))

_UNPROVEN = (
    "ad-nrt al-identity-number al-nipt ar-dni az-pin bd-nid bo-identity-card br-rg co-cedula cr-cedula"
    " de-tax-number dz-nif eg-tax-number eu-vat-number fo-v-number ge-personal-number ke-pin li-peid lk-nic"
    " ma-cin mt-identity-card ng-nin pa-cedula ph-gsis ph-sss pk-cnic py-identity-card"
    " us-atin us-ein us-ptin ve-cedula"
    " fi-tax-number gh-ssnit imsi kr-business-number medical-record-number ng-voter-number uk-electoral-number"
    " us-alien-number us-dod-id us-hicn zw-national-id"
    " am-social-number ao-identity-card bh-personal-number bw-omang in-abha in-uan kg-personal-number mo-identity-card"
    " mz-identity-card om-civil-number pt-health-number rw-identity-number sn-identity-number ua-unzr zm-nrc"
)
UNPROVEN = frozenset(_UNPROVEN.split())
"""Those of which half of all numbers of the form would do, and hardly a letter tells them: less sure than others."""


class Number(NamedTuple):
    """One kind of number. `check` names a module of python-stdnum or one of the product's own checks."""

    check: str
    id: str
    title: str
    form: str
    """The written form, a regular expression of fixed pieces."""
    sample: str
    """What examples are drawn from: `9` stands for any digit, `A` for any capital, all else for itself."""
    words: tuple[str, ...]
    weak: bool = True
    """Whether the bare number says too little without one of the words near by."""
    family: str = "personal"
    severity: Severity = "high"
    reference: str = ""
    distance: int = 60
    """Bytes within which a word counts."""
    everywhere: bool = False
    """Whether the form is rarer in any text than its words are."""
    bare: str = ""
    """A further form, which only these words tell, and not those of the lists."""
    whole: bool = False
    """Whether its end is looked for in all text as well: longer rows of digits begin alike."""

    @property
    def checked_by(self) -> str:
        """The name under which the check is known."""
        return self.check if self.check in CHECKS else f"stdnum.{self.check}"


def _examples(check: str, sample: str) -> tuple[str, str]:
    """Return a number that the check holds for, and one that differs in one character and is none.

    The second is empty where the check looks at the structure only.
    """
    source = random.Random(check)  # noqa: S311 - examples, no secrets
    pools = {"9": "0123456789", "A": "ABCDEFGHJKLMNPRSTVWXYZ"}
    holds = CHECKS[check]
    for _ in range(50_000):
        text = "".join(source.choice(pools.get(char, char)) for char in sample)
        if not holds(text.encode()) or ("000" in text and "000" not in sample) or len(set(text)) < 4:
            continue
        for at in range(len(text) - 1, -1, -1):
            for char in "1234567890" if text[at].isdigit() else "ABCDEFGH" if text[at].isalpha() else "":
                other = text[:at] + char + text[at + 1 :]
                if other != text and not holds(other.encode()):
                    return text, other
        return text, ""
    raise ValueError(f"no example of {check}")


_JOINT = r"(?:[\xc2\xe2]?\x80?[ .\-/\xa0\x89\x91\x93\xaf])?"
"""Space, point, dash, stroke, and the no-break and thin forms in UTF-8: one class takes less time to compile."""
_JOINTS = re.compile(r"\\\.\?|\[[ ./\-]+\]\?|[ \-/]\?")


def joined(form: str) -> str:
    """Return a form with each joint that may be left out as any that people write: space, point, dash, stroke."""
    return _JOINTS.sub(lambda _: _JOINT, form)


_SHORTENED = (
    (" number", (" no", " #")),
    ("nummer", (" nr",)),
    ("numéro ", ("n° ", "nº ", "no ")),
    ("número ", ("n.º ", "nº ", "n° ", "núm. ", "nro. ")),
    ("numero ", ("n. ", "nr. ")),
    ("numer ", ("nr ",)),
    ("číslo ", ("č. ",)),
    ("broj ", ("br. ",)),
    ("номер ", ("№ ",)),
    ("αριθμός ", ("αρ. ",)),
    ("nomor ", ("no. ",)),
)
"""The word for a number, at the end or the beginning of a term, and how forms shorten it."""


def _shortened(word: str) -> Iterator[str]:
    """Yield a term as it is, and with its word for a number shortened where that asks for no further search."""
    yield word
    yield from filter(telling, _short_forms(word))


def _short_forms(word: str) -> Iterator[str]:
    for whole, shorts in _SHORTENED:
        if whole.endswith(" ") and word.startswith(whole):
            yield from (short + word.removeprefix(whole) for short in shorts)
        elif word.endswith(whole) and len(word) > len(whole) + 2:
            yield from (word.removesuffix(whole).rstrip(" -") + short for short in shorts)


def shortest(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words, also with the one for a number shortened, without those that another one stands in.

    Whether alone or in a row, these would tell no more. Two joined into one (`pancard`) are another word than either.
    """
    known = dict.fromkeys(form for word in words for form in _shortened(word))
    alone = known.keys() - SHOUTED - ONLY_LABELS  # those are not found wherever they stand
    held = dict.fromkeys(one for one in known if " " in one and _holds(one, alone))
    glued = ("".join(pair) for pair in map(str.split, held) if len(pair) == 2 and _glues(*pair))
    return tuple(dict.fromkeys((*(one for one in known if one not in held), *glued)))


_OF_NUMBERS = expression(NUMBERED)


def _glues(first: str, second: str) -> bool:
    """Return whether people join two words into one; with one for a number behind it is found anyhow."""
    joined = first + second
    return joined.isascii() and joined.isalpha() and _OF_NUMBERS.fullmatch(second) is None


def _holds(term: str, known: AbstractSet[str]) -> bool:
    """Return whether one of the words of a term, or a row of them that is not all of it, is known."""
    single = term.split()
    count = len(single)
    return not known.isdisjoint(single) or any(
        " ".join(single[first : first + size]) in known for size in range(2, count) for first in range(count - size + 1)
    )


_CAPITALS = re.compile(r"[A-Z](?!.*[a-z])")
"""Letters of a form that has none in small, so that people may type it so."""
_BORDER = r"\b"
_LINED = r"(?:\b|__)"
_BEGINS = r"(?:\b|__|%(?:2[02Cc]|3[ADad]))"
"""How a number begins and ends: forms on paper have a line to write on, addresses signs that end in letters. Too dear
for each of those that are looked for in all text: with a few borders more, the one pass takes half as long again."""


def reach(words: Iterable[str], distance: int) -> int:
    """Return within how many bytes words count, so that the longest still fits in front of a number with some text.

    Letters beyond ASCII take two or three bytes.
    """
    room = 40 if distance >= 60 else 20
    return max(distance, *(len(one.encode()) + room for one in words)) if words else distance


def number_detector(number: Number) -> Detector:
    """Return the detector of one kind of number."""
    name, word, form = number.checked_by, number.words[0], joined(number.form)
    gated = number.weak and not number.everywhere
    words = shortest((*number.words, *FURTHER.get(number.id, ())))
    proven = number.id not in UNPROVEN and name != "letters_digits"
    # Letters alone are a word in small ones: `platform` has the form of a BIC of the Faroe Islands.
    caseless = gated and proven and _CAPITALS.search(number.form) is not None and not number.sample.isalpha()
    return Detector(
        id=number.id,
        title=number.title,
        family=number.family,
        severity=number.severity,
        confidence="low" if number.id in UNPROVEN else "medium",
        description=f"{number.title}: structure {'and check digits hold' if proven else 'holds'}"
        + (", with a word for it near by." if number.weak else "."),
        reference=number.reference or f"python-stdnum, stdnum.{number.check}",
        rules=tuple(
            Rule(
                hint=rf"{_BEGINS if gated else _BORDER}(?:{one}){_LINED if gated or number.whole else ''}",
                pattern=rf"(?:(?<![0-9A-Za-z$.\-/+])(?<!(?<!_)_)|{ENCODED})(?P<v>{one})(?![0-9A-Za-z]|_(?!_))(?![.\-/][0-9])",
                caseless=caseless,
                before=48,
                after=24,
                digit="[0-9]" in one,
                words=own,
            )
            for one, own in ((form, ()), (number.bare, number.words))
            if one
        ),
        checks=("one_case", name) if caseless else (name,),
        filters=(
            "monotone",
            "sequence",
            "decimal",
            "row",
            "years",
            "taxon",
            "postcode",
            "measure",
            "other_label",
            "lock_file",
            "minified",
            "other_owner",
        ),
        keywords=words,
        required=number.weak,
        everywhere=number.everywhere,
        common=tuple(one for one in words if one in _COMMON and one not in FURTHER.get(number.id, ())),
        distance=reach(words, number.distance),
        normal="alnum",
        match=lambda: (f"{word}: {_examples(name, number.sample)[0]}",),
        no_match=lambda: (
            *((f"{word}: {wrong}",) if (wrong := _examples(name, number.sample)[1]) else ()),
            f"{word}: x{_examples(name, number.sample)[0]}",
            *((f"part {_examples(name, number.sample)[0]}",) if number.weak else ()),
        ),
    )
