"""Numbers of the system calls that a confined process may make, by machine.

They come from the kernel's headers (`asm/unistd_64.h`, `asm-generic/unistd.h`) and never
change. A call that is not listed is refused: sockets, starting programs, other processes,
mounts, namespaces, changing owners and modes, io_uring, bpf, keys, and whatever later kernels
add.
"""

from typing import Final

MACHINES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Names as in `os.uname().machine`, with seccomp's number for their ABI."""

ALWAYS_ALLOWED: Final[dict[str, tuple[int, int | None]]] = {
    # Files.
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "pread64": (17, 67), "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70),
    "preadv2": (327, 286), "pwritev2": (328, 287), "open": (2, None), "openat": (257, 56),
    "close": (3, 57), "lseek": (8, 62), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "statfs": (137, 43), "fstatfs": (138, 44),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439),
    "getdents64": (217, 61), "getcwd": (79, 17), "chdir": (80, 49), "readlink": (89, None),
    "readlinkat": (267, 78), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "unlink": (87, None), "unlinkat": (263, 35), "link": (86, None), "linkat": (265, 37),
    "symlink": (88, None), "symlinkat": (266, 36), "ftruncate": (77, 46),
    "fallocate": (285, 47), "fsync": (74, 82), "fdatasync": (75, 83),
    "sync_file_range": (277, 84), "fadvise64": (221, 223), "copy_file_range": (326, 285),
    "flock": (73, 32), "fcntl": (72, 25), "utimensat": (280, 88), "dup": (32, 23),
    "dup2": (33, None), "dup3": (292, 24), "pipe2": (293, 59),
    # Memory.
    "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226),
    "madvise": (28, 233), "mincore": (27, 232), "msync": (26, 227), "mlock": (149, 228),
    "munlock": (150, 229), "brk": (12, 214), "membarrier": (324, 283),
    # Threads and priorities.
    "futex": (202, 98), "set_robust_list": (273, 99), "set_tid_address": (218, 96),
    "rseq": (334, 293), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "sched_setaffinity": (203, 122), "getcpu": (309, 168), "getpriority": (140, 141),
    "setpriority": (141, 140), "exit": (60, 93), "exit_group": (231, 94),
    # Signals.
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigtimedwait": (128, 137), "sigaltstack": (131, 132), "restart_syscall": (219, 128),
    # Clocks.
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None),
    "timer_create": (222, 107), "timer_settime": (223, 110), "timer_gettime": (224, 108),
    "timer_getoverrun": (225, 109), "timer_delete": (226, 111), "timerfd_create": (283, 85),
    "timerfd_settime": (286, 86), "timerfd_gettime": (287, 87),
    # Waiting for several descriptors.
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None),
    "epoll_pwait": (281, 22), "eventfd2": (290, 19), "poll": (7, None), "ppoll": (271, 73),
    "select": (23, None), "pselect6": (270, 72),
    # About the process and the machine.
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174),
    "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "getrlimit": (97, 163),
    "getrusage": (98, 165), "times": (100, 153), "uname": (63, 160), "sysinfo": (99, 179),
    "getrandom": (318, 278), "capget": (125, 90), "arch_prctl": (158, None),
}  # fmt: skip
"""Calls that are allowed with any arguments. By name: the number on x86_64 and the number on
aarch64, which is None if aarch64 lacks the call."""

SOMETIMES_ALLOWED: Final[dict[str, tuple[int, int]]] = {
    "clone": (56, 220), "tgkill": (234, 131), "prctl": (157, 167), "prlimit64": (302, 261),
}  # fmt: skip
"""Calls that are allowed with some arguments; `seccomp.py` says which."""


def number_of(name: str, machine: str) -> int | None:
    """Return the call's number, or None if the machine lacks the call. Raises KeyError if the
    name is not listed."""
    x86_64, aarch64 = ALWAYS_ALLOWED.get(name) or SOMETIMES_ALLOWED[name]
    return x86_64 if machine == "x86_64" else aarch64
