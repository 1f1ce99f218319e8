"""Restricts the file system for a process to named paths, with Landlock.

Landlock needs no privilege and cannot be taken back; threads and children inherit it. It
needs kernel 5.13 or newer, and an administrator can leave it out of the kernel.
https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from runtime.confinement.kernel import system_call

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1
_PATH_BENEATH: Final = 1

_EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_TRUNCATE: Final = 1 << 14
_RIGHTS_BY_VERSION: Final = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many file rights each version of the ABI has in total. Each right is a bit."""
_SPECIAL_FILES: Final = (1 << 6) | (1 << 9) | (1 << 10) | (1 << 11)
"""The rights to make devices, sockets and pipes."""
_TCP: Final = 0b11
_SCOPES: Final = 0b11
"""The rights to signal processes outside, and to use their abstract sockets."""


def landlock_version() -> int:
    """Return the version of the kernel's ABI; 0 if it has no Landlock."""
    try:
        return system_call(_CREATE_RULESET, 0, 0, _VERSION)
    except OSError:
        return 0


def restrict_files(writable: Iterable[Path], readable: Iterable[Path]) -> None:
    """Leave only these paths to the calling thread and to whatever it starts.

    Paths that do not exist are skipped. Raises OSError if the kernel refuses.
    """
    version = landlock_version()
    handled = _handled_rights(version)
    # The kernel refuses fields that it does not know, so they are left out.
    attributes = struct.pack("=QQQ", handled, _TCP, _SCOPES)
    size = 8 if version < 4 else 16 if version < 6 else 24
    buffer = ctypes.create_string_buffer(attributes[:size], size)
    ruleset = system_call(_CREATE_RULESET, ctypes.byref(buffer), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE | _READ_DIR)
        for path in writable:
            _allow(ruleset, path, handled & ~(_EXECUTE | _SPECIAL_FILES))
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _handled_rights(version: int) -> int:
    known = max(known for known in _RIGHTS_BY_VERSION if known <= max(version, 1))
    return int((1 << _RIGHTS_BY_VERSION[known]) - 1)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        # Packed, because the structure ends right after the descriptor.
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, parent), 12)
        system_call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)
