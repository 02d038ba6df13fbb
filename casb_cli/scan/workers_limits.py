"""What a worker process takes away from itself before it looks at foreign bytes."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import sys
import threading
import time
from functools import lru_cache

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_NOT_DUMPABLE = 4  # PR_SET_DUMPABLE
_SET_SECCOMP = 22
_NO_NEW_PRIVILEGES = 38
_FILTER_MODE = 2

# System calls that could reach the network, another process, or another program, by machine: socket, connect,
# bind, listen, execve, execveat, ptrace, process_vm_readv, process_vm_writev, kill, add_key, request_key, keyctl,
# bpf, perf_event_open, io_uring_setup, pidfd_getfd. Sending on the descriptors held already stays possible.
_MACHINES: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (
        0xC000003E,
        (41, 42, 49, 50, 59, 322, 101, 310, 311, 62, 248, 249, 250, 321, 298, 425, 438),
    ),
    "aarch64": (
        0xC00000B7,
        (198, 203, 200, 201, 221, 281, 117, 270, 271, 129, 217, 218, 219, 280, 241, 425, 438),
    ),
}


def die_with_parent(parent: int, lifeline: int) -> None:
    """End this process when the parent ends: by the kernel on Linux, by the closed lifeline everywhere."""
    if sys.platform == "linux":
        _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.name == "posix" and os.getppid() != parent:
        os._exit(0)

    def watch() -> None:
        with contextlib.suppress(OSError):  # a broken lifeline says the same as a closed one
            while os.read(lifeline, 1):
                pass
        os._exit(0)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def bound_resources(memory: int) -> dict[str, str]:
    """Bound private memory, files and core dumps; return what holds here by name."""
    try:
        import resource
    except ImportError:
        return {"memory": "unbounded: this system has no resource limits"}
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _prctl(_NOT_DUMPABLE, 0)
    with contextlib.suppress(OSError, ValueError):  # a lower hard limit is in force already
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    try:
        resource.setrlimit(kind, (memory, memory))
    except (OSError, ValueError) as error:
        return {"memory": f"unbounded: {type(error).__name__}"}
    return {"memory": f"bounded at {memory >> 20} MiB"}


def allow_cpu(seconds: float) -> None:
    """Have the kernel end this process after so many more CPU seconds, and one at most."""
    _end_after(int(time.process_time() + seconds) + 1)


@lru_cache(1)  # of small files a hundred are done before the next second of the clock
def _end_after(soft: int) -> None:
    try:
        import resource
    except ImportError:
        return  # Windows: the coordinator's clock is the only limit
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))


def grown_beyond(size: int) -> bool:
    """Return whether this process ever had more bytes resident than that; False where unknown."""
    try:
        import resource
    except ImportError:
        return False
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if (peak if sys.platform == "darwin" else peak * 1024) <= size:
        return False
    if sys.platform == "linux":
        # That one starts at the size of the process that launched this one, and costs far less to ask for.
        with contextlib.suppress(OSError), open("/proc/self/status", "rb") as file:  # noqa: PTH123 - a kernel file
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024 > size
    return True


def cut_network() -> str:
    """Forbid sockets, other programs and other processes' memory; return how well that worked."""
    if sys.platform == "linux":
        return _seccomp()
    if sys.platform == "darwin":
        return _seatbelt()
    return "open: this system offers no way to cut it"


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction))]


def _seccomp() -> str:
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return f"open: no filter for {platform.machine()}"
    architecture, refused = machine
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    checks = [(at_least, 0x40000000), *((equal, number) for number in refused)]
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, 0x00050000 | errno.EPERM), (load, 0, 0, 0)]
    program += [(code, len(checks) - at, 0, number) for at, (code, number) in enumerate(checks)]
    program += [(give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050000 | errno.EACCES)]
    steps = (_Instruction * len(program))(*(_Instruction(*step) for step in program))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.byref(_Program(len(program), steps)), 0, 0) != 0:
        return f"open: {os.strerror(ctypes.get_errno())}"
    return "cut by the kernel"


def _seatbelt() -> str:
    try:
        sandbox = ctypes.CDLL("/usr/lib/libsandbox.dylib")
    except OSError:
        return "open: libsandbox is missing"
    message = ctypes.c_char_p()
    if sandbox.sandbox_init(b"no-network", ctypes.c_uint64(1), ctypes.byref(message)) != 0:
        return "open: the system refused"
    return "cut by the kernel"
