"""A worker process: takes one job after another over its socket, holds no credential, reaches no network."""

from __future__ import annotations

import io
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from casb_cli.scan.detect.engine import Scanner
from casb_cli.scan.detect.rules import DetectorSet, catalogue
from casb_cli.scan.extract.base import Note
from casb_cli.scan.inspect import inspect_stream, new_scanner
from casb_cli.scan.results import InspectResult, Match
from casb_cli.scan.workers_limits import allow_cpu, bound_resources, cut_network, die_with_parent, grown_beyond
from casb_cli.scan.workers_wire import Done, Hello, Job, Jobs, Ready, Taken, receive, send

TURN = 1.0
"""Seconds of several jobs together after which what is done is told, and the rest given back."""
TOGETHER_CPU = 20.0
"""CPU seconds of one among several jobs; who needs more ends this process, and is tried again alone."""


def main(descriptor: int, parent: int) -> None:
    """Serve until the socket closes or the parent ends; never returns."""
    if os.name == "posix":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sock = socket.socket(fileno=descriptor)
    # The filter first: a thread started later inherits it, one started earlier would escape it.
    network = cut_network()
    die_with_parent(parent, 0)
    try:
        catalogue()  # read while the coordinator may still be busy with its own part
        hello, _ = receive(sock, Hello)
        isolation = {"network": network, **bound_resources(hello.memory)}
        scanner = new_scanner(_detectors(hello), hello.cache_dir)
        send(sock, Ready(scanner.detectors.id, isolation))
        while _serve(sock, scanner, hello):
            pass
    except (EOFError, OSError):
        pass  # the coordinator is gone or done with us
    os._exit(0)


def _detectors(hello: Hello) -> DetectorSet:
    if not hello.own:
        return DetectorSet.shipped(hello.detectors)
    from casb_cli.scan.detect.custom import detectors

    # The coordinator has had each pattern compiled before it started any worker.
    return DetectorSet.shipped(hello.detectors, detectors(hello.own, verify=False))


def _serve(sock: socket.socket, scanner: Scanner, hello: Hello) -> bool:
    """Do what one message asks for; return whether to stay for another."""
    message, descriptor = receive(sock, Jobs)
    send(sock, Taken())
    if len(message.jobs) != 1:
        results, leaving = _several(message.jobs, scanner, hello)
        send(sock, Done(results, leaving))
        return not leaving
    job = message.jobs[0]
    allow_cpu(job.limits.cpu)
    file: BinaryIO = io.BytesIO(job.data or b"") if descriptor is None else os.fdopen(descriptor, "rb")

    def hand_on(batch: tuple[Match, ...]) -> None:
        send(sock, Done((InspectResult(outcome="done", matches=batch),), more=True))

    with file:
        result = inspected(file, job, scanner, hello.key, hand_on if job.batches else None)
    leaving = _spent(result, hello.memory)
    send(sock, Done((result,), leaving))
    return not leaving


def _several(jobs: tuple[Job, ...], scanner: Scanner, hello: Hello) -> tuple[tuple[InspectResult, ...], bool]:
    """Return the results of the first jobs, of all where they are quick, and whether to leave."""
    results: list[InspectResult] = []
    until = time.monotonic() + TURN
    for job in jobs:
        allow_cpu(min(job.limits.cpu, TOGETHER_CPU))
        found: list[Match] = []
        result = inspected(io.BytesIO(job.data or b""), job, scanner, hello.key, found.extend if job.batches else None)
        results.append(msgspec.structs.replace(result, matches=(*found, *result.matches)) if found else result)
        if _spent(result, hello.memory):
            return tuple(results), True
        if time.monotonic() > until:
            break
    return tuple(results), False


def _spent(result: InspectResult, memory: int) -> bool:
    """Return whether this process should give its memory back."""
    starved = result.reason == "out-of-memory" or any(n.reason == "out-of-memory" for n in result.notes)
    return starved or grown_beyond(memory * 3 // 4)


def inspected(
    file: BinaryIO,
    job: Job,
    scanner: Scanner,
    key: bytes,
    hand_on: Callable[[tuple[Match, ...]], None] | None = None,
) -> InspectResult:
    """Return the result of one job; a fault of our own becomes a result too, without the words of the error."""
    try:
        return inspect_stream(
            file,
            name=job.name,
            scanner=scanner,
            key=key,
            limits=job.limits,
            every=job.every,
            reveal=job.reveal,
            hand_on=hand_on,
        )
    except MemoryError:
        return _lost(scanner, "out-of-memory", "")
    except Exception as error:  # noqa: BLE001 - the words of any error here could hold content: only its kind goes on
        return _lost(scanner, "crashed", type(error).__name__)


def _lost(scanner: Scanner, reason: str, detail: str) -> InspectResult:
    return InspectResult(
        outcome="skipped",
        reason=reason,
        detail=detail,
        detector_set=scanner.detectors.id,
        notes=(Note("", reason, detail),),
        parts_failed=1,
    )
