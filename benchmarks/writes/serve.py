"""Runs one of the servers that are compared: `python -m benchmarks.writes.serve PORT NAME
WHERE [ADDRESS ...]`.

All run alike: one process, uvicorn with uvloop and httptools, no access log.

- `bare`: a FastAPI route that returns a constant: the cost of HTTP itself.
- `row_lock`: the usual way: SELECT FOR UPDATE on the announcement, insert the booking,
  insert an event, update the counter, in one PostgreSQL transaction (WHERE is a DSN).
- `pyeventsourcing`: an aggregate of the library `eventsourcing` in PostgreSQL (WHERE is a DSN).
- `sqlite`, `kafka`: our whole write path. Its lookups at Auth, Movie_API and UGC are answered
  in memory (WHERE is a directory, or bootstrap servers and topic). With ADDRESSes
  it is one of several command processes, the first being its own address.
"""

import sys

from benchmarks.harness.serving import run_app
from benchmarks.writes.baselines.plain import build_bare, build_row_lock
from benchmarks.writes.practix import build_practix


def main() -> None:
    port, name, where = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    match name:
        case "bare":
            app = build_bare()
        case "row_lock":
            app = build_row_lock(where)
        case "pyeventsourcing":
            # Only `make bench` installs the library.
            from benchmarks.writes.baselines.pyeventsourcing import build_pyeventsourcing

            app = build_pyeventsourcing(where)
        case _:
            app = build_practix(name, where, sys.argv[4:])
    run_app(app, port)


if __name__ == "__main__":
    main()
