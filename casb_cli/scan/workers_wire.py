"""What coordinator and worker say to each other: typed messages, never pickles.

A worker reads hostile files; were it taken over, unpickling its answer would hand it the coordinator and the
credentials there. A message that is not of the expected type ends the worker instead.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from casb_cli.core.shapes import from_msgpack
from casb_cli.scan.detect.rules import Source
from casb_cli.scan.extract.base import Limits
from casb_cli.scan.results import InspectResult

TOGETHER = 32
"""Jobs of small content that a worker is given at once."""
_LENGTH = struct.Struct(">I")
_LARGEST = 64 << 20
_MARK = b"M"
"""What begins a message: descriptors travel with a byte of their own."""

Message = TypeVar("Message")


class Hello(msgspec.Struct, frozen=True):
    """The first message to a worker: what it needs for all its tasks."""

    key: bytes
    detectors: tuple[str, ...]
    cache_dir: str | None
    memory: int
    own: tuple[Source, ...] = ()

    def __repr__(self) -> str:
        return "Hello(...)"  # the key stays out of tracebacks


class Ready(msgspec.Struct, frozen=True):
    """A worker's first message: the detector set it uses, and what it took away from itself."""

    detector_set: str
    isolation: dict[str, str]


class Job(msgspec.Struct, frozen=True):
    """One inspection. Content is `data`, or a descriptor sent along; `batches` are taken before the outcome."""

    name: str
    every: bool
    limits: Limits
    data: bytes | None = None
    reveal: bool = False
    batches: bool = False


class Jobs(msgspec.Struct, frozen=True):
    """One job, or many of small content. Descriptors come along in the order of the jobs that have no data."""

    jobs: tuple[Job, ...]


class Taken(msgspec.Struct, frozen=True):
    """A worker has the jobs: from now on it alone is to blame."""


class Done(msgspec.Struct, frozen=True):
    """The outcomes of the next jobs in order, and with `last` there are no more: jobs left over are given back.

    `leaving` when the worker ends itself then, to give memory back. With `more` it is a batch of matches of the next
    job, and its outcome is to come.
    """

    results: tuple[InspectResult, ...]
    leaving: bool = False
    more: bool = False
    last: bool = False


def send(sock: socket.socket, message: msgspec.Struct, descriptors: Sequence[int] = ()) -> None:
    """Send one message, and descriptors along with it."""
    data = msgspec.msgpack.encode(message)
    if len(data) > _LARGEST:
        raise ValueError("a message is too large")
    if descriptors:
        socket.send_fds(sock, [_MARK], descriptors)
    else:
        sock.sendall(_MARK)
    sock.sendall(_LENGTH.pack(len(data)) + data)


def receive(sock: socket.socket, kind: type[Message]) -> Message:
    """Return the next message; descriptors that came along are refused. Raises EOFError, msgspec.DecodeError."""
    return _message(sock, kind, sock.recv(1))


def receive_with(sock: socket.socket, kind: type[Message], most: int) -> tuple[Message, list[int]]:
    """Return the next message and the descriptors that came along; raises EOFError, msgspec.DecodeError."""
    mark, descriptors, _, _ = socket.recv_fds(sock, 1, most)
    return _message(sock, kind, mark), descriptors


def _message(sock: socket.socket, kind: type[Message], mark: bytes) -> Message:
    if not mark:
        raise EOFError
    size = _LENGTH.unpack(_exactly(sock, _LENGTH.size))[0]
    if size > _LARGEST:
        raise EOFError
    return from_msgpack(_exactly(sock, size), kind)


def _exactly(sock: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = sock.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
