"""Runs the command API as a process of its own; wired in `build_app`."""

from contextlib import AsyncExitStack
from functools import partial

import aiohttp
from fastapi import FastAPI

from command_api.domain.post.commands import WritePost
from command_api.domain.submission import Submission
from command_api.http.peers.client import HttpPeers
from command_api.service import CommandService, open_image_store
from command_api.settings import Settings
from runtime.auth.operators import OperatorGuard, reveal_tokens
from runtime.auth.tokens import TokenVerifier
from runtime.journal.kafka import open_kafka_journal
from runtime.limits.limiter import Limiter
from runtime.outside.wiring import OutsideClients
from runtime.process.clock import system_clock
from runtime.process.garbage_collector import collect_rarely, spare_long_lived_state
from runtime.process.health_figures import show_circuits, show_disk
from runtime.process.tasks import run_aside
from runtime.service.cell import secret_of
from runtime.service.process_app import build_process_app
from runtime.service.process_routes import build_process_router
from runtime.service.serving import serve
from runtime.service.settings import load_settings_or_exit
from runtime.service.telemetry import configure_service


def build_app(settings: Settings) -> FastAPI:
    """Return the app of the whole process. It runs from the app's start-up to its shut-down."""
    start = partial(_start, settings)
    return build_process_app("PRACTIX command API", settings, start, [settings.own_name])


def admit_forwarded(limiter: Limiter, submission: Submission) -> None:
    """Count a command that another process forwards for its person. Raises RateLimited."""
    is_post = isinstance(submission.command, WritePost)
    limiter.admit_write(submission.actor, "posts" if is_post else "writes")


async def _start(settings: Settings, app: FastAPI, limiter: Limiter, stack: AsyncExitStack) -> None:
    """Wire and start everything. `stack` stops and closes it, in reverse order."""
    journal = open_kafka_journal(settings)
    cell_secret = secret_of(settings.cell, settings.cell_secret)
    stack.push_async_callback(journal.close)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    outside = OutsideClients(session, settings.neighbours)
    service = CommandService(
        journal=journal,
        own_url=settings.own_url,
        cell_secret=cell_secret,
        peers=HttpPeers(session, cell_secret, settings.peers),
        verifier=TokenVerifier(settings.token, system_clock, outside.fetch_keys),
        guard=OperatorGuard(
            settings.operator_token.get_secret_value(),
            named=reveal_tokens(settings.operator_tokens),
        ),
        auth=outside.auth,
        movies=outside.movies,
        ugc=outside.ugc,
        clock=system_clock,
        timing=settings.timing(),
        rules=settings.rules(),
        submit_deadline_s=settings.submit_deadline_s,
        admit_forwarded=partial(admit_forwarded, limiter),
        store=open_image_store(settings.image_file) if settings.image_file else None,
        keep_old_journal_s=settings.keep_old_journal_s,
    )
    for router in service.routers:
        app.include_router(router)
    show_circuits(outside.circuits)
    if settings.image_file:
        show_disk("image", settings.image_file.parent)
    app.include_router(
        build_process_router(lambda: {**service.readiness(), "circuits": outside.circuits()})
    )
    await service.start()
    stack.push_async_callback(service.stop)
    sparing = run_aside(_spare_when_loaded(service), "sparing of the collector")
    stack.callback(sparing.cancel)


async def _spare_when_loaded(service: CommandService) -> None:
    await service.node.caught_up.wait()
    spare_long_lived_state()


def main() -> None:
    settings = load_settings_or_exit(Settings)
    configure_service("command_api", settings)
    collect_rarely()
    serve(partial(build_app, settings), settings.host, settings.port, settings.http)
