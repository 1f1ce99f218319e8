"""How long a command process waits before it stands for leader, or stops leading."""

from typing import NamedTuple


class Timing(NamedTuple):
    """How long a process waits, in seconds."""

    heartbeat_timeout_s: float = 5.0
    """A follower stands for leader after this much silence (T)."""
    timeout_s_max: float = 60.0
    """The longest silence it waits for, after claims that had no effect."""
    after_resign_s: float = 0.05
    """A follower stands for leader this long after a Resign."""
    read_back_s_min: float = 5.0
    """A leader waits at least this long for a record to be read back before it gives up."""
    alone: bool = False
    """Whether this process holds an exclusive lock on the journal and stamps it by its own
    clock. Then nobody else can lead: it claims at once, tries again soon, sends no heartbeats,
    and has no other clock to compare its own with."""
    tick_s: float = 0.1
    """How often it looks whether a heartbeat, a deadline or a claim is due."""
