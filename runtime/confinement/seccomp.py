"""Restricts a process to listed system calls, with seccomp.

A call that is not listed fails as if the kernel did not have it (ENOSYS), which every
library handles. Seccomp needs no privilege once the process has set PR_SET_NO_NEW_PRIVS.
https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from typing import Final

from runtime.confinement.kernel import PR_SET_SECCOMP, prctl
from runtime.confinement.syscalls import ALWAYS_ALLOWED, MACHINES, SOMETIMES_ALLOWED, number_of

_MODE_FILTER: Final = 2

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_ALLOW: Final = 0x7FFF0000
_ABSENT: Final = 0x00050000 | errno.ENOSYS
_KILL: Final = 0x80000000

_NUMBER: Final = 0
_MACHINE: Final = 4
_FIRST_ARGUMENT: Final = 16
"""Offsets in the data of a call: its number, its machine, the lower half of its first argument."""
_X32: Final = 0x40000000
"""Numbers from here on belong to another ABI of x86_64."""

_CLONE_THREAD: Final = 0x00010000
_CLONE_NEW_NAMESPACE: Final = 0x7E020080
_PR_SET_NAME: Final = 15
_PR_GET_NAME: Final = 16
_PR_SET_VMA: Final = 0x53564D41

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def restrict_system_calls() -> None:
    """Restrict the calling thread and whatever it starts. Raises OSError if the kernel
    refuses, or if the machine is not one of `MACHINES`."""
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError(errno.ENOSYS, f"no list of system calls for {machine}")
    code = b"".join(struct.pack("=HBBI", *one) for one in build_filter(machine, os.getpid()))
    program = _Program(len(code) // 8, code)
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program))


def build_filter(machine: str, pid: int) -> list[Instruction]:
    """Return the filter for the process with this id, as a program of classic BPF."""
    return [
        (_LOAD, 0, 0, _MACHINE),
        (_IF_EQUAL, 1, 0, MACHINES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        *([(_IF_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _ABSENT)] if machine == "x86_64" else []),
        *(
            step
            for name in ALWAYS_ALLOWED
            for step in _if_called(name, machine, [(_RETURN, 0, 0, _ALLOW)])
        ),
        *(
            step
            for name in SOMETIMES_ALLOWED
            for step in _if_called(name, machine, _decide_by_argument(name, pid))
        ),
        (_RETURN, 0, 0, _ABSENT),
    ]


def _if_called(name: str, machine: str, judge: list[Instruction]) -> Iterator[Instruction]:
    """Yield the steps that apply `judge` to one call. `judge` must return in every case."""
    number = number_of(name, machine)
    if number is not None:
        yield (_IF_EQUAL, 0, len(judge), number)
        yield from judge


def _decide_by_argument(name: str, pid: int) -> list[Instruction]:
    """Return the steps that decide a call by its first argument."""
    load: Instruction = (_LOAD, 0, 0, _FIRST_ARGUMENT)
    allow: Instruction = (_RETURN, 0, 0, _ALLOW)
    absent: Instruction = (_RETURN, 0, 0, _ABSENT)
    if name == "clone":  # Threads, but no process and no namespace.
        return [
            load,
            (_IF_ANY_BIT, 1, 0, _CLONE_NEW_NAMESPACE),
            (_IF_ANY_BIT, 1, 0, _CLONE_THREAD),
            absent,
            allow,
        ]
    allowed = {
        "tgkill": (pid,),  # Signals to its own threads: how it reports that it must abort.
        "prlimit64": (0, pid),  # Its own limits.
        "prctl": (_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA),
    }[name]
    tests = [step for one in allowed for step in ((_IF_EQUAL, 0, 1, one), allow)]
    return [load, *tests, absent]
