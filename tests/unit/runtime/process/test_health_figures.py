"""What a process finds around it, as figures."""

from pathlib import Path

from prometheus_client import REGISTRY

from runtime.process.health_figures import measure_free, show_circuits, show_disk


def test_a_circuit_is_shown_as_it_is_when_somebody_asks() -> None:
    states = {"ugc": "closed", "auth": "probing"}
    show_circuits(lambda: states)

    def shown(service: str) -> float | None:
        return REGISTRY.get_sample_value("practix_circuit_open", {"service": service})

    assert (shown("ugc"), shown("auth")) == (0, 1)
    states["ugc"] = "open"
    assert shown("ugc") == 1


def test_a_disk_shows_what_is_free_and_nothing_if_it_is_away(tmp_path: Path) -> None:
    show_disk("test", tmp_path)
    shown = REGISTRY.get_sample_value("practix_disk_free_ratio", {"what": "test"})
    assert shown is not None
    assert 0 <= shown <= 1
    gone = measure_free(tmp_path / "gone")
    assert gone != gone  # NaN: no alert compares it.
