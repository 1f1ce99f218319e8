"""Opens the one port of a system that the launcher starts."""

import socket
from typing import Final

from launcher.servers.process import HOST

BACKLOG: Final = 2048
QUICK_END: Final = {"drain_s": 0.0, "grace_s": 5}
"""No load balancer needs time to notice: Ctrl-C stops taking requests at once, and requests in
progress end soon after."""


class PortInUse(Exception):
    """Another process listens on the port."""


def listen(port: int) -> socket.socket:
    """Return a socket that listens on the port. Raises PortInUse."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortInUse(f"port {port} of {HOST} is in use; set PORT to another one") from error
    return listener
