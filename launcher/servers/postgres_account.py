"""Chooses the account that PostgreSQL runs as, since it refuses to run as root.

Root gets a user namespace in which it is another user and keeps its own files. If namespaces
are barred, as in many containers, the server runs as `nobody`. It then needs a home and
binaries that `nobody` can reach: a clone under /root is out of reach, and so is a data
directory that is closed to others. Who deletes such a directory deletes the home, too: the next
start there does it.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from launcher.servers.process import ServerUnavailable
from launcher.servers.server import OWNER_LOCK

NAMESPACE: Final = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
SHARED_FOLDER: Final = Path("/var/tmp")
OTHERS_MAY_ENTER: Final = stat.S_IXOTH
ANYBODY_MAY_ENTER: Final = 0o755
MOVED: Final = ("postgres.password", "cluster")
"""Files to move. The cluster comes last: an interrupted move goes on at the next start."""

RESTORED: Final = "restored"
"""A file beside a cluster that was restored, until the notifier has been told."""

ELSEWHERE: Final = "cluster-is-elsewhere"
"""A file that says where the cluster is, in a directory that the account cannot reach."""


class Account(NamedTuple):
    """The account of a server: a prefix of its commands, and the owner of its files."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    """None: the files stay where they are and keep their owner."""
    gid: int | None = None


def choose_account() -> Account:
    """Return the account to use. Raises ServerUnavailable if root cannot become another user."""
    if os.geteuid() != 0:
        return Account()
    if _namespaces_work():
        return Account(NAMESPACE)
    return account_of_nobody()


def account_of_nobody() -> Account:
    """Return the account `nobody`. Raises ServerUnavailable if no program here can switch to it."""
    if shutil.which("setpriv") is None:
        raise ServerUnavailable("PostgreSQL cannot run as root: neither unshare nor setpriv works")
    user = pwd.getpwnam("nobody")
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return Account(
        ("setpriv", *identity, "--pdeathsig=INT", "--"), uid=user.pw_uid, gid=user.pw_gid
    )


def prepare_home(account: Account, wanted: Path) -> Path:
    """Return `wanted`, or a substitute, always the same, if the account cannot reach it.

    What `wanted` holds from a time when it could be reached is moved to the substitute, and so is
    a cluster that was restored there: it takes the place of one from before. If `wanted` is new,
    what the substitute holds is of a directory that was deleted, and is removed.
    """
    if account.uid is None or _is_reachable(wanted):
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted
    home = _make_shared_folder(f"practix-postgres-{_hash_path(wanted)}")
    if _is_new(wanted):
        for name in MOVED:
            _remove(home / name)
    restored = (wanted / RESTORED).exists()
    for name in MOVED:
        _remove_leftovers(wanted / name, home / name)
        if (wanted / name).exists() and (restored or not (home / name).exists()):
            _move(account, wanted / name, home / name)
    if wanted.exists():
        (wanted / ELSEWHERE).write_text(f"{home}\n")
    return home


def prepare_binaries(account: Account, installed: Path) -> Path:
    """Return the installation, or a copy of it that the account can reach."""
    if account.uid is None or _is_reachable(installed):
        return installed
    site, package = installed.parents[1], installed.parent.name
    copy = _make_shared_folder(f"practix-postgres-bin-{_hash_path(installed)}") / "site"
    if not copy.exists():
        scratch = copy.with_name("incomplete")
        shutil.rmtree(scratch, ignore_errors=True)
        # The programs look for the wheel's shared libraries beside its package.
        for part in (Path(package) / installed.name, Path(f"{package}.libs")):
            shutil.copytree(site / part, scratch / part, symlinks=True)
        for folder in (scratch, scratch / package):  # Made by our umask, not copied.
            folder.chmod(ANYBODY_MAY_ENTER)
        scratch.rename(copy)
    return copy / package / installed.name


def give_ownership(account: Account, path: Path) -> None:
    """Make the account the owner of `path`."""
    if account.uid is not None and account.gid is not None:
        os.chown(path, account.uid, account.gid)


def _move(account: Account, source: Path, target: Path) -> None:
    """Move all or nothing, even to another file system, in the place of what is there. Nothing may
    be left of an earlier move."""
    scratch, replaced, moved = _leftovers(source, target)
    if source.is_dir():
        shutil.copytree(source, scratch, symlinks=True)
    else:
        shutil.copy2(source, scratch)
    for path in (scratch, *scratch.rglob("*")):
        give_ownership(account, path)
    if target.exists():
        target.rename(replaced)
    scratch.rename(target)
    source.rename(moved)  # At once: half of it would be taken for newer than the target.
    _remove_leftovers(source, target)


def _leftovers(source: Path, target: Path) -> tuple[Path, Path, Path]:
    """Return what a move has beside its two ends: the copy, the target and the source of before.
    As long as it needs one of them, `source` is whole."""
    moved = source.with_name(f"{source.name}.moved")
    return target.with_name("incomplete"), target.with_name("replaced"), moved


def _remove_leftovers(source: Path, target: Path) -> None:
    for left in _leftovers(source, target):
        _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _namespaces_work() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def _is_reachable(path: Path) -> bool:
    """Return whether others may enter every folder of the path."""
    existing = (folder for folder in (path, *path.parents) if folder.exists())
    return all(folder.stat().st_mode & OTHERS_MAY_ENTER for folder in existing)


def _make_shared_folder(name: str) -> Path:
    """Make a folder that all may enter. Raises ServerUnavailable if another user made it."""
    folder = SHARED_FOLDER / name
    folder.mkdir(exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ServerUnavailable(f"{folder} belongs to another user")
    folder.chmod(ANYBODY_MAY_ENTER)
    return folder


def _is_new(wanted: Path) -> bool:
    """Return whether the directory is there, but no server was ever started on it."""
    return wanted.is_dir() and all(path.name == OWNER_LOCK for path in wanted.iterdir())


def _hash_path(path: Path) -> str:
    return hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:12]
