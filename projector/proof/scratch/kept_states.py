"""Keeps the states of announcements in a scratch file, and those used lately in memory.

What is over is hardly ever read again, and then costs one read.
"""

from operator import itemgetter
from typing import Final

import msgspec

from contracts.values.ids import AnnouncementId
from projector.proof.announcement_state import AnnouncementState
from projector.proof.rules import Calendars
from projector.proof.scratch.file import Scratch

STATES_MAX: Final = 4_000

CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS states (id TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS calendars (value BLOB)",
    "CREATE TABLE IF NOT EXISTS ledger (digest TEXT)",
)
SELECT_STATE: Final = "SELECT value FROM states WHERE id = ?"
PUT_STATE: Final = "REPLACE INTO states VALUES (?, ?)"
SELECT_CALENDARS: Final = "SELECT value FROM calendars"
DROP_CALENDARS: Final = "DELETE FROM calendars"
PUT_CALENDARS: Final = "INSERT INTO calendars VALUES (?)"
SELECT_LEDGER: Final = "SELECT digest FROM ledger"
DROP_LEDGER: Final = "DELETE FROM ledger"
PUT_LEDGER: Final = "INSERT INTO ledger VALUES (?)"

KEY: Final = itemgetter(0)

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_state: Final = msgspec.msgpack.Decoder(AnnouncementState).decode
_decode_calendars: Final = msgspec.msgpack.Decoder(Calendars).decode


class KeptStates:
    """The states of all announcements, of which at most about twice `states_max` are in memory."""

    def __init__(self, scratch: Scratch, states_max: int = STATES_MAX) -> None:
        self._scratch = scratch
        self._states_max = states_max
        self._recent: dict[AnnouncementId, AnnouncementState] = {}
        """Those used since the last `write`."""
        self._earlier: dict[AnnouncementId, AnnouncementState] = {}
        """Those used between the last two, and not since."""
        for statement in CREATE:
            scratch.connection.execute(statement)

    @property
    def must_write(self) -> bool:
        """Whether it is time to call `write`."""
        return len(self._recent) >= self._states_max

    def find(self, announcement_id: AnnouncementId) -> AnnouncementState:
        """Implements `FindState`. A state may be changed until the next `write`."""
        if (state := self._recent.get(announcement_id)) is None:
            state = self._earlier.pop(announcement_id, None) or self._read(announcement_id)
            self._recent[announcement_id] = state
        return state

    def write(self) -> None:
        """Write the states that were not used lately, and forget them."""
        rows = [(one, _encode(state)) for one, state in sorted(self._earlier.items(), key=KEY)]
        self._scratch.append(PUT_STATE, rows)
        self._earlier, self._recent = self._recent, {}

    def write_all(self, calendars: Calendars, ledger: str) -> None:
        """Write everything that another proof needs in order to go on."""
        self.write()
        self.write()
        self._scratch.connection.execute(DROP_CALENDARS)
        self._scratch.append(PUT_CALENDARS, [(_encode(calendars),)])
        self._scratch.connection.execute(DROP_LEDGER)
        self._scratch.append(PUT_LEDGER, [(ledger,)])

    def read_calendars(self) -> Calendars:
        """Return what `write_all` was given, nothing in a new file."""
        row = self._scratch.connection.execute(SELECT_CALENDARS).fetchone()
        return {} if row is None else _decode_calendars(row[0])

    def read_ledger(self) -> str:
        """Return the digest of the seat ledger that `write_all` was given, "" in a new file."""
        row = self._scratch.connection.execute(SELECT_LEDGER).fetchone()
        return "" if row is None else str(row[0])

    def _read(self, announcement_id: AnnouncementId) -> AnnouncementState:
        row = self._scratch.connection.execute(SELECT_STATE, (announcement_id,)).fetchone()
        return AnnouncementState() if row is None else _decode_state(row[0])
