"""Says how long each phase of a work may still take."""

from collections.abc import Callable

from runtime.progress.reporting import ReportLine


class TimeLeft:
    """Adds `left_s` to lines of progress: seconds, None while nobody knows.

    It takes a phase to go on as fast as it has gone since it began, which was when the phase
    before it reported last."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` tells seconds."""
        self._now = now
        self._phase: str | None = None
        self._began_at = self._reported_at = now()
        self._began_with = 0

    def add_to(self, line: ReportLine) -> ReportLine:
        """Return the line `{"phase", "done", "of"}` with `left_s`."""
        now, done, of = self._now(), line["done"], line["of"]
        if line["phase"] != self._phase:
            if self._phase is None:  # What its first line has done was done before.
                self._began_at, self._began_with = now, done
            else:
                self._began_at, self._began_with = self._reported_at, 0
            self._phase = line["phase"]
        self._reported_at = now
        new = done - self._began_with
        if done >= of:
            return {**line, "left_s": 0}
        left_s = round((of - done) * (now - self._began_at) / new) if new > 0 else None
        return {**line, "left_s": left_s}
