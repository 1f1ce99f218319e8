"""Lets a process of the launcher end in order when it is asked to."""

import asyncio
import signal


def watch_stop_signals() -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set from now on, in place of ending the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
