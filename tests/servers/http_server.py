"""Runs a real server around an app, for tests that speak HTTP to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from runtime.service.http_limits import DEFAULT
from runtime.service.serving import server_config


@asynccontextmanager
async def served(app: Any, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` on a loopback port, a free one by default; yields its base URL.

    On leaving, requests that hang are cut off and the port is free again.
    """
    # aiohttp gives up an idle connection after 15 s. A server that does so at the same time may
    # close one that a request is just being sent on.
    limits = DEFAULT.model_copy(update={"grace_s": 1, "keep_alive_s": 60})
    config = server_config(app, limits, host="127.0.0.1", port=port)
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    socket.listen()  # From here on connections wait for the server, however slow its start.
    running = asyncio.create_task(server.serve([socket]))
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        socket.close()
