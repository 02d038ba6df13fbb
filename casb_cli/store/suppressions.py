"""Values that are no problem: suppressed by their fingerprint, with a reason and an end date."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from casb_cli.core import clock
from casb_cli.core.errors import UnknownName
from casb_cli.store.database import Database, now_ms


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """One suppressed fingerprint; `until` None is for good, `active` is false after its end.

    `detector` and `file` tell where it was met last, None where it was not met since it was suppressed.
    """

    fingerprint: str
    why: str
    added: str
    until: str | None
    active: bool
    detector: str | None = None
    file: str | None = None


class Suppressions:
    """The suppressed fingerprints over the main store; thread-safe."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, fingerprint: str, *, why: str, until: int | None = None) -> None:
        """Suppress the matches of a fingerprint, until a moment (ms; None: for good)."""
        with self._db.write() as link:
            link.execute(
                "INSERT OR REPLACE INTO suppressions (fingerprint, why, added, until) VALUES (?, ?, ?, ?)",
                (fingerprint, why, now_ms(), until),
            )

    def met(self, places: Mapping[str, tuple[str, str]]) -> None:
        """Keep the detector and the file with which fingerprints were met; those not suppressed are passed over."""
        with self._db.write() as link:
            link.executemany(
                "UPDATE suppressions SET detector = ?, file = ? WHERE fingerprint = ?",
                [(detector, file, fingerprint) for fingerprint, (detector, file) in places.items()],
            )

    def remove(self, fingerprint: str) -> None:
        """End a suppression; raises UnknownName."""
        with self._db.write() as link:
            done = link.execute("DELETE FROM suppressions WHERE fingerprint = ?", (fingerprint,))
            if not done.rowcount:
                raise UnknownName(f"no suppression of `{fingerprint}`", hint="see `casb findings suppressions`")

    def list(self) -> list[Suppression]:
        """Return all of them, the ended ones too, by fingerprint."""
        now = now_ms()
        rows = self._db.fetch(
            "SELECT fingerprint, why, added, until, detector, file FROM suppressions ORDER BY fingerprint"
        )
        return [
            Suppression(
                fingerprint=str(fingerprint),
                why=str(why),
                added=clock.from_millis(int(str(added))) or "",
                until=clock.from_millis(int(str(until))) if until is not None else None,
                active=until is None or int(str(until)) > now,
                detector=str(detector) if detector is not None else None,
                file=str(file) if file is not None else None,
            )
            for fingerprint, why, added, until, detector, file in rows
        ]

    def active(self) -> dict[str, str]:
        """Return the reason of each fingerprint that is suppressed now."""
        return {one.fingerprint: one.why for one in self.list() if one.active}
