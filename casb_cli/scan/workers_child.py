"""A worker process: takes one job after another over its socket, holds no credential, reaches no network."""

from __future__ import annotations

import gc
import io
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import BinaryIO

from casb_cli.scan.detect.engine import Scanner
from casb_cli.scan.detect.expressions import keep
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream, new_scanner
from casb_cli.scan.results import InspectResult, Match, not_inspected
from casb_cli.scan.workers_content import INLINE
from casb_cli.scan.workers_limits import allow_cpu, bound_resources, cut_network, die_with_parent, grown_beyond
from casb_cli.scan.workers_wire import TOGETHER, Done, Hello, Job, Jobs, Ready, Taken, receive, receive_with, send

_TURN = 1.0
"""Seconds of many jobs after which what is done is told, and the rest given back."""
_CPU = 20.0
"""CPU seconds of one among many jobs; who needs more ends this process, and is tried again alone."""


def main(descriptor: int, parent: int) -> None:
    """Serve until the socket closes or the parent ends; never returns."""
    if os.name == "posix":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sock = socket.socket(fileno=descriptor)
    # The filter first: a thread started later inherits it, one started earlier would escape it.
    network = cut_network()
    die_with_parent(parent, 0)
    try:
        hello = receive(sock, Hello)
        isolation = {"network": network, **bound_resources(hello.memory)}
        scanner = new_scanner(_detectors(hello), hello.cache_dir)
        gc.freeze()  # what lives as long as the process is not to be gone through again and again
        send(sock, Ready(scanner.detectors.id, isolation))
        while _serve(sock, scanner, hello):
            pass
    except (EOFError, OSError):
        pass  # the coordinator is gone or done with us
    os._exit(0)


def _detectors(hello: Hello) -> DetectorSet:
    if not hello.own:
        return DetectorSet.shipped(hello.detectors, cache_dir=hello.cache_dir)
    from casb_cli.scan.detect.custom import detectors

    # The coordinator has had each pattern compiled before it started any worker.
    own = detectors(hello.own, verify=False, cache_dir=hello.cache_dir)
    return DetectorSet.shipped(hello.detectors, own, hello.cache_dir)


def _serve(sock: socket.socket, scanner: Scanner, hello: Hello) -> bool:
    """Do what one message asks for; return whether to stay for another."""
    asked, descriptors = receive_with(sock, Jobs, TOGETHER)
    send(sock, Taken())
    results: list[InspectResult] = []

    def hand_on(batch: tuple[Match, ...]) -> None:
        if results:  # the batch is of the job behind those that are told
            send(sock, Done(tuple(results)))
            results.clear()
        send(sock, Done((InspectResult(outcome="done", matches=batch),), more=True))

    descriptors.reverse()
    many = len(asked.jobs) > 1
    until = time.monotonic() + _TURN
    for job in asked.jobs:
        allow_cpu(min(job.limits.cpu, _CPU) if many else job.limits.cpu)
        with _content(job, descriptors) as file:
            result = inspected(file, job, scanner, hello.key, hand_on if job.batches else None)
        results.append(result)
        if result.reason == "out-of-memory" or any(n.reason == "out-of-memory" for n in result.notes):
            send(sock, Done(tuple(results), leaving=True, last=True))
            return False
        if time.monotonic() > until:
            break
    for descriptor in descriptors:
        os.close(descriptor)
    keep()  # now, since who has all that was asked for may end this process at once
    leaving = grown_beyond(hello.memory * 3 // 4)
    send(sock, Done(tuple(results), leaving, last=True))
    return not leaving


def _content(job: Job, descriptors: list[int]) -> BinaryIO:
    """Return the content of a job, whose descriptor is the last one where it has no data."""
    if job.data is not None:
        return io.BytesIO(job.data)
    descriptor = descriptors.pop()
    size = os.fstat(descriptor).st_size
    data = os.pread(descriptor, size + 1, 0) if size <= INLINE else b""
    if not data or len(data) != size:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    return io.BytesIO(data)


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
        return not_inspected("out-of-memory", "")
    except Exception as error:  # noqa: BLE001 - the words of any error here could hold content: only its kind goes on
        return not_inspected("crashed", type(error).__name__)
