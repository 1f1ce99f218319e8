"""States what is to be reached, by the names of the figures that show it.

A goal compares one figure with a limit, or its ratio to a figure of the same benchmark.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class SpeedGoal(NamedTuple):
    """`figure`, divided by the figure `of` if there is one, is to reach a limit."""

    what: str
    figure: str
    of: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""
    before: str = "not measured"
    """States what the same machine reached before the work on speed began."""

    @property
    def limit(self) -> str:
        """Return the limit in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:,g} {self.unit}".strip()
        if self.at_most is not None:
            return f"at most {self.at_most:,g} {self.unit}".strip()
        return "to be measured"


class Verdict(NamedTuple):
    goal: SpeedGoal
    now: float | None
    """None if the run did not measure it."""
    reached: bool | None


def judge(goal: SpeedGoal, values: Mapping[str, float]) -> Verdict:
    """Compare a goal with the figures of a run."""
    value = values.get(goal.figure)
    if value is not None and goal.of is not None:
        base = values.get(goal.of)
        value = value / base if base else None
    if value is None:
        return Verdict(goal, None, None)
    if goal.at_least is not None:
        return Verdict(goal, value, value >= goal.at_least)
    if goal.at_most is not None:
        return Verdict(goal, value, value <= goal.at_most)
    return Verdict(goal, value, None)


def judge_all(values: Mapping[str, float]) -> list[Verdict]:
    """Compare every goal with the figures of a run."""
    return [judge(one, values) for one in GOALS]


def _booking_goals() -> tuple[SpeedGoal, ...]:
    found: list[SpeedGoal] = []
    for name, of_bare, of_row_lock, before in (
        ("SQLite", 1.0, 7.0, ("0.41-0.54", "3.1-3.5", "3.8")),
        ("Kafka", 0.8, 5.5, ("0.27-0.38", "2.0-2.5", "2.8")),
    ):
        ours = f"booking/{name.lower()}"
        found += [
            SpeedGoal(
                f"booking, 32 clients, {name}, of a bare FastAPI route",
                f"{ours}/32/rate",
                "booking/bare/32/rate",
                at_least=of_bare,
                before=before[0],
            ),
            SpeedGoal(
                f"the same, of the row lock ({name})",
                f"{ours}/32/rate",
                "booking/row_lock/32/rate",
                at_least=of_row_lock,
                before=before[1],
            ),
            SpeedGoal(
                f"p99 over p50 at 32 clients, {name}",
                f"{ours}/32/p99",
                f"{ours}/32/p50",
                at_most=2.0,
                before=before[2],
            ),
            SpeedGoal(
                f"256 clients against 32, {name}",
                f"{ours}/256/rate",
                f"{ours}/32/rate",
                at_least=1.0,
                before="falls",
            ),
        ]
    return tuple(found)


GOALS: Final[tuple[SpeedGoal, ...]] = (
    *_booking_goals(),
    SpeedGoal(
        "one client on Kafka, of append and read-back alone",
        "booking/kafka/1/rate",
        "append/kafka/1/rate",
        at_least=0.75,
        before="0.40",
    ),
    SpeedGoal(
        "leader alone, commands handed over in batches, Kafka, read back",
        "handed_over/kafka/rate",
        at_least=10_000,
        unit="commands/s",
    ),
    SpeedGoal("its p99 at half that rate", "handed_over/kafka/half/p99", at_most=15, unit="ms"),
    *(
        SpeedGoal(
            f"{command}, of the time of a booking",
            "commands/book/rate",
            f"commands/{command}/rate",
            at_most=1.3,
        )
        for command in ("announce", "approve", "withdraw", "invite", "post")
    ),
    SpeedGoal(
        "host with 500 evenings, of the time of one with 5",
        "calendar/host/500/cpu",
        "calendar/host/5/cpu",
        at_most=1.1,
        before="a linear walk",
    ),
    SpeedGoal(
        "guest with 200 requests, of the time of one with 5",
        "calendar/guest/200/cpu",
        "calendar/guest/5/cpu",
        at_most=1.1,
        before="a linear walk",
    ),
    SpeedGoal(
        "detail, of a route with one SELECT of the same row",
        "reads/detail/rate",
        "reads/one_select/detail/rate",
        at_least=0.8,
    ),
    *(
        SpeedGoal(
            f"{kind}, of a route with one SELECT of the same rows",
            f"reads/{kind}/rate",
            f"reads/one_select/{kind}/rate",
            at_least=0.6,
        )
        for kind in ("list", "mine", "schedule")
    ),
    SpeedGoal(
        "journal to PostgreSQL, of raw COPY-upsert of the same rows",
        "projections/postgres/rate",
        "projections/raw_copy_upsert/rate",
        at_least=0.6,
    ),
    SpeedGoal(
        "journal to PostgreSQL",
        "projections/postgres/rate",
        at_least=25_000,
        unit="records/s",
        before="8,600 records/s",
    ),
    SpeedGoal("rebuild of a million records", "projections/rebuild/duration", unit="s"),
    SpeedGoal(
        "history into ClickHouse, of the raw driver",
        "projections/clickhouse/rate",
        "projections/raw_driver/rate",
        at_least=0.7,
        before="0.47",
    ),
    SpeedGoal(
        "notices from journal to delivered",
        "notices/delivered/rate",
        at_least=3_000,
        unit="notices/s",
    ),
    SpeedGoal(
        "write to visible in a read at 1,000 writes/s, p50",
        "write_to_visible/p50",
        at_most=20,
        unit="ms",
    ),
    SpeedGoal("the same, p99", "write_to_visible/p99", at_most=100, unit="ms"),
    SpeedGoal(
        "`practix demo`, embedded, real traffic",
        "demo/embedded/rate",
        at_least=1_500,
        unit="requests/s",
        before="400/s",
    ),
    SpeedGoal(
        "the slowest page of the site, opened",
        "pages/slowest/opened",
        at_most=100,
        unit="ms",
    ),
    SpeedGoal(
        "fold from zero",
        "fold/image",
        at_least=60_000,
        unit="records/s",
        before="35,000 to 37,000",
    ),
    SpeedGoal(
        "three command processes against one",
        "processes/three/rate",
        "processes/one/rate",
        at_least=1.0,
    ),
)
