"""`storehub serve|migrate|doctor|restore|try-now`: the program's edge, where clock and chance come from."""

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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
import uvicorn
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from uuid_utils.compat import uuid7

from courier import outbox
from courier.archive import ArchiveRefused
from courier.news import NewsPage
from courier.outage import Outage, Rejected
from courier.server import Server
from storehub import database
from storehub.assembly import Edge, Program, assemble
from storehub.backup import back_up, read_back
from storehub.doctor import examine
from storehub.logs import write_logs
from storehub.news import hear_all
from storehub.printers.setting import BadPrinter
from storehub.rejoin import facts_behind, known_of
from storehub.restore import (
    BackupOutlived,
    HubNotEmpty,
    Restored,
    catch_up,
    demand_empty,
    facts_of,
    restore,
    summary,
)
from storehub.settings import Settings, SettingsRefused, database_url
from storehub.uplink import HeadOfficeAccess
from storehub.verify import verify

log = structlog.get_logger(__name__)

COMMANDS = ("serve", "migrate", "doctor", "verify", "backup", "restore", "try-now")
GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 75
"""Longer than a till keeps an idle connection, so that none is closed just as a sale is sent over it."""
RETRY_SECONDS = 1.0
BOOKS_TRIES = 60
FACTS_BACK = 20_000
"""So many of the newest facts at least come back to a hub in a lost one's place: a week of a busy store."""
DAYS_BACK = timedelta(days=31)
"""And all of so many days: as long as tills know their sales, the hub knows what came back of them."""
_LOOK = (
    "look into the payment providers' own lists for QR codes that no till of today had asked for, print "
    "again what waited for paper, and count again what is missing under the store's own numbers"
)
NOBODY_KNOWS = f"storehub: no box knows what only the lost hub knew: {_LOOK}."
NOBODY_KNOWS_SINCE = f"storehub: no box knows what only the lost hub knew since the backup: {_LOOK}."
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
    for good, sentence in examine(settings, now()):
        well = well and good
        print(f"{'ok ' if good else 'BAD'} {sentence}")
    return 0 if well else 1


def prove(settings: Settings) -> int:
    """Print the proof of what this hub holds; 1 when something does not hold."""
    engine = database.make_engine(settings.database_url, statement_seconds=0)
    began = time.perf_counter()
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
            found = verify(tx)
    finally:
        engine.dispose()
    seconds = time.perf_counter() - began
    for line in found.lines():
        print(line)
    verdict = "everything holds" if found.holds else "NOT everything holds"
    facts = found.told.facts
    print(f"{facts} facts read again in {seconds:.1f} s, {facts / seconds:.0f} a second: {verdict}")
    return 0 if found.holds else 1


def restore_hub(
    settings: Settings, backup: Path | None = None, clock: Callable[[], datetime] = now
) -> Restored:
    """Let an empty hub take the place of this store's lost one, with what head office knows, and before
    that with what was in a `backup`.

    Raises `HubNotEmpty`, `ArchiveRefused`, `BackupOutlived`, `SettingsRefused`, `Outage` and `Rejected`.
    Without a backup nothing has changed then; with one, the next try needs an empty database again.
    """
    if not settings.hq_url:
        raise SettingsRefused("STOREHUB_HQ_URL is missing: a lost hub comes back from head office")
    if backup is not None:
        read_back(settings, backup)
    database.migrate(settings.database_url)
    engine = database.make_engine(settings.database_url)
    access = HeadOfficeAccess(
        settings.hq_url, settings.store_id, settings.hq_secret_file, clock, settings.ca_file
    )
    try:
        if backup is None:
            with engine.connect() as tx:
                demand_empty(tx)
        if not access.enrolled:
            if not settings.enrolment_code:
                raise SettingsRefused(
                    "STOREHUB_ENROLMENT_CODE is missing: head office makes one for the hub of this store"
                )
            access.enrol(settings.enrolment_code)
        known = _known_at_head_office(access, settings.store_id)
        with engine.begin() as tx:
            bring, after = restore, _behind_which(access, known, clock() - DAYS_BACK)
            if backup is not None:
                bring, after = catch_up, outbox.last_position(tx, database.courier)
            restored = bring(tx, settings.store_id, known, facts_behind(access, known, after), clock())
        _hear_news(engine, access, settings.store_id, clock())
        return restored
    finally:
        access.close()
        engine.dispose()


def _hear_news(engine: Engine, access: HeadOfficeAccess, store_id: str, at: datetime) -> None:
    """Begin with head office's master data: prices, people, vouchers. Without them the hub would find fault
    with the first sales that the tills bring."""

    def page_behind(version: int) -> NewsPage:
        return NewsPage.from_body(access.look_up("/v1/news", after=version))

    try:
        with engine.begin() as tx:
            version = hear_all(tx, page_behind, store_id, at)
    except Exception:
        # What it has is whole without them, and they come when it serves.
        log.exception("news not heard yet")
    else:
        log.info("news heard", version=version)


def _restore(settings: Settings, backup: Path | None) -> None:
    """Print what came back; exits with a sentence where another way has to be taken."""
    try:
        print(summary(restore_hub(settings, backup)))
        print(NOBODY_KNOWS if backup is None else NOBODY_KNOWS_SINCE, file=sys.stderr)
    except HubNotEmpty as full:
        sys.exit(
            f"storehub: this database has facts of {full.detail['origins']} origins; a hub that takes a lost "
            "one's place starts with an empty database. Nothing was changed"
        )
    except BackupOutlived:
        sys.exit(
            "storehub: another hub has served this store since the backup was made; empty the database again "
            "and type `storehub restore` without the backup"
        )


def _known_at_head_office(access: HeadOfficeAccess, store_id: str) -> dict[str, Any]:
    """What head office knows once its books are level with what it has received."""
    for _ in range(BOOKS_TRIES):
        known = known_of(access, store_id)
        if known["projected"]:
            return known
        time.sleep(RETRY_SECONDS)
    raise Outage("busy", "head office's books are behind what it has received; try again")


def _behind_which(access: HeadOfficeAccess, known: dict[str, Any], since: datetime) -> int:
    """The position behind which the newest facts begin that come back; halves its way to the moment."""
    first, last = 0, max(0, int(known["next_position"]) - 1 - FACTS_BACK)
    while first < last:
        middle = (first + last) // 2
        path = f"/v1/stores/{known['store_id']}/facts"
        (position, envelope), *_ = facts_of(access.look_up(path, after=middle, limit=1))
        if datetime.fromisoformat(envelope["timestamp"]) < since:
            first = min(position, last)
        else:
            last = middle
    return first


def _backup_folder(settings: Settings) -> Path:
    if settings.backup_dir is None:
        raise SettingsRefused(
            "STOREHUB_BACKUP_DIR is missing: a folder on another disk, for example "
            "STOREHUB_BACKUP_DIR=/mnt/backup/hub"
        )
    return settings.backup_dir


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script."""
    parser = argparse.ArgumentParser(prog="storehub", description="The hub of a store.")
    parser.add_argument("--settings", type=Path, help="a TOML file; the environment goes before it")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument(
        "backup", nargs="?", type=Path, metavar="BACKUP", help="restore: a backup to begin with"
    )
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
            if chosen.command == "verify":
                sys.exit(prove(settings))
            if chosen.command == "restore":
                _restore(settings, chosen.backup)
                return
            if chosen.command == "backup":
                print(back_up(settings, _backup_folder(settings), now()))
                return
            serve(settings)
    except (SettingsRefused, BadPrinter, ValueError) as refused:
        sys.exit(f"storehub: {refused}")
    except ArchiveRefused as refused:
        sys.exit(f"storehub: {refused}; nothing was changed")
    except (Outage, Rejected) as away:
        sys.exit(f"storehub: head office: {away}; nothing was taken from it")
    except OperationalError as away:
        sys.exit(f"storehub: the database cannot be reached: {str(away.orig).strip()}")


if __name__ == "__main__":
    main()
