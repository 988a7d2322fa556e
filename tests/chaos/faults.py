"""The faults: each strikes the running world, goes on for some seconds, and is taken away again."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, repeat
from pathlib import Path

from terminal.till.enrolment import FILE_NAME as ENROLMENT
from tests.chaos.boxes import (
    back_up_head_office,
    came_with_old_disk,
    excuse_head_office,
    hand_in,
    lose_head_office,
    lose_hub,
    open_again,
    replace_till,
    restore_head_office,
    restore_hub,
    swap_in_old_disk,
    switch_off,
)
from tests.chaos.clocks import hours_of, is_wrong
from tests.chaos.machine import network
from tests.chaos.till import Seat
from tests.chaos.wire import FAIR, Weather, Wire
from tests.chaos.world import Till, World

KILLED_SECONDS = (3.0, 6.0)
WEATHER_SECONDS = (3.0, 6.0)
SILENCE_SECONDS = (8.0, 14.0)
DISK_SECONDS = (4.0, 7.0)
NETWORK_SECONDS = (11.0, 14.0)
START_SECONDS = 30.0
HOUR = 3600
TOKEN_HOURS = 8
DISK_FULL = "till-disk-full"
TURNS_BEFORE_CLOCK = 25
SERVER_TURNS = 30


@dataclass(frozen=True)
class Strike:
    """A fault under way: what it hit, how long it lasts at least, what is done again all the while.

    `cannot_sell`: tills that may rightly not sell now, because it is their own disk that is full. `after`
    is done when everything is level again. It goes on until it is `felt`, if that comes soon enough.
    """

    hit: str
    seconds: tuple[float, float]
    heal: Callable[[], None] = lambda: None
    again: Callable[[], None] = lambda: None
    cannot_sell: frozenset[str] = field(default_factory=frozenset)
    after: Callable[[], None] = lambda: None
    felt: Callable[[], bool] = lambda: True


Fault = Callable[[World], Strike]


def till_killed(world: World) -> Strike:
    """A till's process is gone in the middle of whatever it does, and started again."""
    till = world.dice.choice(world.tills)
    till.kill()
    return Strike(till.name, (1.0, 2.0))


def hub_killed(world: World) -> Strike:
    """A hub's process is killed, and killed again as soon as it is back."""
    name = f"hub_{world.dice.choice(world.plan.store_ids)}"
    return _kept_dead(name, lambda: world.kill(name))


def hq_killed(world: World) -> Strike:
    """Head office's process is killed, and killed again as soon as it is back."""
    return _kept_dead("hq", lambda: world.kill("hq"))


def hub_postgres_killed(world: World) -> Strike:
    """The hubs' Postgres server is killed again and again; each time it recovers by itself."""
    return _kept_dead("the hubs' Postgres", lambda: world.kill("postgres"), every=SERVER_TURNS)


def hq_postgres_killed(world: World) -> Strike:
    """Head office's Postgres server is killed again and again; each time it recovers by itself."""
    return _kept_dead("head office's Postgres", world.kill_hq_postgres, every=SERVER_TURNS)


def power_cut(world: World) -> Strike:
    """Every process dies in the same moment, the backends of Postgres included."""
    world.power_cut()
    return Strike("everything", (1.0, 2.0))


def hub_frozen(world: World) -> Strike:
    """A hub holds its connections and says nothing."""
    return _frozen(world, f"hub_{world.dice.choice(world.plan.store_ids)}")


def hq_frozen(world: World) -> Strike:
    """Head office holds its connections and says nothing."""
    return _frozen(world, "hq")


def till_disk_full(world: World) -> Strike:
    """Not a byte is left on one till's disk: it must say so, take no money, and go on when there is room."""
    disk = world.till_disk
    assert disk is not None
    till = next(till for till in world.tills if Path(till.seat.data) == disk.folder)
    before = world.record().refused[DISK_FULL]
    # An old write-ahead log has room of its own for a while; that of a till which has just started has none.
    switch_off(world, till)
    if world.dice.random() < 0.5:
        began = time.monotonic()
        world.live_until(lambda: world.record().sold_since(till.name, began) > 0, START_SECONDS)
    disk.fill()
    return Strike(
        till.name,
        DISK_SECONDS,
        disk.empty,
        disk.fill,
        frozenset({till.name}),
        felt=lambda: world.record().refused[DISK_FULL] > before,
    )


def till_lost(world: World) -> Strike:
    """A till is gone, and sales that no hub has with it; its disk turns up when another has its place."""
    till = _with_its_own_disk(world)
    wire = world.to_hub[till.seat.store_id]
    wire.be(Weather(cut=True))
    world.live(world.dice.uniform(2.0, 4.0))
    old = replace_till(world, till)
    wire.be(FAIR)
    enrolled = Path(till.seat.data) / ENROLMENT
    return Strike(till.name, (1.0, 2.0), lambda: hand_in(world, till, old), felt=enrolled.exists)


def till_on_old_disk(world: World) -> Strike:
    """A till is started from an image of its disk that is some sales old."""
    till = _with_its_own_disk(world)
    before = came_with_old_disk(world, till)
    swap_in_old_disk(world, till)
    return Strike(
        till.name,
        (1.0, 2.0),
        after=till.seat.careful_file.unlink,
        felt=lambda: came_with_old_disk(world, till) > before,
    )


def hub_lost(world: World) -> Strike:
    """A hub is gone with its database and keys, and an empty one takes its place."""
    store_id = world.dice.choice(world.plan.store_ids)
    lose_hub(world, store_id)
    return Strike(
        store_id, (0.5, 1.0), lambda: restore_hub(world, store_id), after=lambda: open_again(world, store_id)
    )


def head_office_lost(world: World) -> Strike:
    """Head office is gone with its database and keys, and comes back from a backup of some seconds before."""
    file = back_up_head_office(world)
    world.live(world.dice.uniform(*WEATHER_SECONDS))
    lose_head_office(world)
    return Strike(
        "hq",
        KILLED_SECONDS,
        lambda: restore_head_office(world, file),
        after=lambda: excuse_head_office(world),
    )


def hub_disk_full(world: World) -> Strike:
    """Not a byte is left on the disk of the hubs' Postgres."""
    disk = world.hub_disk
    assert disk is not None
    disk.fill()
    return Strike("the hubs' Postgres", DISK_SECONDS, disk.empty, disk.fill)


def hub_dies_of_full_disk(world: World) -> Strike:
    """The hubs' Postgres dies on a full disk and cannot come up before there is room."""
    disk = world.hub_disk
    assert disk is not None
    disk.fill()
    world.kill("postgres")
    return Strike("the hubs' Postgres", DISK_SECONDS, disk.empty, disk.fill)


def clock_back(world: World) -> Strike:
    """A till's clock falls behind by an hour, a day or a year."""
    return _skewed(world, -world.dice.choice((HOUR, 24 * HOUR, 365 * 24 * HOUR)))


def clock_forward(world: World) -> Strike:
    """A till's clock runs ahead by an hour or a day (and falls back when it is set right)."""
    return _skewed(world, world.dice.choice((HOUR, 24 * HOUR)))


def hub_clock_back(world: World) -> Strike:
    """A hub's clock is set back by an hour or a day while it runs."""
    store_id = world.dice.choice(world.plan.store_ids)
    return _set_wrong(world, f"hub_{store_id}", _hub_time(world, store_id), -1)


def hub_clock_forward(world: World) -> Strike:
    """A hub's clock is set forward by an hour or a day, and then back again."""
    store_id = world.dice.choice(world.plan.store_ids)
    return _set_wrong(world, f"hub_{store_id}", _hub_time(world, store_id), 1)


def hq_clock_back(world: World) -> Strike:
    """Head office's clock is set back by an hour or a day while it runs."""
    return _set_wrong(world, "hq", _hq_time(world), -1)


def hq_clock_forward(world: World) -> Strike:
    """Head office's clock is set forward by an hour or a day, and then back again."""
    return _set_wrong(world, "hq", _hq_time(world), 1)


def network_down(world: World) -> Strike:
    """There is no network at all, not even on one machine: nobody hears anybody, databases included."""
    network(up=False)

    def heal() -> None:
        network(up=True)

    # Longer than a program waits for a silent database, so that none can say goodbye to its own.
    return Strike("every line", NETWORK_SECONDS, heal, felt=lambda: not _reachable(world.plan.hq_port))


def clock_back_offline(world: World) -> Strike:
    """A till loses its hub, and then its clock falls behind while it waits to try again."""
    till = world.dice.choice(world.tills)
    wire = world.to_hub[till.seat.store_id]
    wire.be(Weather(cut=True))
    turns = iter((*repeat(False, TURNS_BEFORE_CLOCK), True))

    def later() -> None:
        if next(turns, False):
            _set_clock(till.seat, -HOUR)

    return Strike(
        f"{till.name}, then -1 h",
        WEATHER_SECONDS,
        lambda: wire.be(FAIR),
        later,
        after=lambda: till.seat.skew_file.unlink(missing_ok=True),
        felt=till.seat.skew_file.exists,
    )


def _with_its_own_disk(world: World) -> Till:
    """A till whose folder can be moved."""
    disk = world.till_disk
    return world.dice.choice(
        [till for till in world.tills if disk is None or Path(till.seat.data) != disk.folder]
    )


def _kept_dead(name: str, kill: Callable[[], None], every: int = 1) -> Strike:
    turns = count()

    def again() -> None:
        if next(turns) % every == 0:
            kill()

    return Strike(name, KILLED_SECONDS, again=again)


def _frozen(world: World, name: str) -> Strike:
    pid = int(world.layout.pid(name).read_text())
    os.kill(pid, signal.SIGSTOP)

    def thaw() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    return Strike(name, SILENCE_SECONDS, thaw)


def _hub_time(world: World, store_id: str) -> Callable[[], datetime]:
    room = next(room for room in world.rooms if room.store_id == store_id)
    return hours_of(world.running.hub_url(store_id), "/api/v1/auth/login", room.manager, TOKEN_HOURS)


def _hq_time(world: World) -> Callable[[], datetime]:
    return hours_of(world.running.hq_url, "/v1/auth/token", world.plan.admin, TOKEN_HOURS)


def _set_wrong(world: World, name: str, time_there: Callable[[], datetime], sign: int) -> Strike:
    hours = sign * world.dice.choice((1, 24))
    clock = world.clocks[name]
    clock.set(hours * HOUR)
    return Strike(
        f"{name} {hours:+} h",
        WEATHER_SECONDS,
        lambda: clock.set(0),
        felt=lambda: is_wrong(time_there, hours * HOUR),
    )


def _reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _set_clock(seat: Seat, seconds: float) -> None:
    seat.skew_file.write_text(str(seconds))


def _skewed(world: World, seconds: float) -> Strike:
    till: Till = world.dice.choice(world.tills)
    _set_clock(till.seat, seconds)
    return Strike(f"{till.name} {seconds / HOUR:+,.0f} h", DISK_SECONDS, till.seat.skew_file.unlink)


WEATHERS: dict[str, tuple[Weather, tuple[float, float]]] = {
    "cut": (Weather(cut=True), WEATHER_SECONDS),
    "flapping": (Weather(flap_seconds=0.7), WEATHER_SECONDS),
    "broken mid-body": (Weather(breaks_after=3_000), WEATHER_SECONDS),
    "slow by 0.4 s": (Weather(delay_seconds=0.4), WEATHER_SECONDS),
    "trickle of 2 kB/s": (Weather(bytes_per_second=2_000), WEATHER_SECONDS),
    "silent upwards": (Weather(up=False), SILENCE_SECONDS),
    "silent downwards": (Weather(down=False), SILENCE_SECONDS),
}


def bad_weather(name: str, *, up: bool) -> Fault:
    """The wires of every store to head office (`up`), or to its tills, in one of the `WEATHERS`."""
    weather, seconds = WEATHERS[name]

    def strike(world: World) -> Strike:
        wires: Iterable[Wire] = [*(world.to_hq if up else world.to_hub).values()]
        for wire in wires:
            wire.be(weather)

        def heal() -> None:
            for wire in wires:
                wire.be(FAIR)

        return Strike("every store", seconds, heal)

    return strike
