"""`storehub serve|migrate|doctor|try-now`: the program's edge, where clock, chance and ids come from."""

from __future__ import annotations

import argparse
import gc
import os
import random
import secrets
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import structlog
import uvicorn
from sqlalchemy.exc import OperationalError
from uuid_utils.compat import uuid7

from courier.server import Server
from storehub import database
from storehub.assembly import Edge, Program, assemble
from storehub.doctor import examine
from storehub.logs import write_logs
from storehub.printers.setting import BadPrinter
from storehub.settings import Settings, SettingsRefused, database_url

log = structlog.get_logger(__name__)

GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 75
"""Longer than a till keeps an idle connection, so that none is closed just as a sale is sent over it."""
RETRY_SECONDS = 1.0
SWITCH_SECONDS = 0.0005
"""A background thread gives the interpreter back within this time, so that it hardly shows at the till."""


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def build_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = now,
    new_id: Callable[[], UUID] = uuid7,
    dice: Callable[[], float] = random.random,
) -> Program:
    """The hub on a migrated database, ready to be served."""
    return assemble(settings, Edge(clock, new_id, dice, secrets.token_bytes))


class HubServer(Server):
    """Says when it is ready, in one line of the log."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the doors, then say so."""
        await super().startup(sockets)
        # What lives from now to the end need not be looked through for garbage between two sales.
        gc.collect()
        gc.freeze()
        if not self.should_exit:
            log.info("hub ready", host=self.config.host, port=self.config.port)


def serve(settings: Settings) -> None:
    """Migrate, then serve until SIGTERM or SIGINT; waits for a database that is not there yet."""
    write_logs(settings.store_id)
    while not _migrated(settings.database_url):
        time.sleep(RETRY_SECONDS)
    sys.setswitchinterval(SWITCH_SECONDS)
    program = build_app(settings)
    config = uvicorn.Config(
        program.app,
        host=settings.host,
        port=settings.port,
        loop="auto",
        http="httptools",
        ws="none",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
    )
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn takes these while it serves, and raises what it took once more when it has stopped.
        signal.signal(number, signal.SIG_IGN)
    HubServer(config, program.pokes).run()
    log.info("hub stopped")


def _migrated(url: str) -> bool:
    try:
        database.migrate(url)
    except OperationalError as away:
        log.warning("database is away, trying again", error=str(away.orig).strip())
        return False
    return True


def doctor(settings: Settings) -> int:
    """Print what was found; 1 when something is not well."""
    well = True
    for good, sentence in examine(settings):
        well = well and good
        print(f"{'ok ' if good else 'BAD'} {sentence}")
    return 0 if well else 1


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script."""
    parser = argparse.ArgumentParser(prog="storehub", description="The hub of a store.")
    parser.add_argument("--settings", type=Path, help="a TOML file; the environment goes before it")
    parser.add_argument("command", choices=("serve", "migrate", "doctor", "try-now"))
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "migrate":
            database.migrate(database_url(os.environ, chosen.settings))
        elif chosen.command == "try-now":
            database.try_head_office(database_url(os.environ, chosen.settings))
        else:
            settings = Settings.load(os.environ, chosen.settings)
            if chosen.command == "doctor":
                sys.exit(doctor(settings))
            serve(settings)
    except (SettingsRefused, BadPrinter, ValueError) as refused:
        sys.exit(f"storehub: {refused}")
    except OperationalError as away:
        sys.exit(f"storehub: the database cannot be reached: {str(away.orig).strip()}")


if __name__ == "__main__":
    main()
