"""Events are spelled as clients read them."""

from runtime.event_stream import format_beginning, format_end, format_event


def test_an_event_is_one_line_of_json_whatever_it_says() -> None:
    text = "two\r\nlines\u2028and: a colon"
    spelled = format_event("post", {"text": text}, "abc").decode()
    assert spelled.endswith("\n\n")
    lines = spelled.removesuffix("\n\n").split("\n")
    assert lines[:2] == ["id: abc", "event: post"]
    assert len(lines) == 3
    assert "\r" not in spelled


def test_a_beginning_gives_an_id_without_an_event() -> None:
    assert format_beginning(1500, "abc") == b"retry: 1500\nid: abc\n\n"


def test_an_end_leaves_the_id_alone() -> None:
    assert format_end("not_found") == b'event: end\ndata: {"reason":"not_found"}\n\n'
