"""The user's own detectors: `detectors/*.toml` beside the configuration, and the files of `--detectors`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from casb_cli.scan.detect.rules import Detector, Source

DetectorFiles = Annotated[
    list[str] | None,
    typer.Option("--detectors", metavar="FILE", help="Detectors of your own in this TOML file too; repeatable."),
]
"""`--detectors`, repeatable."""


def sources(files: Sequence[str] | None) -> tuple[Source, ...]:
    """Return the files of the configuration directory, by name, then those given; raises ConfigError."""
    from pathlib import Path

    from casb_cli.core.errors import ConfigError
    from casb_cli.scan.detect.rules import Source
    from casb_cli.store.paths import absolute, config_dir

    folder = config_dir() / "detectors"
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml") if folder.is_dir() else []
    except OSError as error:
        raise ConfigError(f"could not read your detectors in {folder}: {error.strerror}") from None
    kept = {path.resolve() for path in paths}
    paths += [
        path for path in dict.fromkeys(Path(file) for file in files or ()) if absolute(path).resolve() not in kept
    ]
    found = []
    for path in paths:
        try:
            # Some editors begin UTF-8 with a mark that is none of the text.
            found.append(Source(str(path), path.read_text(encoding="utf-8").removeprefix("\ufeff")))
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: this is no UTF-8 text, from byte {error.start} on") from None
        except OSError as error:
            raise ConfigError(f"could not read the detectors in {path}: {error.strerror}") from None
    return tuple(found)


def own(files: Sequence[str] | None) -> tuple[Detector, ...]:
    """Return the user's own detectors; raises ConfigError."""
    from casb_cli.scan.detect.custom import detectors

    found = sources(files)
    return detectors(found) if found else ()
