"""Ports for processes that are started a while later."""

import socket

from launcher.servers.process import HOST, free_port

MANY = 500
"""There are some 14,000 ports. A port that is free again at once would come a second time."""


def test_no_port_is_given_twice() -> None:
    assert len({free_port() for _ in range(MANY)}) == MANY


def test_a_server_can_listen_at_once() -> None:
    port = free_port()
    with socket.create_server((HOST, port)), socket.create_connection((HOST, port)):
        pass


def test_nobody_listens_until_then() -> None:
    with socket.socket() as client:
        assert client.connect_ex((HOST, free_port())) != 0
