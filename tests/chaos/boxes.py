"""Whole boxes lost with their disks, and what a person does then: the programs' own commands, run by hand."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from installer.leash import leash
from terminal.bootstrap import JOURNAL_FILE
from tests.chaos.till import CASH_ONLY
from tests.chaos.wire import FAIR, Weather
from tests.chaos.world import ROOT, Till, World

LEVEL_SECONDS = 120.0
BY_HAND_SECONDS = 120.0
QR_SECONDS = 6.0
"""Until every QR payment under way has come to its end."""
UNSENT_SECONDS = 3.0
COPY_SECONDS = 1.0
SWITCH_OFFS = 5
"""How often a till is switched off at most until nothing is left in it that its hub has not got."""


def lose_hub(world: World, store_id: str) -> None:
    """A hub is gone with its database and its keys, and with sales that no head office had heard of.

    What only the hub itself knew would be missing by number afterwards, and rightly so; therefore it has
    nothing of its own under way: no QR payment, no delivery.
    """
    (world.control / CASH_ONLY).touch()
    room = next(room for room in world.rooms if room.store_id == store_id)
    room.pause()
    world.live(QR_SECONDS)
    if not world.live_until(lambda: room.is_idle and is_level(world, store_id), LEVEL_SECONDS):
        world.complaints.append(f"hub {store_id} did not become level before it was lost")
    world.to_hq[store_id].be(Weather(cut=True))
    world.live(UNSENT_SECONDS)
    name = f"hub_{store_id}"
    # Nobody connects to a database that is being dropped, so the supervisor's next hub finds none and waits.
    with psycopg.connect(hub_server_url(world), autocommit=True) as server:
        world.kill(name)
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name.lower())))
    shutil.rmtree(world.layout.store(store_id))
    world.layout.store(store_id).mkdir()
    world.to_hq[store_id].be(FAIR)


def restore_hub(world: World, store_id: str) -> None:
    """`storehub restore` into a new database, which then takes the place of the lost one."""
    name, fresh = f"hub_{store_id}".lower(), f"new_{store_id}".lower()
    with world.head_office() as office:
        code = office.enrolment_code(store_id)
    folder = world.layout.store(store_id)
    with psycopg.connect(hub_server_url(world), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
        settings = {
            "STOREHUB_DATABASE_URL": hub_database_url(world, fresh),
            "STOREHUB_STORE_ID": store_id,
            "STOREHUB_HQ_URL": f"http://127.0.0.1:{world.to_hq[store_id].port}",
            "STOREHUB_SECRET_FILE": str(folder / "hq-secret"),
            "STOREHUB_DATA_DIR": str(folder),
            "STOREHUB_ENROLMENT_CODE": code,
        }
        by_hand(world, f"{store_id} storehub restore", ["storehub.bootstrap", "restore"], settings)
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(name))
        )


def open_again(world: World, store_id: str) -> None:
    """QR payments and deliveries go on."""
    (world.control / CASH_ONLY).unlink(missing_ok=True)
    next(room for room in world.rooms if room.store_id == store_id).go_on()


def back_up_head_office(world: World) -> Path:
    """`hq backup`; the file it made."""
    folder = world.control / f"backups_{time.monotonic_ns()}"
    folder.mkdir()
    by_hand(
        world, "hq backup", ["hq.bootstrap", "backup", "--directory", str(folder)], world.head_office_settings
    )
    return next(folder.glob("*.zip"))


def lose_head_office(world: World) -> None:
    """Head office is gone with its database and its keys. Until it has a database again it cannot start."""
    with psycopg.connect(world.hq_postgres.url(), autocommit=True) as server:
        world.kill("hq")
        server.execute("DROP DATABASE hq WITH (FORCE)")
    shutil.rmtree(world.layout.hq)
    world.layout.hq.mkdir()


def restore_head_office(world: World, file: Path) -> None:
    """`hq restore` into a new database, which then takes the place of the lost one."""
    with psycopg.connect(world.hq_postgres.url(), autocommit=True) as server:
        server.execute("CREATE DATABASE hq_new")
        settings = {**world.head_office_settings, "HQ_DATABASE_URL": world.hq_postgres.url("hq_new")}
        by_hand(world, "hq restore", ["hq.bootstrap", "restore", str(file)], settings)
        server.execute("ALTER DATABASE hq_new RENAME TO hq")


def excuse_head_office(world: World) -> None:
    """Without a database it could not start, and ended saying so. One that was started before there was one
    again may end when it is there already, therefore this waits until head office is back."""
    world.ended.pop("hq (1)", None)


def replace_till(world: World, till: Till) -> Path:
    """A till is gone with its disk: one with an empty disk takes its place; where the old disk is."""
    switch_off(world, till)
    seat, old = till.seat, world.control / f"old_disk_{len(world.old_disks)}"
    Path(seat.data).rename(old)
    world.old_disks.append(old)
    with world.head_office() as office:
        code = office.enrolment_code(seat.store_id, seat.terminal_id)
    last = numbers_given_out(old / JOURNAL_FILE)
    till.seat = replace(seat, enrolment_code=code, last_receipt=last)
    return old


def swap_in_old_disk(world: World, till: Till) -> None:
    """A till's disk is copied, it sells on, and then the copy is put in its place (a restored image).

    What was not at the hub when the copy is started would be sold under the same numbers once more, and
    rightly be left to a person; therefore all of it is there, and the cashier waits for the hub.
    """
    seat, copy = till.seat, world.control / f"image_{time.monotonic_ns()}"
    seat.careful_file.touch()
    world.live(COPY_SECONDS)
    switch_off(world, till)
    shutil.copytree(seat.data, copy)
    began = time.monotonic()
    world.live_until(lambda: world.record().sold_since(till.name, began) > 1, LEVEL_SECONDS)
    for _ in range(SWITCH_OFFS):
        world.live_until(lambda: is_at_hub(world, till), LEVEL_SECONDS)
        switch_off(world, till)
        if is_at_hub(world, till):
            break
    else:
        world.complaints.append(f"till {till.name} could not be switched off with everything at its hub")
    newer = world.control / f"newer_disk_{len(world.old_disks)}"
    Path(seat.data).rename(newer)
    world.old_disks.append(newer)
    copy.rename(seat.data)


def is_at_hub(world: World, till: Till) -> bool:
    """Whether the till's hub has everything that is in its journal."""
    number = numbers_given_out(Path(till.seat.data) / JOURNAL_FILE)
    url = hub_database_url(world, f"hub_{till.seat.store_id}".lower())
    with psycopg.connect(url, connect_timeout=2) as hub:
        row = hub.execute("SELECT sequence FROM origins WHERE origin = %s", [till.name]).fetchone()
    return row is not None and int(row[0]) >= number


def came_with_old_disk(world: World, till: Till) -> int:
    """How often the till's hub has noted that it came with an old disk."""
    url = hub_database_url(world, f"hub_{till.seat.store_id}".lower())
    with psycopg.connect(url, connect_timeout=2) as hub:
        row = hub.execute(
            "SELECT count(*) FROM audit_log WHERE deed = 'come with an old disk' AND actor = %s",
            [till.seat.terminal_id],
        ).fetchone()
    return int(row[0]) if row else 0


def numbers_given_out(journal: Path) -> int:
    """The last number of a journal. Nobody at a counter knows it so well: what bears no number for a customer
    (who signed in, a shift) would be given out once more and rightly be left to a person."""
    with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT coalesce(max(id), 0) FROM outbox").fetchone()[0])


def switch_off(world: World, till: Till) -> None:
    """End a till in order; the supervisor starts it again."""
    ended = till.stop()
    till.process = None
    if ended:
        world.complaints.append(f"till {till.name} ended with {ended} when it was asked to stop")


def hand_in(world: World, till: Till, old: Path) -> None:
    """The old disk has turned up: the till's program brings the hub what it has not got."""
    arguments = ["terminal.bootstrap", "--data", till.seat.data, "--hub", till.seat.hub_url]
    said = by_hand(world, f"{till.name} terminal --hand-in", [*arguments, "--hand-in", str(old)])
    if not said.endswith(" 0 kept for a person to decide"):
        world.complaints.append(f"{till.name} --hand-in: {said}")


def by_hand(world: World, what: str, arguments: list[str], settings: Mapping[str, str] | None = None) -> str:
    """What a person does on a console; what the program said. A failure is a complaint."""
    ended = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **(settings or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=leash(signal.SIGKILL),  # noqa: PLW1509 - nothing else runs between fork and exec
    )
    # Meanwhile everything else is looked after.
    if not world.live_until(lambda: ended.poll() is not None, BY_HAND_SECONDS):
        ended.kill()
    said, trouble = ended.communicate()
    world.say(f"{what}: {said.strip()}")
    if ended.returncode:
        world.complaints.append(f"{what} ended with {ended.returncode}: {said} {trouble[-500:]}")
    return said.strip()


def hub_database_url(world: World, name: str) -> str:
    """A database on the hubs' Postgres server."""
    known = world.layout.read_ready()["databases"][f"hub_{world.plan.store_ids[0]}".lower()]
    return make_url(known).set(database=name).render_as_string(hide_password=False)


def hub_server_url(world: World) -> str:
    """The hubs' Postgres server itself."""
    return hub_database_url(world, "postgres")


def is_level(world: World, store_id: str) -> bool:
    """Whether head office has everything that this hub has of its own."""
    try:
        with psycopg.connect(hub_database_url(world, f"hub_{store_id}".lower()), connect_timeout=2) as hub:
            own = hub.execute("SELECT origin, sequence FROM origins WHERE origin = %s", [store_id]).fetchall()
    except psycopg.Error:
        return False
    return world.at_head_office(dict(own))
