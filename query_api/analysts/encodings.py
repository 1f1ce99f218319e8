"""Encodes the rows of an export as NDJSON, CSV or Parquet, piece by piece."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from runtime.clickhouse.port import ResultSet
from runtime.http.harmless_text import escape_formulas


class Encoder(Protocol):
    """Encodes one file. Make one for each file."""

    media_type: str

    def encode(self, part: ResultSet) -> bytes:
        """Return the bytes of these rows. All parts have the same columns."""
        ...

    def finish(self) -> bytes:
        """Return the bytes that close the file."""
        ...


class NdjsonEncoder:
    """Writes one JSON object per line."""

    media_type = "application/x-ndjson"

    def encode(self, part: ResultSet) -> bytes:
        rows = (dict(zip(part.columns, row, strict=True)) for row in part.rows)
        return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)

    def finish(self) -> bytes:
        return b""


class CsvEncoder:
    """Writes RFC 4180 with a header line. Absent values are empty, and a spreadsheet takes no
    text for a formula."""

    media_type = "text/csv"

    def __init__(self) -> None:
        self._begun = False

    def encode(self, part: ResultSet) -> bytes:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        if not self._begun:
            writer.writerow(escape_formulas(part.columns))
            self._begun = True
        writer.writerows(map(escape_formulas, part.rows))
        return buffer.getvalue().encode()

    def finish(self) -> bytes:
        return b""


class ParquetEncoder:
    """Writes a row group for each part, compressed with zstd."""

    media_type = "application/vnd.apache.parquet"

    def __init__(self) -> None:
        self._sink = _DrainedFile()
        self._writer: pq.ParquetWriter | None = None

    def encode(self, part: ResultSet) -> bytes:
        table = arrow_table(part)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._sink, table.schema, compression="zstd")
        self._writer.write_table(table)
        return self._sink.drain()

    def finish(self) -> bytes:
        if self._writer is not None:
            self._writer.close()
        return self._sink.drain()


class _DrainedFile(io.RawIOBase):
    """A file that can only be appended to. `drain` returns what was written since the last time,
    and forgets it."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._drained = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._written += part
        return len(part)

    def tell(self) -> int:
        return self._drained + len(self._written)

    def drain(self) -> bytes:
        part = bytes(self._written)
        self._drained += len(part)
        self._written.clear()
        return part


ENCODERS: Final[Mapping[str, type[NdjsonEncoder | CsvEncoder | ParquetEncoder]]] = {
    "ndjson": NdjsonEncoder,
    "csv": CsvEncoder,
    "parquet": ParquetEncoder,
}


_NUMBER: Final = re.compile(
    r"(?:LowCardinality\()?(?:Nullable\()?(UInt|Int|Float)(?:8|16|32|64)\)*"
)
_ARROW_TYPES: Final = {"UInt": pa.uint64(), "Int": pa.int64(), "Float": pa.float64()}


def arrow_table(part: ResultSet) -> pa.Table:
    """Return the rows as an Arrow table. Integers of up to 64 bits are 64 bits wide; whatever is
    neither such an integer nor a float, such as a day or a list, is text."""
    columns: Sequence[Sequence[Any]] = list(zip(*part.rows, strict=True)) or [()] * len(part.types)
    arrays = [_arrow_array(values, kind) for values, kind in zip(columns, part.types, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(part.columns))


def _arrow_array(values: Sequence[Any], kind: str) -> pa.Array:
    found = _NUMBER.fullmatch(kind)
    if found is None:
        return pa.array([_text(value) for value in values], pa.string())
    return pa.array(values, _ARROW_TYPES[found[1]])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
