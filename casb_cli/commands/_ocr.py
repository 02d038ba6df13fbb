"""`--ocr`: whether, and in which languages, the text that pictures show is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

Ocr = Annotated[
    str | None,
    typer.Option(
        "--ocr",
        metavar="LANGUAGES",
        help="Read the text that pictures and scanned pages show, in these languages: eng, or deu+eng. Needs the extra "
        "ocr and tesseract's data; slow: about a page a second.",
    ),
]
INSTALL = "pip install 'casb-cli[ocr]'"
_FOLDERS = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


def chosen(languages: str | None) -> tuple[str, str]:
    """Return the languages and where tesseract's data for them is, empty ones where pictures are not read.

    Without the option the setting `ocr` of the configuration holds, for scans that follow one another.

    Raises UsageError with what to install.
    """
    if languages is None:
        from casb_cli.store.config import Config

        languages = str(Config.load().settings.get("ocr", ""))
    if not languages:
        return "", ""
    from importlib.util import find_spec

    from casb_cli.core.errors import UsageError

    if find_spec("tesserocr") is None or find_spec("PIL") is None:
        raise UsageError("--ocr needs an extra that is not installed", hint=INSTALL)
    names = languages.split("+")
    if not all(name and name.replace("_", "").isalnum() for name in names):
        raise UsageError(f"`{languages}` names no languages", hint="--ocr eng, or --ocr deu+eng")
    folders = list(_folders())
    for folder in folders:
        if all((folder / f"{name}.traineddata").is_file() for name in names):
            return languages, str(folder)
    known = sorted({path.stem for folder in folders for path in folder.glob("*.traineddata")} - {"osd"})
    package = " ".join(f"tesseract-ocr-{name.replace('_', '-')}" for name in names)
    raise UsageError(
        f"tesseract's data for `{languages}` is not there; there is: {', '.join(known) or 'none'}",
        hint=f"apt install {package}; or set TESSDATA_PREFIX to its folder",
    )


def _folders() -> list[Path]:
    from pathlib import Path

    given = os.environ.get("TESSDATA_PREFIX")
    found = [Path(given), Path(given) / "tessdata"] if given else []
    for pattern in _FOLDERS:
        found += sorted(Path("/").glob(pattern[1:]), reverse=True)
    return found
