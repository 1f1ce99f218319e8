"""Spans are made, sampled and named as OpenTelemetry has it."""

import pytest

from runtime.traces.context import is_sampled, make_traceparent, request_id_of
from runtime.traces.settings import TraceSettings
from runtime.traces.spans import SPANS, beginning, continuing, ending
from tests.span_collector import collect_spans, parent_of, told_by, trace_of, traceparent_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT = f"00-{TRACE}-00f067aa0ba902b7-01"
UNRECORDED = f"00-{TRACE}-00f067aa0ba902b7-00"
LOW, HIGH = "1" + "0" * 31, "f" * 32
"""Ids of which a ratio of the id takes the first, and not the second."""


def sampling(name: str, share: float = 1.0) -> TraceSettings:
    return TraceSettings.model_validate({"traces_sampler": name, "traces_sampler_arg": share})


def test_while_nothing_is_recorded_no_span_begins() -> None:
    assert not SPANS.is_open
    assert SPANS.begin("work", "internal", CLIENT) is None
    assert SPANS.begin_first("work", "server", TRACE, CLIENT) is None
    with ending(None), SPANS.keep_exporting():
        pass


def test_a_span_hands_on_its_own_id_in_the_trace_of_its_cause() -> None:
    with collect_spans() as read:
        first = SPANS.begin_first("request", "server", TRACE, CLIENT)
        assert first is not None
        second = SPANS.begin("work", "internal", first.traceparent, {"practix.position": 7})
        assert second is not None
        second.end()
        first.end()
        work, request = read()
    assert parent_of(request, [work, request]) == "00f067aa0ba902b7"
    assert parent_of(work, [work, request]) == "request"
    assert {trace_of(one) for one in (work, request)} == {TRACE}
    assert (traceparent_of(request), traceparent_of(work)) == (
        first.traceparent,
        second.traceparent,
    )
    assert told_by(work) == {"practix.position": 7}


def test_a_trace_that_begins_here_has_the_request_id() -> None:
    with collect_spans() as read:
        span = SPANS.begin_first("request", "server", TRACE)
        assert span is not None
        span.end()
        (found,) = read()
    assert (found.parent, trace_of(found)) == (None, TRACE)


def test_nothing_of_an_unrecorded_trace_is_recorded() -> None:
    with collect_spans() as read:
        assert SPANS.begin("work", "internal", UNRECORDED) is None
        assert SPANS.begin("work", "internal", "") is None
        assert read() == ()


@pytest.mark.parametrize(
    ("sampler", "client", "request_id", "recorded"),
    [
        ("always_on", UNRECORDED, TRACE, True),
        ("always_off", CLIENT, TRACE, False),
        ("parentbased_always_on", "", TRACE, True),
        ("parentbased_always_on", UNRECORDED, TRACE, False),
        ("parentbased_always_off", "", TRACE, False),
        ("parentbased_always_off", CLIENT, TRACE, True),
        ("parentbased_traceidratio", CLIENT, TRACE, True),
        ("parentbased_traceidratio", UNRECORDED, LOW, False),
    ],
)
def test_the_sampler_in_the_settings_decides(
    sampler: str, client: str, request_id: str, recorded: bool
) -> None:
    with collect_spans(sampling(sampler, 0.5)):
        span = SPANS.begin_first("request", "server", request_id, client)
    assert (span is not None) == recorded
    assert span is None or is_sampled(span.traceparent)


@pytest.mark.parametrize(
    ("sampler", "client"),
    [
        ("traceidratio", UNRECORDED),
        ("traceidratio", CLIENT),
        ("traceidratio", ""),
        ("parentbased_traceidratio", ""),
    ],
)
@pytest.mark.parametrize("request_id", [LOW, HIGH])
def test_no_client_decides_by_its_id_what_a_ratio_records(
    sampler: str, client: str, request_id: str
) -> None:
    client = client.replace(TRACE, request_id)
    with collect_spans(sampling(sampler, 0.5)):
        spans = [SPANS.begin_first("request", "server", request_id, client) for _ in range(400)]
    recorded = sum(one is not None for one in spans)
    assert 100 < recorded < 300  # Ten standard deviations from 200.


def test_a_ratio_takes_a_trace_as_a_whole() -> None:
    with collect_spans(sampling("traceidratio", 0.01)):
        assert all(SPANS.begin("work", "internal", CLIENT) is not None for _ in range(20))
        assert all(SPANS.begin("work", "internal", UNRECORDED) is None for _ in range(20))


def test_a_failure_is_told_by_its_type_alone() -> None:
    with collect_spans() as read:
        with pytest.raises(ValueError, match="Kanarienvogel"), continuing("work", CLIENT):
            raise ValueError("Kanarienvogel")
        (found,) = read()
    assert (found.status.is_ok, told_by(found)) == (False, {"error.type": "ValueError"})
    assert found.events == ()
    assert "Kanarienvogel" not in found.to_json()


def test_work_whose_time_has_come_has_a_trace_of_its_own_and_links() -> None:
    with collect_spans() as read:
        with beginning("remind", links=[CLIENT, UNRECORDED, ""]) as span:
            assert span is not None
        (found,) = read()
    assert found.parent is None
    assert trace_of(found) != TRACE
    assert [f"{one.context.trace_id:032x}" for one in found.links] == [TRACE]


def test_work_without_a_cause_is_not_recorded() -> None:
    with collect_spans() as read:
        with continuing("work", "") as span:
            assert span is None
        assert read() == ()


def test_a_process_names_itself_unless_the_standard_variables_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)
    assert name_of_service() == ("tests", None)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "other")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging")
    assert name_of_service() == ("other", "staging")


def name_of_service() -> tuple[object, object]:
    with collect_spans() as read, continuing("work", CLIENT):
        pass
    with collect_spans() as read:
        with continuing("work", CLIENT):
            pass
        (found,) = read()
    told = found.resource.attributes
    return told["service.name"], told.get("deployment.environment.name")


def test_what_is_made_for_a_client_is_read_by_the_next_process() -> None:
    with collect_spans() as read:
        with continuing("first", CLIENT) as span:
            assert span is not None
            handed_on = span.traceparent
        with continuing("second", handed_on):
            pass
        spans = read()
    assert [parent_of(one, spans) for one in spans] == ["00f067aa0ba902b7", "first"]
    assert request_id_of(make_traceparent(TRACE)) == TRACE
