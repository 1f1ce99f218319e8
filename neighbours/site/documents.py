"""Makes the document of each page of the site. It names every module that the page needs.

A browser learns what a module imports only when it has the module. It would ask for the modules
of a page one floor after the other, so the document lists them all (`modulepreload`).
"""

import re
from collections.abc import Iterable, Mapping
from posixpath import dirname, join, normpath
from typing import Final

from contracts.values.languages import Language
from neighbours.pages import BRANDS

_IMPORT: Final = re.compile(rb"^(?:import|export)[^'\"]+?from '(\.[^']+)'", re.MULTILINE)
EARLY: Final = "api/early.js"


def find_imports(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Return the names of the modules that each module imports itself."""
    return {
        name: [
            normpath(join(dirname(name), imported.decode())) for imported in _IMPORT.findall(text)
        ]
        for name, text in files.items()
        if name.endswith(".js")
    }


def list_modules(imports: Mapping[str, Iterable[str]], roots: Iterable[str]) -> list[str]:
    """Return the names of the modules that these roots need, the roots first. `imports` is what
    `find_imports` returns. Raises KeyError for a module that is not there."""
    found = dict.fromkeys(roots)
    waiting = list(found)
    while waiting:
        for other in imports[waiting.pop()]:
            if other not in found:
                found[other] = None
                waiting.append(other)
    return list(found)


def make_document(
    template: str,
    imports: Mapping[str, Iterable[str]],
    version: str,
    page: str,
    language: Language,
) -> bytes:
    """Return the document of a page, in a language. Its title is the site's until the page shows
    its own."""
    first = list_modules(imports, (EARLY,))  # They ask the API while the others are on their way.
    rest = list_modules(imports, ("app.js", f"pages/{page}.js", f"words/{language}.js"))
    preloads = "\n".join(
        f'<link rel="modulepreload" href="/site/{version}/{name}">'
        for name in dict.fromkeys([*first, *rest])
    )
    document = template.replace("$preloads", preloads).replace("$version", version)
    return document.replace("$language", language).replace("$title", BRANDS[language]).encode()
