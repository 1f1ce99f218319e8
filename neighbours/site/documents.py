"""Makes the document of each page of the site. It names every module that the page needs.

A browser learns what a module imports only when it has the module. It would ask for the modules
of a page one floor after the other, so the document lists them all (`modulepreload`).
"""

import re
from collections.abc import Iterable, Mapping
from posixpath import dirname, join, normpath
from typing import Final

from contracts.values.languages import Language

_IMPORT: Final = re.compile(rb"^(?:import|export)[^'\"]+?from '(\.[^']+)'", re.MULTILINE)
TITLES: Final[Mapping[Language, str]] = {"ru": "Кино в компании", "en": "Watch it together"}
"""The name of the site, until a page shows its own."""


def list_modules(files: Mapping[str, bytes], roots: Iterable[str]) -> list[str]:
    """Return the names of the modules that these roots need, the roots first. Raises KeyError
    for one that is not there."""
    found = dict.fromkeys(roots)
    waiting = list(found)
    while waiting:
        name = waiting.pop()
        for imported in _IMPORT.findall(files[name]):
            other = normpath(join(dirname(name), imported.decode()))
            if other not in found:
                found[other] = None
                waiting.append(other)
    return list(found)


def make_document(
    template: str, files: Mapping[str, bytes], version: str, page: str, language: Language
) -> bytes:
    """Return the document of a page, in a language."""
    roots = ("app.js", f"pages/{page}.js", f"words/{language}.js")
    preloads = "\n".join(
        f'<link rel="modulepreload" href="/site/{version}/{name}">'
        for name in list_modules(files, roots)
    )
    document = template.replace("$preloads", preloads).replace("$version", version)
    return document.replace("$language", language).replace("$title", TITLES[language]).encode()
