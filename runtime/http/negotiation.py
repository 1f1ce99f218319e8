"""What a client accepts: languages and media types."""

from starlette.requests import Request

from contracts.languages import API_LANGUAGE, Language, nearest_language
from runtime.http.json_body import JSON


def language_of(request: Request) -> Language:
    """The best language we speak of those that the client accepts; English otherwise."""
    return preferred_language(request.headers.get("accept-language", ""))


def preferred_language(accepted: str) -> Language:
    """As RFC 9110 has it: the highest weight wins, of equals the first. Never raises."""
    best: Language = API_LANGUAGE
    best_weight = 0.0
    for entry in accepted.split(","):
        tag, _, parameter = entry.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if weight > best_weight and primary in ("ru", "en", "*"):
            best = nearest_language(primary)
            best_weight = weight
    return best


def accepts_html(request: Request) -> bool:
    """Whether a browser asks: HTML is named, and no later than JSON."""
    accept = request.headers.get("accept", "").lower()
    html, json = accept.find("text/html"), accept.find(JSON)
    return html >= 0 and (json < 0 or html < json)


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
