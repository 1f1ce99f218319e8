"""Serves an application as all that is compared is served."""

import uvicorn
from fastapi import FastAPI


def run_app(app: FastAPI, port: int) -> None:
    """Serve it on loopback until the process is told to end."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
