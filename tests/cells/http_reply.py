"""An answer of a cell to a test that speaks HTTP to it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class HttpReply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        """Return the parsed JSON, or None if the answer is empty."""
        return json.loads(self.text) if self.text else None

    @property
    def code(self) -> str:
        code: str = self.body["code"]
        return code

    @property
    def position(self) -> int:
        return int(self.headers["X-Position"])

    @property
    def titles(self) -> list[str]:
        return [line["title"] for line in self.body]
