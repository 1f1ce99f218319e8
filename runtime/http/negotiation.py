"""Reads which languages and media types a client accepts."""

from typing import Final

from starlette.requests import Request

from contracts.values.languages import API_LANGUAGE, Language, nearest_language, parse_language
from runtime.http.json_body import JSON
from runtime.http.parameters import Parameter, malformed_parameter

LANGUAGE: Final = Parameter(
    "lang", "language; by default that of `Accept-Language`", {"enum": ["ru", "en"]}
)
"""Pages take it; read it with `wanted_language`."""


def language_of(request: Request) -> Language:
    """Return the language we speak that the client prefers; English if there is none."""
    accepted = request.headers.get("accept-language")
    return API_LANGUAGE if accepted is None else preferred_language(accepted)


def wanted_language(request: Request) -> Language:
    """Return the language that `lang` names; without it, as `language_of`. Raises Malformed."""
    named = request.query_params.get(LANGUAGE.name)
    if named is None:
        return language_of(request)
    language = parse_language(named)
    if language is None:
        raise malformed_parameter(LANGUAGE.name, known=["ru", "en"])
    return language


def language_of_reader(request: Request) -> Language:
    """Return the language that `lang` names, and otherwise as `language_of`. A name that we do not
    know is none: whoever opens a link did not write it."""
    return parse_language(request.query_params.get(LANGUAGE.name, "")) or language_of(request)


def preferred_language(accepted: str) -> Language:
    """Choose the language by RFC 9110: the highest weight wins, and the first of equal weights.
    Never raises."""
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
    """Return whether the client is a browser: it names HTML, and not after JSON."""
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
