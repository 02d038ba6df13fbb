"""Every error a user can meet, one tree; code, kind and hint sit on the class.

CasbError                      1  something failed
├── UsageError                 2  the call's words are off
│   ├── UnknownName            2  no such instance, app, detector, field
│   ├── AmbiguousReference     2  several objects fit; nothing was done
│   └── GuardRefused           2  a guard wants an explicit flag (protected, last admin, cap)
├── ConfigError                2  the configuration cannot be read
├── StoreError                 1  config, secret, store or journal could not be read or saved
├── PartlyDone                 3  some of several operations failed
├── SecretUnavailable          4  a credential's source gives no value here
├── Unsupported                6  the app has no such thing; the reason is the app's own
├── Locked                     9  another run holds the lock
├── Stopped                  143  ended by a signal after a clean stop
└── ProviderError              1  a provider said no; carries its words, status and request id
    ├── SignInNeeded           4  credential missing, expired or rejected
    ├── NotPermitted           5  role, scope or licence missing
    │   ├── ScopeMissing       5
    │   └── LicenceMissing     5
    ├── ObjectMissing          1  no such object (or not visible to this caller)
    ├── StateConflict          1  the object changed meanwhile, or its state forbids the call
    ├── RequestRefused         1  the provider calls the request invalid
    ├── CursorExpired          1  a stored position is no longer valid: list anew
    ├── BadAnswer              1  the answer lacks what the call promises
    ├── UnsafeAddress          1  a link or redirect leaves the instance's hosts, or is not https
    ├── LostAnswer             1  an unsafe call was sent and no answer came: its effect is unknown
    ├── Throttled              7  the provider's limit; try later
    └── Unavailable            7  network or provider down; try later
        └── BrokenOff          7  content ended before its end; it is read anew
"""

from __future__ import annotations

from typing import Any, ClassVar, Self


class CasbError(Exception):
    """A failure a user can act on: `message` says what failed and where, `hint` the exact next command."""

    exit_code: ClassVar[int] = 1
    kind: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form printed on stderr under `-o json`."""
        row: dict[str, Any] = {"error": self.kind, "message": self.message, "exit_code": self.exit_code}
        if self.hint:
            row["hint"] = self.hint
        return row

    def alone(self) -> Self:
        """Return the error without what it came through, to be kept: its frames hold whole pages and answers."""
        self.__traceback__ = self.__cause__ = self.__context__ = None
        return self


class UsageError(CasbError):
    """The command's words are off."""

    exit_code = 2
    kind = "usage"


class UnknownName(UsageError):
    """No instance, app, field or detector has that name."""

    kind = "unknown-name"


class AmbiguousReference(UsageError):
    """Several objects fit the reference; `candidates` are full refs, listed below the hint."""

    kind = "ambiguous"

    def __init__(self, message: str, *, candidates: tuple[str, ...] = (), hint: str = "say which:") -> None:
        super().__init__(message, hint=hint)
        self.candidates = candidates

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "candidates": list(self.candidates)}


class GuardRefused(UsageError):
    """A guard refused the action; the hint names the flag that allows it."""

    kind = "guard"


class ConfigError(CasbError):
    """The configuration cannot be read; the message names file and key."""

    exit_code = 2
    kind = "config"


class StoreError(CasbError):
    """Config, secret, store or journal could not be read or saved."""

    kind = "store"


class PartlyDone(CasbError):
    """Some of several operations failed; each was reported on its own."""

    exit_code = 3
    kind = "partly-done"


class SecretUnavailable(CasbError):
    """A credential's source gives no value in this environment."""

    exit_code = 4
    kind = "secret-unavailable"


class Unsupported(CasbError):
    """The app has no such thing; the message carries the app's reason."""

    exit_code = 6
    kind = "unsupported"


class Locked(CasbError):
    """Another run holds the lock; the message says who."""

    exit_code = 9
    kind = "locked"


class Stopped(CasbError):
    """The run ended by a signal or deadline after a clean stop."""

    exit_code = 143
    kind = "stopped"


def documented(text: str) -> str:
    """Return a call's template as its provider writes it: `{+path}`, which keeps slashes, is `{path}` there."""
    return text.replace("{+", "{")


class ProviderError(CasbError):
    """A provider said no: its words, the logical call, HTTP status and request id."""

    kind = "provider"

    def __init__(
        self,
        words: str,
        *,
        call: str = "",
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(documented(words), hint=hint)
        self.words = self.message
        self.call = call
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.where = ""
        self.doing = ""

    @property
    def call(self) -> str:
        """The logical call as the provider documents it."""
        return self._call

    @call.setter
    def call(self, name: str) -> None:
        self._call = documented(name)

    def at(self, where: str, doing: str = "") -> ProviderError:
        """Name the instance (`app/instance`) and what was being done; the innermost name stays."""
        self.where = self.where or where
        self.doing = self.doing or doing
        return self

    def _said(self) -> str:
        return self.words

    def __str__(self) -> str:
        """Return `app/instance: could not <verb> <noun>: <words> (HTTP 403, request id ...)`."""
        notes = []
        if self.status:
            notes.append(f"HTTP {self.status}")
        if self.call:
            notes.append(self.call)
        if self.request_id:
            notes.append(f"request id {self.request_id}")
        text = self._said()
        doing = self.doing
        if doing:
            text = f"could not {doing}: {text}"
        if self.where:
            text = f"{self.where}: {text}"
        return f"{text} ({', '.join(notes)})" if notes else text

    def as_dict(self) -> dict[str, Any]:
        row = super().as_dict()
        row["message"] = str(self)
        row.update(
            {
                name: value
                for name, value in (
                    ("where", self.where),
                    ("call", self.call),
                    ("status", self.status),
                    ("code", self.code),
                    ("request_id", self.request_id),
                )
                if value
            }
        )
        return row


class SignInNeeded(ProviderError):
    """The credential is missing, expired or rejected."""

    exit_code = 4
    kind = "sign-in"


class NotPermitted(ProviderError):
    """A role, scope or licence is missing; `needed` names what to add, in the provider's terms."""

    exit_code = 5
    kind = "not-permitted"

    def __init__(self, words: str, *, needed: tuple[str, ...] = (), **rest: Any) -> None:
        super().__init__(words, **rest)
        self.needed = needed

    def _said(self) -> str:
        """Return the provider's words, and what to add where they don't name it."""
        import re

        # Whole names: one may be how another begins.
        unnamed = [one for one in self.needed if not re.search(rf"(?<![\w.]){re.escape(one)}(?![\w.]*\w)", self.words)]
        return f"{self.words}; needs {', '.join(unnamed)}" if unnamed else self.words

    def as_dict(self) -> dict[str, Any]:
        row = super().as_dict()
        if self.needed:
            row["needed"] = list(self.needed)
        return row


class ScopeMissing(NotPermitted):
    """The credential lacks a scope or permission."""

    kind = "scope-missing"


class LicenceMissing(NotPermitted):
    """The tenant's plan or licence lacks the feature."""

    kind = "licence-missing"


class ObjectMissing(ProviderError):
    """The object does not exist, or is not visible to this caller."""

    kind = "missing"


class StateConflict(ProviderError):
    """The object changed meanwhile, or its state forbids the call."""

    kind = "conflict"


class RequestRefused(ProviderError):
    """The provider calls the request invalid."""

    kind = "refused"


class CursorExpired(ProviderError):
    """A stored position is no longer valid; the listing must start anew."""

    kind = "cursor-expired"


class BadAnswer(ProviderError):
    """The answer lacks what the call promises; the words name call and field."""

    kind = "bad-answer"


class UnsafeAddress(ProviderError):
    """A link or redirect leaves the instance's hosts, or is not https."""

    kind = "unsafe-address"


class LostAnswer(ProviderError):
    """An unsafe call was sent and no answer came: only reading the state tells what happened."""

    kind = "lost-answer"


class Throttled(ProviderError):
    """The provider's limit holds the call back; try later."""

    exit_code = 7
    kind = "throttled"


class Unavailable(ProviderError):
    """Network or provider is down; try later."""

    exit_code = 7
    kind = "unavailable"


class BrokenOff(Unavailable):
    """Content that was being read broke off: what came is not the whole; asking again begins anew."""

    kind = "broken-off"


INTERRUPTED = 130

EXIT_CODES: dict[int, str] = {
    0: "done, or already so",
    1: "failed",
    2: "usage: the command's words are off, or a guard wants an explicit flag",
    3: "partly done",
    4: "sign-in needed or rejected",
    5: "not permitted: scope, role or licence missing",
    6: "the app cannot do this",
    7: "throttled or unavailable: try later",
    9: "locked by another run",
    10: "findings at or above --fail-on",
    11: "findings at or above --fail-on, and the scan was incomplete",
    130: "interrupted",
    143: "terminated after a clean stop",
}


def combined_exit_code(codes: list[int]) -> int:
    """Return the code of several operations: all alike, that code; mixed, 3; none, 0."""
    distinct = set(codes)
    if not distinct:
        return 0
    return distinct.pop() if len(distinct) == 1 else PartlyDone.exit_code
