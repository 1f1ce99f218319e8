"""A circuit lets one call at a time probe whether the other side is back."""

from runtime.calls.circuit import Circuit


def test_while_probing_one_call_goes_at_a_time() -> None:
    now = 0.0
    circuit = Circuit(1, 10.0, lambda: now)
    circuit.note_failure()
    assert not circuit.admit()
    now = 10.0
    assert [circuit.admit(), circuit.admit()] == [True, False]
    circuit.note_failure()
    now = 19.0
    assert not circuit.admit()
    now = 20.0
    assert circuit.admit()
    circuit.note_success()
    assert circuit.state == "closed"
