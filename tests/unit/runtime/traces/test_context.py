"""The trace context of W3C: what is taken of a client, and what is handed on."""

from contextvars import copy_context

import pytest

from runtime.traces.context import (
    NO_TRACE,
    begin_trace,
    current_traceparent,
    format_traceparent,
    is_sampled,
    make_traceparent,
    read_parent,
    request_id_of,
    span_id_of,
    trace_headers,
    within_trace,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
ZEROS = "0" * 32


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", True),
        (f"cc-{TRACE}-{SPAN}-09", True),
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{ZEROS}-{SPAN}-01", False),
        (f"00-{TRACE}-{ZEROS[:16]}-01", False),
        (f"00-{TRACE}-{SPAN}-zz", False),
        (f"00-{TRACE}-{SPAN}", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        ("", False),
        ("Kanarienvogel", False),
    ],
)
def test_a_clients_trace_is_taken_if_it_is_one(given: str, taken: bool) -> None:
    assert read_parent({"traceparent": given}) == (given if taken else NO_TRACE)


@pytest.mark.parametrize(("given", "taken"), [(ZEROS, False), (TRACE, True)])
def test_a_request_id_of_zeros_is_none(given: str, taken: bool) -> None:
    begun = copy_context().run(begin_trace, {"x-request-id": given})
    assert (request_id_of(begun) == given) == taken


@pytest.mark.parametrize(
    ("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("0b", True)]
)
def test_the_first_flag_says_whether_it_is_recorded(flags: str, sampled: bool) -> None:
    assert is_sampled(f"00-{TRACE}-{SPAN}-{flags}") == sampled
    assert not is_sampled(NO_TRACE)
    assert not is_sampled(f"00-{TRACE}-Kanarienvogel-01")


def test_a_trace_that_nobody_records_is_handed_on_all_the_same() -> None:
    traceparent = make_traceparent(TRACE)
    assert read_parent({"traceparent": traceparent}) == traceparent
    assert not is_sampled(traceparent)
    assert trace_headers(traceparent) == {"traceparent": traceparent, "X-Request-ID": TRACE}
    assert trace_headers(NO_TRACE) == {}


def test_the_parts_of_a_trace_context_are_found_again() -> None:
    traceparent = format_traceparent(TRACE, int(SPAN, 16), sampled=True)
    assert traceparent == f"00-{TRACE}-{SPAN}-01"
    assert (request_id_of(traceparent), span_id_of(traceparent)) == (TRACE, SPAN)


def test_a_trace_is_current_inside_its_block_only() -> None:
    before = current_traceparent()
    with within_trace(make_traceparent(TRACE)):
        assert request_id_of(current_traceparent()) == TRACE
    assert current_traceparent() == before
