"""Where tests find the project and its samples of stored events."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
API_DOCUMENT: Final = ROOT / "deploy" / "gateway" / "openapi.json"
"""The document as `make openapi` wrote it."""
SAMPLES: Final = sorted((ROOT / "tests" / "contract" / "samples").glob("*.json"))
"""One stored event of every version that there ever was."""
