"""Serves an application as all that is compared is served: one process, uvicorn with uvloop and
httptools, no access log."""

import uvicorn
from fastapi import FastAPI

from runtime.service.app import ServiceApp
from runtime.service.http_limits import DEFAULT
from runtime.service.serving import server_config


def run_app(app: FastAPI, port: int) -> None:
    """Serve it on loopback until the process is told to end. An app of ours is served as it is
    deployed, with our limits of what a client may send."""
    if isinstance(app, ServiceApp):
        config = server_config(
            app, DEFAULT, host="127.0.0.1", port=port, loop="uvloop", log_level="warning"
        )
    else:
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            loop="uvloop",
            http="httptools",
            access_log=False,
            log_level="warning",
        )
    uvicorn.Server(config).run()
