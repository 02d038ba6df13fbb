"""Text to measure inspection on: logs, CSV, prose and source from a seed, with planted values of known patterns."""

# ruff: noqa: E501 - tables of forms

from __future__ import annotations

import random
import string
import sysconfig
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from casb_cli.sandbox import planted

FILE = 8 << 20
WORDS = (  # noqa: SIM905 - a text
    "the account of a customer was opened in spring and nobody asked for the report that finance had sent to every "
    "office before the audit while the team in the north kept the old ledger because its numbers were right and the "
    "new system had lost two weeks of orders when the server room was moved to another floor of the building"
).split()
NAMES = "load store open close parse render submit fetch cursor buffer index window record header value".split()  # noqa: SIM905
CLASSES = {
    "d": ("0-9", string.digits),
    "x": ("0-9a-f", "0123456789abcdef"),
    "U": ("A-Z0-9", string.ascii_uppercase + string.digits),
    "L": ("A-Z", string.ascii_uppercase),
    "l": ("a-z", string.ascii_lowercase),
    "w": ("A-Za-z0-9", string.ascii_letters + string.digits),
    "s": ("A-Za-z0-9_-", string.ascii_letters + string.digits + "_-"),
    "b": ("A-Za-z0-9+/", string.ascii_letters + string.digits + "+/"),
}


class Pattern(NamedTuple):
    """A form to look for: pieces of text as such, or a class of characters and how many of them."""

    name: str
    pieces: tuple[str | tuple[str, int], ...]

    @property
    def expression(self) -> str:
        """The regular expression, in the syntax that `re`, ripgrep and our TOML share."""
        return "".join(
            "".join(f"\\{char}" if char in ".+" else char for char in piece)
            if isinstance(piece, str)
            else f"[{CLASSES[piece[0]][0]}]{{{piece[1]}}}"
            for piece in self.pieces
        )

    def sample(self, source: random.Random) -> str:
        """Return a text of this form."""
        return "".join(
            piece if isinstance(piece, str) else "".join(source.choices(CLASSES[piece[0]][1], k=piece[1]))
            for piece in self.pieces
        )


_TOKENS = (
    "acme_live_ w32|acme_test_ w32|akey- x32|bq_ s24|ci-token- w20|corp. b43 =|dbx.v2. s60|dk- U20"
    "|edge_ w28|fin- d12|flow/ w22|ghx_ w36|glpx- s20|grid: U16|gw_ x64|hook/T L1 U8 /B L1 U8|hs- x8 - x4 - x12"
    "|idp_ s43|int- L4 - d8|inv_ w27|jobs. x24|kx1 U24|lic- U5 - U5 - U5 - U5|live_sk_ w24|mx+ b22|node- x16 . l3"
    "|npx_ w36|oauth2. s50|ord- L2 d9|pat_ w22 _ w59|pay: d16|pkt- x20|pnx. w44|proj- l8 - d5|psk_ b40"
    "|r8x_ w37|ref# U10|rkx_live_ w24|rt. w18 . w43|s3x/ U20|sgx. s22 . s43|shpx_ x32|sig= x64|skx- w48"
    "|svc: l5 : x32|tkt- d7|tnt_ x12|uid= d10|ux- w21|vendor- L3 - d6|wh_ w40|xapp- d1 - U10 - d13 - x64|zk_ w33"
)
_WRITTEN = (
    "L3 / d5 / L2|d4 - d4 - d4 - d4|U8 - x4 - U8|d2 : x12 : d2|L2 d6 L1 .|x8 @ l6 .internal|d3 - d2 - d4 ;"
    "|l4 :// l8 : w12 @|Badge EMP- d6|Customer no. C d8|Contract V/ d4 / d6|Policy L3 d9|Case # d10|Patient P- d7|Claim CL d8"
    "|Member M d9 L1|Passport L1 d8|Licence L2 d6 L2|Account d4 - d8|Sort d2 - d2 - d2|Ref L4 d12|File no. d3 / d5 / d2|Order SO- d9"
    "|Asset tag AT d6|Room L1 d3 . d2|Plate L2 - L2 d4|Meter d2 L3 d10|Parcel d2 L2 d8 L2|IMSI d15|Device SN U12"
    "|Voucher U4 - U4 - U4|Ticket INC d8|Change CHG d7|Seat d2 L1 / d4|Booking U6 -|Wallet 0x x40|Tax id d2 - d7"
    "|secret= s32|password= w14 !|api_key= x32|client_id= d12 - w32|session= x48|auth: w36|cookie: sid= w26"
    "|key_id= U20|Bearer s64|pin= d6 ;"
)


def _pattern(number: int, written: str) -> Pattern:
    pieces: list[str | tuple[str, int]] = []
    for part in written.split(" "):
        if part[0] in CLASSES and part[1:].isdigit():
            pieces.append((part[0], int(part[1:])))
        else:
            joint = " " if pieces and isinstance(pieces[-1], str) and pieces[-1][-1] != " " else ""
            pieces.append(joint + part + " " * part.istitle())
    return Pattern(f"form-{number}", tuple(pieces))


def patterns() -> tuple[Pattern, ...]:
    """Return the hundred forms."""
    found = tuple(_pattern(n, text) for n, text in enumerate((*_TOKENS.split("|"), *_WRITTEN.split("|"))))
    assert len(found) == 100
    return found


def log_line(r: random.Random) -> str:
    day, hour = f"2026-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}", f"{r.randint(0, 23):02d}:{r.randint(0, 59):02d}"
    where = f"[worker-{r.randint(1, 16)}] c.e.app.{r.choice(NAMES).title()}Handler"
    call = f"{r.choice(('GET', 'POST'))} /api/v1/{r.choice(NAMES)}/{r.randint(1, 10**9)} status={r.choice((200, 404))}"
    tail = f"took={r.randint(1, 900)}ms ip=10.{r.randint(0, 255)}.{r.randint(0, 255)}.7"
    level = r.choice(("INFO", "WARN", "DEBUG"))
    return f"{day}T{hour}:07.{r.randint(0, 999):03d}Z {level} {where} - {call} {tail} trace={r.getrandbits(128):032x}"


def csv_line(r: random.Random) -> str:
    name = f"{r.choice(WORDS).title()} {r.choice(WORDS).title()}"
    money = f"{r.randint(1, 10**5)}.{r.randint(0, 99):02d},{r.choice(('EUR', 'USD'))}"
    phone = f"+49 {r.randint(100, 999)} {r.randint(10**5, 10**7)}"
    day = f"{r.randint(1, 28):02d}/0{r.randint(1, 9)}/2026"
    return f"{r.randint(1, 10**7)},{name},{day},{money},{phone},{r.choice(WORDS)}"


def prose_line(r: random.Random) -> str:
    at = r.randrange(len(WORDS))
    return " ".join((WORDS * 2)[at : at + r.randint(8, 16)]).capitalize() + r.choice((".", ",", ".", "!"))


def source_text(r: random.Random) -> list[str]:
    """Return lines of programs as people wrote them: those of the standard library at hand."""
    folder = Path(sysconfig.get_path("stdlib"))
    lines: list[str] = []
    for path in r.sample(sorted(folder.glob("*.py")), 60):
        lines += path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[:20_000]


KINDS: tuple[tuple[str, Callable[[random.Random], str] | None], ...] = (
    ("log", log_line),
    ("csv", csv_line),
    ("txt", prose_line),
    ("py", None),
)


def blocks(number: int) -> Iterator[tuple[str, Counter[str]]]:
    """Yield without end the text of a file, piece by piece, and what was planted in each."""
    _, line = KINDS[number % len(KINDS)]
    r = random.Random(number)
    base = [line(r) for _ in range(20_000)] if line else source_text(r)
    forms = patterns()
    batch = 0
    while True:
        r.shuffle(base)
        sown: Counter[str] = Counter()
        lines = list(base)
        for form in r.sample(forms, 40):
            lines.insert(r.randrange(len(lines)), f"{r.choice(WORDS)} {form.sample(r)} {r.choice(WORDS)}")
        detector = planted.PLANTS[(number + batch) % len(planted.PLANTS)]
        if detector != "email-bulk":
            lines += [*planted.lines_for(detector, 3, 7, number, batch), "end of list"]
            sown[detector] += 3
            if detector == "aws-access-key":
                sown["aws-secret-key"] += 3
        yield "\n".join(lines) + "\n", sown
        batch += 1


def write_corpus(folder: Path, size: int) -> tuple[int, Counter[str]]:
    """Write at least `size` bytes in files; return how many, and what of the catalogue's was planted in them."""
    written, sown, number = 0, Counter[str](), 0
    while written < size:
        path = folder / f"file-{number}.{KINDS[number % len(KINDS)][0]}"
        with path.open("w", encoding="utf-8") as out:
            for text, planted_here in blocks(number):
                out.write(text)
                sown += planted_here
                if out.tell() >= FILE:
                    break
        written += path.stat().st_size
        number += 1
    return written, sown
