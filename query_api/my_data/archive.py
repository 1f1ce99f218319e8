"""Writes an archive, which is one zip file: a JSON file for each part, and one page of all.

Rows go to the disk in chunks as they come, so the memory does not grow with their number. The
page is kept beside the archive until all parts are there, since a zip grows at one file only.
"""

import gzip
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any, Final

import msgspec

from query_api.my_data.page import PageStyle

PAGE: Final = "index.html"
ABOUT: Final = "about.json"
_encode: Final = msgspec.json.Encoder().encode


@contextmanager
def open_archive(style: PageStyle, position: int, made_at: datetime) -> Iterator["Archive"]:
    """Open an archive on the disk. Its files are gone when the context ends."""
    with (
        TemporaryFile() as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        TemporaryFile() as page_file,
    ):
        about = {"position": position, "made_at": made_at}
        growing = Archive(file, archive, page_file, style, about)
        try:
            yield growing
        finally:
            growing.close_part()  # A zip cannot be closed while one of its files is open.


class Archive:
    """One archive that grows. Methods block: call them in a thread."""

    def __init__(
        self,
        file: IO[bytes],
        archive: zipfile.ZipFile,
        page_file: IO[bytes],
        style: PageStyle,
        about: Mapping[str, Any],
    ) -> None:
        self.file = file
        self._zip = archive
        self._style = style
        self._about = about
        self._counts: dict[str, int] = {}
        self._part: IO[bytes] | None = None
        self._page_file = page_file
        self._page = gzip.GzipFile(fileobj=page_file, mode="wb", compresslevel=1)
        self._write_page(style.render_head(about["position"], about["made_at"]))

    def begin_part(self, name: str) -> None:
        """Begin `name.json`, a JSON array, and the part on the page."""
        self._part = self._zip.open(self._entry(f"{name}.json"), "w", force_zip64=True)
        self._part.write(b"[")
        self._counts[name] = 0
        self._write_page(self._style.begin_part(name))

    def add_rows(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to the part that was begun last."""
        assert self._part is not None
        for row in rows:
            separator = b",\n" if self._counts[name] else b"\n"
            self._part.write(separator + _encode(row))
            self._counts[name] += 1
        self._write_page(self._style.render_rows(rows))

    def end_part(self, name: str) -> None:
        """End the part."""
        assert self._part is not None
        self._part.write(b"\n]\n")
        self.close_part()
        self._write_page(self._style.end_part(self._counts[name]))

    def close_part(self) -> None:
        """Close the part that was begun last, if it is still open."""
        if self._part is not None:
            self._part.close()
            self._part = None

    def finish(self) -> int:
        """Add the page and `about.json`. Returns the size in bytes; `file` stands at its
        beginning."""
        self._write_page(self._style.render_foot())
        self._page.close()
        self._page_file.seek(0)
        with (
            gzip.GzipFile(fileobj=self._page_file, mode="rb") as page,
            self._zip.open(self._entry(PAGE), "w", force_zip64=True) as target,
        ):
            shutil.copyfileobj(page, target)
        self._zip.writestr(self._entry(ABOUT), _encode({**self._about, "rows": self._counts}))
        self._zip.close()
        size = self.file.tell()
        self.file.seek(0)
        return size

    def _entry(self, name: str) -> zipfile.ZipInfo:
        """Return the entry of a file of this archive, with the time at which it was made."""
        entry = zipfile.ZipInfo(name, self._about["made_at"].timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        return entry

    def _write_page(self, text: str) -> None:
        self._page.write(text.encode())
