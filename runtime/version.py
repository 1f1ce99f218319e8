"""The version of this code: the only place that states it. `CHANGELOG.md` has its section."""

from typing import Final

VERSION: Final = "1.0.0"
