"""Counts forwarded commands against the limits of their people, each command once."""

from collections import OrderedDict
from typing import Final

from command_api.domain.submission import Submission
from command_api.leader.ports import AdmitForwarded

IDS_MAX: Final = 10_000
"""How many commands are remembered: far more than come while one of them is tried again."""


class ChargeOnce:
    """Charges each command once, even if it comes again: with a fact that the leader asked for,
    or because its outcome was unknown. Remembers the last `ids_max` commands."""

    def __init__(self, admit: AdmitForwarded, ids_max: int = IDS_MAX) -> None:
        self._admit = admit
        self._ids_max = ids_max
        self._charged: OrderedDict[str, None] = OrderedDict()

    def __call__(self, submission: Submission) -> None:
        """Charge the command's actor. Raises RateLimited, and then charges nothing."""
        if submission.id in self._charged:
            return
        self._admit(submission)
        self._charged[submission.id] = None
        if len(self._charged) > self._ids_max:
            self._charged.popitem(last=False)
