"""Counts in plain numbers, which are turned into metrics only when somebody asks for them.

A metric of prometheus_client takes a lock and looks its labels up for each value. Whatever
happens several times in each request is counted here instead. These belong to one event loop; a
scrape reads them from there.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import REGISTRY, Collector


class PlainCounter(Collector):
    """A counter with labels. Shows itself in the registry of the process."""

    def __init__(self, name: str, text: str, labels: Sequence[str]) -> None:
        self._described = (name, text)
        self._labels = labels
        self._counts: dict[tuple[str, ...], int] = {}
        REGISTRY.register(self)

    def count(self, *values: str, number: int = 1) -> None:
        """Count so many more with these values of the labels."""
        self._counts[values] = self._counts.get(values, 0) + number

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(*self._described, labels=self._labels)
        for values, number in self._counts.items():
            family.add_metric(values, number)
        yield family


class PlainHistogram(Collector):
    """A histogram without labels. Shows itself in the registry of the process."""

    def __init__(self, name: str, text: str, buckets: Sequence[float]) -> None:
        self._described = (name, text)
        self._bounds = [float(one) for one in buckets]
        self._counts = [0] * (len(buckets) + 1)
        self._sum = 0.0
        REGISTRY.register(self)

    def observe(self, value: float) -> None:
        """Count a value. One that equals a bound is in that bucket."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def collect(self) -> Iterator[HistogramMetricFamily]:
        bounds = [*map(str, self._bounds), "+Inf"]
        found = list(zip(bounds, accumulate(self._counts), strict=True))
        family = HistogramMetricFamily(*self._described)
        family.add_metric((), found, self._sum)
        yield family
