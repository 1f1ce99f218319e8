"""Renders the facts of a notice to a title and a text, in the recipient's language.

Times are in the zone that the evening states, or else in the recipient's. Pure.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from contracts.notices import Kind
from contracts.values.languages import Language, Text
from contracts.values.personal import show_text
from notifier.policies.facts import PRICE_FIELDS, NoticeFacts
from notifier.texts.phrases import FIELDS, LINES, PLURALS, REASONS, VALUES
from notifier.texts.wording import WORDINGS, Wording
from runtime.local_times import KEPT, LOCALES, write_time, zone_of_evening
from runtime.prices import write_price

EXTRA_LINES: Final = (
    "system_reason",
    "reason",
    "message",
    "waiting",
    "hold_until",
    "clashes",
    "overlaps",
)
DETAILS: Final = ("invited", "again", "by_operator")
"""Facts for which there may be another wording."""
MINUTES_SHOWN_BELOW: Final = 60


class Addressee(NamedTuple):
    """The person who reads a notice, and their language and zone."""

    person_id: str
    language: Language
    zone: ZoneInfo


class NoticeText(NamedTuple):
    title: str
    text: str


def render(
    kind: Kind, facts: NoticeFacts, addressee: Addressee, names: Mapping[str, str], now: datetime
) -> NoticeText:
    """Return the notice as its addressee reads it. `names` are by person id; a person who is not
    among them is called "somebody". Raises KeyError if there is no wording for the kind."""
    voice = _Voice(addressee, facts.get("tz"))
    wording = _find_wording(kind, facts, addressee)
    fields = _fill_fields(facts, voice, names, now)
    title = voice.say(wording.title).format(**fields)
    text = voice.say(wording.text).format(**fields)
    typed = facts.get("typed", {}).get(voice.language, {})
    lines = [text, *_write_lines(facts, voice), *filter(None, [typed.get("text")])]
    return NoticeText(typed.get("title") or title, "\n".join(lines))


class _Voice:
    """Says things in one language."""

    def __init__(self, addressee: Addressee, tz: str | None) -> None:
        """`tz` is the zone that the announcement states, if it states one."""
        self.language = addressee.language
        self._addressee = addressee
        self._tz = tz

    def say(self, text: Text) -> str:
        return text.in_language(self.language)

    def of_evening(self, facts: NoticeFacts) -> "_Voice":
        """Return the voice that tells of another evening."""
        return _Voice(self._addressee, facts.get("tz"))

    def format_time(self, instant: str) -> str:
        zone = zone_of_evening(self._tz, self._addressee.zone)
        return write_time(datetime.fromisoformat(instant), zone, self.language)

    def format_count(self, what: str, n: int) -> str:
        return _format_count(what, n, self.language)


@lru_cache(KEPT)
def _format_count(what: str, n: int, language: Language) -> str:
    return PLURALS[what][language][LOCALES[language].plural_form(n)].format(n=n)


def _find_wording(kind: Kind, facts: NoticeFacts, addressee: Addressee) -> Wording:
    """Return the most specific wording that there is. Raises KeyError if there is none."""
    side = "author" if addressee.person_id == facts.get("author_id") else "guest"
    specific = [f"{kind}.{detail}" for detail in DETAILS if facts.get(detail)]
    for key in (f"{kind}.{facts.get('what')}.{side}", *specific, f"{kind}.{side}"):
        if key in WORDINGS:
            return WORDINGS[key]
    return WORDINGS[kind]


def _fill_fields(
    facts: NoticeFacts, voice: _Voice, names: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """Return what the wording's places are filled with. A notice that is about no announcement has
    only the time of an erasure."""
    if "film" not in facts:
        erase_at = facts.get("erase_at")
        return {"erase_at": voice.format_time(erase_at) if erase_at else voice.say(VALUES["soon"])}
    return {
        "film": voice.say(Text(en=facts["film"], ru=facts["film_ru"])),
        "title": show_text(facts["title"], voice.language),
        "when": voice.format_time(facts["event_time"]),
        "author": _format_name(facts["author_id"], names, voice),
        "guest": _format_name(facts.get("guest_id", ""), names, voice),
        "guests": voice.format_count("guests", facts.get("guest_count", 0)),
        "hours": _format_time_left(datetime.fromisoformat(facts["event_time"]), now, voice),
    }


def _format_name(person_id: str, names: Mapping[str, str], voice: _Voice) -> str:
    name = names.get(person_id, "")
    return show_text(name, voice.language) if name else voice.say(VALUES["nobody"])


def _format_time_left(event_time: datetime, now: datetime, voice: _Voice) -> str:
    minutes = max(round((event_time - now).total_seconds() / 60), 0)
    if minutes < MINUTES_SHOWN_BELOW:
        return voice.format_count("minutes", minutes)
    return voice.format_count("hours", round(minutes / 60))


def _write_lines(facts: NoticeFacts, voice: _Voice) -> list[str]:
    facts = _separate_overlaps(_separate_reasons(facts))
    changes = _describe_changes(facts, voice)
    others = [
        voice.say(LINES[name]).format(value=_format_value(name, facts[name], voice))
        for name in EXTRA_LINES
        if facts.get(name)
    ]
    if facts.get("by") == "operator":
        others.append(voice.say(LINES["by_operator"]))
    evenings = facts.get("evenings", ())
    return changes + others + [_describe_evening(one, voice.of_evening(one)) for one in evenings]


def _describe_evening(evening: Mapping[str, Any], voice: _Voice) -> str:
    """Return a line of a digest: film, time and link."""
    return f"{_describe_showing(evening, voice)}. {evening['link']}"


def _describe_showing(evening: Mapping[str, Any], voice: _Voice) -> str:
    film = voice.say(Text(en=evening["film"], ru=evening["film_ru"]))
    return f"{film}: {voice.format_time(evening['event_time'])}"


def _separate_reasons(facts: NoticeFacts) -> NoticeFacts:
    """Return the facts with a reason of the system in `system_reason`. Notices that an earlier
    version planned have it in `reason`."""
    if facts.get("what") != "released" or "reason" not in facts:
        return facts
    return {**facts, "system_reason": facts["reason"], "reason": None}


def _separate_overlaps(facts: NoticeFacts) -> NoticeFacts:
    """Return the facts without the number of overlaps if each of them is named."""
    if len(facts.get("overlaps", ())) < len(facts.get("clashes", ())):
        return facts
    return {**facts, "clashes": None}


def _format_value(name: str, value: Any, voice: _Voice) -> str:
    match name:
        case "system_reason":
            return voice.say(REASONS[value]) if value in REASONS else str(value)
        case "hold_until":
            return voice.format_time(value)
        case "clashes":
            return str(len(value))
        case "overlaps":
            return "; ".join(_describe_showing(one, voice.of_evening(one)) for one in value)
        case _:
            return str(value)


def _describe_changes(facts: NoticeFacts, voice: _Voice) -> list[str]:
    """Return a line for each field that has changed; a price is one line."""
    diff = facts.get("diff", {})
    parts = {name: one for name, one in diff.items() if name in PRICE_FIELDS}
    lines = [_describe_change(name, one, voice) for name, one in diff.items() if name not in parts]
    if parts:
        sides = {
            side: facts.get("price", {}) | {name: one[side] for name, one in parts.items()}
            for side in ("old", "new")
        }
        lines.append(_describe_change("price", sides, voice))
    return lines


def _describe_change(name: str, change: Mapping[str, Any], voice: _Voice) -> str:
    label = voice.say(FIELDS[name])
    if change.get("hidden"):
        return f"{label}: {voice.say(VALUES['hidden'])}"
    old, new = (_format_field(name, change[side], voice) for side in ("old", "new"))
    return f"{label}: {old} → {new}"


def _format_field(name: str, value: Any, voice: _Voice) -> str:
    if value is None or value == "":
        return voice.say(VALUES["none"])
    match name:
        case "event_time":
            return voice.format_time(value)
        case "price":
            return _format_price(value, voice)
        case "visibility":
            return voice.say(VALUES[value])
        case _:
            return str(value)


def _format_price(price: Mapping[str, Any], voice: _Voice) -> str:
    """Return the price by its PRICE_FIELDS. Facts that an earlier version planned have only those
    that changed."""
    if price.get("is_free"):
        return voice.say(VALUES["free"])
    if price.get("price_amount") is None:
        return voice.say(VALUES["paid"])
    return write_price(price["price_amount"], price.get("price_currency"), voice.language)
