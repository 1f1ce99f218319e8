"""Notes in the database which notices had an attempt whose end nobody learnt.

A trigger looks at the leases themselves, so that what the notifier says of a notice can be
compared with what happened to it.
"""

from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from notifier.dispatcher import NOTIFICATION
from notifier.store.session import LOCK_CLASS, NO_SESSION

# The call at Notification was cut off if its dispatcher says so at the end of a lease, of a notice
# that waits on or was given up meanwhile. To say so of a lease that ended otherwise is a mistake.
_INSTALL: Final = f"""
    CREATE SCHEMA torture;
    CREATE TABLE torture.cut_off (notice_id bigint);
    CREATE FUNCTION torture.is_held(holder bigint) RETURNS boolean LANGUAGE sql AS $$
        SELECT EXISTS (
            SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCK_CLASS}
                AND objid::bigint = holder AND granted AND database =
                    (SELECT oid FROM pg_database WHERE datname = current_database()))
    $$;
    CREATE FUNCTION torture.note_cut_off() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF NEW.holder IS NOT NULL AND NEW.attempts > OLD.attempts
            OR OLD.holder > {NO_SESSION} AND NOT torture.is_held(OLD.holder)
            OR NEW.unsettled AND NEW.state = 'waiting'
                AND NEW.reason = '{NOTIFICATION} does not answer'
            OR NEW.unsettled AND OLD.state = 'unconfirmed'
        THEN
            INSERT INTO torture.cut_off VALUES (NEW.id);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_cut_off AFTER UPDATE ON notifier.notices
        FOR EACH ROW WHEN (OLD.holder IS NOT NULL) EXECUTE FUNCTION torture.note_cut_off();
"""
IS_BEING_SENT: Final = "n.state IN ('waiting', 'unconfirmed') AND torture.is_held(n.holder)"
"""SQL for whether an attempt at a notice `n` is going on."""
_SELECT: Final = """
    SELECT key FROM notifier.notices n
    WHERE EXISTS (SELECT FROM torture.cut_off c WHERE c.notice_id = n.id)
        OR n.holder IS NOT NULL AND NOT torture.is_held(n.holder)
"""


async def note_cut_off(owner_dsn: str) -> None:
    """Begin to note them, as the owner of the notifier's tables."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute(_INSTALL)
    finally:
        await connection.close()


async def read_cut_off(connection: asyncpg.Connection | PoolConnectionProxy) -> frozenset[str]:
    """Return the keys of all notices of which an attempt was cut off so far."""
    return frozenset(row["key"] for row in await connection.fetch(_SELECT))
