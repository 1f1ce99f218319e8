"""The verdict of a soak: what counts as flat."""

import io

import pytest

from benchmarks.harness.report import Report
from benchmarks.system.soak import Sample, read_metric, report_flatness


def sample(minute: int, *, mb: float = 100, p99: float = 10, behind: int = 5) -> Sample:
    return Sample(minute, {"practix": mb}, p99, p99, {"projector": behind, "notifier": 0})


def is_flat(samples: list[Sample]) -> bool:
    return report_flatness(Report("make soak", out=io.StringIO()), samples, rate=100)


def test_what_stays_as_it_is_is_flat() -> None:
    assert is_flat([sample(n) for n in range(60)])


def test_what_happens_in_the_first_fifth_does_not_count() -> None:
    assert is_flat([sample(n, p99=1_000 if n < 12 else 10) for n in range(60)])


@pytest.mark.parametrize(
    "samples",
    [
        [sample(n, mb=100 + n) for n in range(60)],
        [sample(n, p99=10 + n) for n in range(60)],
        [sample(n, behind=10 * n) for n in range(60)],
    ],
    ids=["memory", "p99", "lag"],
)
def test_what_grows_is_not_flat(samples: list[Sample]) -> None:
    assert not is_flat(samples)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"projector_position 12.0\n", 12),
        (b'projector_position{process="a"} 7.0\nprojector_position{process="b"} 9.0\n', 9),
        (b"projector_positions 12.0\n", 0),
    ],
)
def test_a_metric_is_read_with_and_without_labels(text: bytes, value: int) -> None:
    assert read_metric(text, "projector_position") == value
