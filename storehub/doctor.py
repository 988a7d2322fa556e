"""`storehub doctor`: what a hub needs, looked at one by one, each with a sentence that helps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import httpx
from sqlalchemy.exc import OperationalError

from courier import backups
from courier.client import http_client
from storehub.backup import WHAT
from storehub.database import make_engine, schema_is_newest
from storehub.printers.port import PrinterDown
from storehub.printers.setting import BadPrinter, printer_setting, second_printer
from storehub.settings import Settings

Finding = tuple[bool, str]


def examine(settings: Settings, at: datetime) -> Iterator[Finding]:
    """Whether each thing is well, with a sentence."""
    for look in (_database, _keys, _head_office, _printer):
        yield from look(settings)
    yield _backups(settings, at)


def _database(settings: Settings) -> Iterator[Finding]:
    engine = make_engine(settings.database_url)
    try:
        with engine.connect() as tx:
            newest = schema_is_newest(tx)
    except OperationalError as away:
        reason = str(away.orig).strip().splitlines()[0]
        yield False, f"database: cannot be reached ({reason}); check STOREHUB_DATABASE_URL"
        return
    finally:
        engine.dispose()
    if newest:
        yield True, "database: reached, its schema is the newest"
    else:
        yield False, "database: reached, its schema is old; run `storehub migrate`"


def _keys(settings: Settings) -> Iterator[Finding]:
    for file in (settings.data_dir / "token.key", settings.hq_secret_file):
        if file.exists() and file.stat().st_mode & 0o077:
            yield False, f"{file.name}: others may read it; chmod 600 {file}"
        elif file.exists():
            yield True, f"{file.name}: kept from others"
    if settings.hq_url and not settings.hq_secret_file.exists() and not settings.enrolment_code:
        yield (
            False,
            "enrolment: this hub is not enrolled; set STOREHUB_ENROLMENT_CODE to a code of head office",
        )


def _head_office(settings: Settings) -> Iterator[Finding]:
    if not settings.hq_url:
        yield True, "head office: none is set (STOREHUB_HQ_URL)"
        return
    try:
        with http_client(settings.hq_url, 5.0, str(settings.ca_file) if settings.ca_file else None) as http:
            status = http.get("/health/ready").status_code
    except (httpx.HTTPError, ValueError) as away:
        yield (
            False,
            f"head office: {settings.hq_url} cannot be reached ({away}); the tills can sell all the same",
        )
        return
    yield status == 200, f"head office: {settings.hq_url} answers {status}"


def _backups(settings: Settings, at: datetime) -> Finding:
    if settings.backup_dir is None:
        return True, "backups: none are made; set STOREHUB_BACKUP_DIR to a folder on another disk"
    newest = backups.newest_at(settings.backup_dir, WHAT)
    if newest is None:
        return False, f"backups: there is none in {settings.backup_dir}; run `storehub backup`"
    hours = (at - newest).total_seconds() / 3600
    return at - newest <= backups.TOO_OLD, f"backups: the newest is {hours:.0f} hours old"


def _printer(settings: Settings) -> Iterator[Finding]:
    try:
        setting, second = printer_setting(settings.printer), second_printer(settings.second_printer)
    except BadPrinter as bad:
        yield False, f"printer: {bad}"
        return
    if setting is None:
        yield True, "printer: none is set (STOREHUB_PRINTER)"
        return
    for name, port in (("printer", setting.port), ("second printer", second)):
        if port is None:
            continue
        try:
            with port.open():
                yield True, f"{name}: {port.name} is there"
        except PrinterDown as down:
            yield False, f"{name}: {down}; receipts wait until it is back"
