"""The summary of a `practix demo` run, and how it is printed."""

from collections import Counter
from typing import Any, Final

import msgspec
import rich.table
from rich.console import Console
from rich.text import Text

from launcher.verbs.demo.traffic import MalformedLine
from runtime.http.harmless_text import escape_controls

MALFORMED_SHOWN_MAX: Final = 20


class DemoSummary(msgspec.Struct):
    """Counts of one run."""

    lines: int = 0
    malformed: int = 0
    first_malformed: list[MalformedLine] = msgspec.field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def sent(self) -> int:
        """Number of lines that could be sent."""
        return self.lines - self.malformed

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0

    def add_malformed(self, line: MalformedLine) -> None:
        """Count a malformed line; the first few are kept to be shown."""
        self.malformed += 1
        if len(self.first_malformed) < MALFORMED_SHOWN_MAX:
            self.first_malformed.append(line)


def build_report(summary: DemoSummary, verified: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object that `practix demo --json` prints."""
    return {
        "lines": summary.lines,
        "malformed": summary.malformed,
        "requests": summary.requests,
        "seconds": round(summary.seconds, 3),
        "requests_per_s": round(summary.requests_per_s, 1),
        "outcomes": dict(summary.outcomes.most_common()),
        "verify": verified,
    }


def print_outcomes(summary: DemoSummary) -> None:
    """Print a table of outcomes and one line of totals."""
    table = rich.table.Table("outcome", "count")
    for code, count in summary.outcomes.most_common():
        table.add_row(Text(escape_controls(code)), f"{count:,}")
    Console().print(table)
    print(
        f"{summary.lines:,} lines ({summary.malformed} malformed), {summary.requests:,} requests "
        f"in {summary.seconds:.1f} s: {summary.requests_per_s:,.0f}/s"
    )
