"""Head office as a program (`hq serve|migrate|import|doctor|…`). Clock, chance and ids begin here."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from uuid_utils.compat import uuid7

from courier.archive import ArchiveRefused
from courier.server import Server
from courier.stream import Pokes
from hq import backup, database, intake
from hq.alerts.watchman import Watchman
from hq.api.app import make_app
from hq.api.metrics import Metrics
from hq.api.office import NEWS_CHANNEL, Office
from hq.audit.commands import DONE, note
from hq.catalog.commands import import_catalogue
from hq.catalog.file import BrokenFile
from hq.database import AWAY
from hq.people.commands import first_admin
from hq.people.tokens import KeyNotUsable, Tokens, load_key
from hq.reports.checkup import quick_look
from hq.reports.projection import reset
from hq.reports.projector import Projector
from hq.reports.replay import SaleNotReplayable, replay_sale
from hq.reports.verify import Scope, verify
from hq.settings import Settings, SettingsRefused
from hq.stores.commands import first_settings

log = structlog.get_logger(__name__)

CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that is read as something else."""

GRACE_SECONDS = 10
TURN_SECONDS = 0.001
KEEP_ALIVE_SECONDS = 75
"""Longer than a client keeps an idle connection, so that none is closed just as it is used again."""


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def new_secret() -> str:
    """256 bits of chance."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """An enrolment code for people to read out and type: 60 bits, `7KQF-2MPX-9VTE`."""
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(3))


def open_office(settings: Settings, clock: Callable[[], datetime] = now) -> Office:
    """The parts of one instance; raises `SettingsRefused`, `KeyNotUsable`."""
    if settings.data_dir is None:
        raise SettingsRefused(
            "HQ_DATA_DIR is missing: the folder for the key that signs tokens, for example "
            "HQ_DATA_DIR=/var/lib/everopen/hq"
        )
    engine = database.make_engine(settings.database_url)
    return Office(
        settings=settings,
        engine=engine,
        intake_engine=database.make_intake_engine(settings.database_url),
        tokens=Tokens(load_key(settings.data_dir)),
        pokes=Pokes(),
        projector=Projector(engine, clock),
        watchman=Watchman(engine, uuid7, clock, partial(backup.too_old, settings.backup_dir)),
        metrics=Metrics(),
        clock=clock,
        new_id=uuid7,
        new_secret=new_secret,
        new_code=new_code,
    )


def furnish(office: Office) -> None:
    """Give a new chain its settings and its first administrator; an old one keeps what it has."""
    settings, at = office.settings, office.clock()
    given: dict[str, Any] = {
        "timezone": settings.timezone,
        "currency": settings.currency,
        "prices_include_tax": settings.prices_include_tax,
    }
    with office.engine.begin() as tx:
        first_settings(tx, given, at)
        if settings.admin_employee_id and settings.admin_pin:
            made = first_admin(tx, settings.admin_employee_id, settings.admin_pin, at)
            if made:
                office.note(tx, "system", "put person", settings.admin_employee_id, DONE)


def build_app(settings: Settings, clock: Callable[[], datetime] = now) -> FastAPI:
    """The web app over a migrated database, its chain furnished; raises what `open_office` raises."""
    office = open_office(settings, clock)
    furnish(office)
    return make_app(office, [intake.router], {intake.EVENTS_PATH: intake.EVENTS_BYTES_MAX}, time.perf_counter)


class _Server(Server):
    """Says when it is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            log.info("ready", host=self.config.host, port=self.config.port, pid=os.getpid())


def serve(settings: Settings) -> int:
    """Migrate, then serve until SIGTERM or SIGINT, which end requests under way in good order."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # Until uvicorn takes the signals over, and again when it hands them on after its shutdown.
        signal.signal(number, lambda *_: sys.exit(0))
    # The projector computes in a thread beside the doors, who get their turn after so long.
    sys.setswitchinterval(TURN_SECONDS)
    database.migrate(settings.database_url)
    app = build_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ssl_context_factory=_tls if settings.tls_certificate else None,
    )
    server = _Server(config, app.state.office.pokes)
    server.run()
    return 0 if server.started else 1


def _tls(_: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def import_file(settings: Settings, file: Path) -> int:
    """Import a catalogue straight into the database; running instances tell their stores."""
    engine = database.make_engine(settings.database_url, "hq import")
    try:
        with engine.begin() as tx:
            changes = import_catalogue(tx, file.read_bytes(), now())
            note(
                tx,
                note_id=uuid7(),
                actor="system",
                deed="import catalogue",
                subject=file.name,
                outcome=DONE,
                at=now(),
            )
            tx.execute(text("SELECT pg_notify(:channel, '')"), {"channel": NEWS_CHANNEL})
    except OSError as unreadable:
        print(f"{file} cannot be read: {unreadable}", file=sys.stderr)
        return 1
    except BrokenFile as broken:
        where = f"{file}, line {broken.detail['line']}, column {broken.detail['column']}"
        print(f"{where}: {broken.detail['reason']}. Nothing was imported.", file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    print(orjson.dumps(changes.to_body()).decode())
    return 0


def doctor(settings: Settings, what: str) -> int:
    """Look (`look`), or read the books again from the ledger first (`rebuild`)."""
    engine = database.make_engine(settings.database_url, "hq doctor", statement_seconds=0)
    try:
        if what == "rebuild":
            with engine.begin() as tx:
                reset(tx, now())
            Projector(engine, now).catch_up()
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
            findings = [*quick_look(tx), backup.finding(settings, now())]
    finally:
        engine.dispose()
    for finding in findings:
        print(f"{'LOOK' if finding.alarming else 'ok':4}  {finding.sentence}")
    return 1 if any(finding.alarming for finding in findings) else 0


def prove(settings: Settings, scope: Scope) -> int:
    """Print the proof of the ledger; 1 when something in it does not hold."""
    engine = database.make_engine(settings.database_url, "hq verify", statement_seconds=0)
    began = time.perf_counter()
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
            found = verify(tx, scope)
    finally:
        engine.dispose()
    seconds = time.perf_counter() - began
    for line in found.lines():
        print(line)
    verdict = "everything holds" if found.holds else "NOT everything holds"
    facts = found.reread.facts
    print(f"{facts} facts read again in {seconds:.1f} s, {facts / seconds:.0f} a second: {verdict}")
    return 0 if found.holds else 1


def save(settings: Settings, directory: Path | None) -> int:
    """Make a backup now and say where it is."""
    folder = directory or settings.backup_dir
    if folder is None:
        raise SettingsRefused(
            "HQ_BACKUP_DIR is missing: a folder on another disk, for example HQ_BACKUP_DIR=/mnt/backup/hq"
        )
    try:
        print(backup.back_up(settings, folder, now()))
    except OSError as unwritten:
        print(f"hq: no backup was made: {unwritten}", file=sys.stderr)
        return 1
    return 0


def bring_back(settings: Settings, file: Path) -> int:
    """Read a backup into an empty database; the books are read from the ledger before this ends."""
    try:
        manifest = backup.restore(settings, file, now())
    except ArchiveRefused as refused:
        print(f"hq: {refused}; nothing was changed", file=sys.stderr)
        return 1
    engine = database.make_engine(settings.database_url, "hq restore", statement_seconds=0)
    try:
        Projector(engine, now).catch_up()
    finally:
        engine.dispose()
    print(f"restored as of {manifest.made_at.isoformat()}; what came later, hubs send again by themselves")
    return 0


def replay(settings: Settings, transaction_id: UUID) -> int:
    """Ring a past sale up again and say whether it is what the rules made of it; 1 when it is not."""
    engine = database.make_engine(settings.database_url, "hq replay")
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
            found = replay_sale(tx, transaction_id)
    except SaleNotReplayable:
        print(f"{transaction_id} is no sale that can be rung up again", file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    for sentence in found.sentences():
        print(sentence)
    return 0 if found.is_equal else 1


def configure_logging() -> None:
    """Structured logs, one JSON object a line, on standard output (NFR-6.1)."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                lambda _, __, event: {"service": "hq", **event},
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(lambda body, **_: orjson.dumps(body, default=str).decode()),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for library in ("alembic", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="hq", description="Everopen's head office.")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="TOML file (also HQ_SETTINGS_FILE)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="migrate the database and serve")
    commands.add_parser("migrate", help="bring the database to the newest schema")
    importing = commands.add_parser("import", help="import a catalogue CSV")
    importing.add_argument("file", type=Path)
    saving = commands.add_parser("backup", help="make a backup now")
    saving.add_argument("--directory", type=Path, metavar="DIR", help="instead of HQ_BACKUP_DIR")
    restoring = commands.add_parser("restore", help="read a backup into an empty database")
    restoring.add_argument("file", type=Path)
    asked = commands.add_parser("doctor", help="look at the data; exit code 1 when somebody has to look")
    asked.add_argument("what", nargs="?", choices=("look", "rebuild"), default="look")
    proving = commands.add_parser("verify", help="read all facts again; exit code 1 if they do not hold")
    proving.add_argument("--store", metavar="STORE_ID", help="this store only")
    proving.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="days from this on")
    again = commands.add_parser("replay", help="ring a past sale up again; exit code 1 if it differs")
    again.add_argument("transaction_id", type=UUID)
    options = parser.parse_args(arguments)
    try:
        settings_file = options.settings or os.environ.get("HQ_SETTINGS_FILE")
        settings = Settings.load(os.environ, Path(settings_file) if settings_file else None)
        if options.command == "serve":
            configure_logging()
            return serve(settings)
        if options.command == "migrate":
            database.migrate(settings.database_url)
            return 0
        if options.command == "import":
            return import_file(settings, options.file)
        if options.command == "backup":
            return save(settings, options.directory)
        if options.command == "restore":
            return bring_back(settings, options.file)
        if options.command == "verify":
            return prove(settings, Scope(options.store, options.since))
        if options.command == "replay":
            return replay(settings, options.transaction_id)
        return doctor(settings, options.what)
    except (SettingsRefused, KeyNotUsable) as refused:
        print(f"hq: {refused}", file=sys.stderr)
        return 2
    except AWAY as away:
        print(f"hq: the database cannot be reached ({_cause(away)})", file=sys.stderr)
        return 1


def _cause(away: BaseException) -> str:
    """The driver's own words; libpq's never contain the password."""
    return str(getattr(away, "orig", None) or away).strip()


if __name__ == "__main__":
    sys.exit(main())
