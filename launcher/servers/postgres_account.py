"""As whom PostgreSQL runs: it refuses to run as root.

Root gets a user namespace in which it is somebody else, and keeps its own files. Where
namespaces are barred (many containers), the server runs as `nobody`, and then it needs a
home and binaries that `nobody` can reach, which neither a clone under /root nor a data
directory that is closed to others gives it.
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

NAMESPACE: Final = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
OPEN_GROUND: Final = Path("/var/tmp")
OTHERS_MAY_ENTER: Final = stat.S_IXOTH
ANYBODY_MAY_ENTER: Final = 0o755
MOVED: Final = ("postgres.password", "cluster")
"""The cluster last: a move that was interrupted goes on at the next start."""


class Account(NamedTuple):
    """What stands in front of a command, and whose the files must be."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    """None: the files stay where they are and belong to whom they belong."""
    gid: int | None = None


def choose_account() -> Account:
    """Raises ServerUnavailable where root can become nobody else."""
    if os.geteuid() != 0:
        return Account()
    if _namespaces_work():
        return Account(NAMESPACE)
    return account_of_nobody()


def account_of_nobody() -> Account:
    if shutil.which("setpriv") is None:
        raise ServerUnavailable("PostgreSQL cannot run as root: neither unshare nor setpriv works")
    user = pwd.getpwnam("nobody")
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return Account(
        ("setpriv", *identity, "--pdeathsig=INT", "--"), uid=user.pw_uid, gid=user.pw_gid
    )


def home_for(account: Account, wanted: Path) -> Path:
    """`wanted`, or if the account cannot reach it a stand-in that is always the same.

    What `wanted` holds from a time when it could be reached is moved to the stand-in.
    """
    if account.uid is None or _is_reachable(wanted):
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted
    home = _own_folder(f"practix-postgres-{_digest(wanted)}")
    for name in MOVED:
        if (wanted / name).exists() and not (home / name).exists():
            _move(account, wanted / name, home / name)
    return home


def binaries_for(account: Account, installed: Path) -> Path:
    """The installation, or a copy of it that the account can reach."""
    if account.uid is None or _is_reachable(installed):
        return installed
    site, package = installed.parents[1], installed.parent.name
    copy = _own_folder(f"practix-postgres-bin-{_digest(installed)}") / "site"
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
    """All or nothing, also to another file system."""
    scratch = target.with_name("incomplete")
    if source.is_dir():
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(source, scratch, symlinks=True)
    else:
        shutil.copy2(source, scratch)
    for path in (scratch, *scratch.rglob("*")):
        give_ownership(account, path)
    scratch.rename(target)
    shutil.rmtree(source, ignore_errors=True)


def _namespaces_work() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def _is_reachable(path: Path) -> bool:
    """Whether others may enter every folder on the way."""
    existing = (folder for folder in (path, *path.parents) if folder.exists())
    return all(folder.stat().st_mode & OTHERS_MAY_ENTER for folder in existing)


def _own_folder(name: str) -> Path:
    """A folder of ours on open ground. Raises ServerUnavailable if somebody else made it."""
    folder = OPEN_GROUND / name
    folder.mkdir(exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ServerUnavailable(f"{folder} is not ours")
    folder.chmod(ANYBODY_MAY_ENTER)
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:12]
