"""Figures that are counted in plain numbers look like any other metric."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from runtime.process.figures import PlainCounter, PlainHistogram


def shown(name: str) -> list[str]:
    """Return the lines of a metric in the registry of the process, without creation times."""
    text = generate_latest().decode().replace(name, "same")
    return [line for line in text.splitlines() if "same" in line and "_created" not in line]


def test_a_counter_shows_what_prometheus_would_show() -> None:
    ours = PlainCounter("ours_of_test", "counted", ["code", "replayed"])
    registry = CollectorRegistry()
    theirs = Counter("same", "counted", ["code", "replayed"], registry=registry)
    for code, replayed in (("a", "no"), ("b", "yes"), ("a", "no")):
        ours.count(code, replayed)
        theirs.labels(code, replayed).inc()
    expected = generate_latest(registry).decode().splitlines()
    assert shown("ours_of_test") == [line for line in expected if "_created" not in line]


def test_a_histogram_shows_what_prometheus_would_show() -> None:
    buckets = (1e-5, 2.5e-4, 1e-3, 0.5, 1, 2.5)
    ours = PlainHistogram("ours_in_seconds", "observed", buckets)
    registry = CollectorRegistry()
    theirs = Histogram("same", "observed", buckets=buckets, registry=registry)
    for value in (0.0, 1e-5, 2e-5, 0.5, 0.75, 3.0):
        ours.observe(value)
        theirs.observe(value)
    expected = generate_latest(registry).decode().splitlines()
    assert shown("ours_in_seconds") == [line for line in expected if "_created" not in line]
