"""Makes system calls that Python has no function for."""

import ctypes
import os
from typing import Any, Final

PR_SET_PDEATHSIG: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_SECCOMP: Final = 22

_libc: Final = ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: Any) -> int:
    """Make the system call and return its result. Arguments are integers or ctypes
    references. Raises OSError."""
    return _check_result(_libc.syscall(ctypes.c_long(number), *map(_to_word, arguments)))


def prctl(option: int, *arguments: Any) -> int:
    """Call `prctl` and return its result. Missing arguments are 0. Raises OSError."""
    padded = (*arguments, *(0,) * (4 - len(arguments)))
    return _check_result(_libc.prctl(option, *map(_to_word, padded)))


def _to_word(argument: Any) -> Any:
    return ctypes.c_ulong(argument) if isinstance(argument, int) else argument


def _check_result(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
