"""Confines the calling process for good: it keeps only what it needs for its work.

This is our own code because the libraries for Python are early releases, or need a shared
library (libseccomp) that a bare machine may lack. Landlock and seccomp take only a handful
of system calls.
"""

import os
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from runtime.confinement.kernel import PR_SET_NO_NEW_PRIVS, prctl
from runtime.confinement.landlock import restrict_files
from runtime.confinement.seccomp import restrict_system_calls

Missing = Literal["no_landlock", "no_seccomp", "threads_running", "not_linux"]
"""Why a process is not confined. Clients branch on these codes: never change one."""

_LIMITS: Final = {resource.RLIMIT_CORE: 0, resource.RLIMIT_MEMLOCK: 0}


def confine(writable: Sequence[Path], readable: Sequence[Path]) -> Missing | None:
    """Leave this process its threads, these paths, and its open descriptors.

    Returns None if the process is confined: it can reach no socket, no program, and no other
    process or file, not even as root. Otherwise returns why not; the restrictions that were
    possible are in force all the same. Call it before any thread is started: threads that
    already run would escape.
    """
    if os.uname().sysname != "Linux":
        return "not_linux"
    if len(os.listdir("/proc/self/task")) > 1:
        return "threads_running"
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    for limit, value in _LIMITS.items():
        resource.setrlimit(limit, (value, value))
    missing: Missing | None = None
    if not _try_restriction(lambda: restrict_files(writable, readable)):
        missing = "no_landlock"
    if not _try_restriction(restrict_system_calls):
        missing = missing or "no_seccomp"
    return missing


def _try_restriction(restrict: Callable[[], None]) -> bool:
    try:
        restrict()
    except OSError:
        return False
    return True
