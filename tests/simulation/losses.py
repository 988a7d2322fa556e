"""Disks that are lost, and what takes their place; what went with them and is nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tests.simulation.truth import Place

if TYPE_CHECKING:
    from tests.simulation.disk import Disk
    from tests.simulation.hub import HubBox
    from tests.simulation.till import TillBox
    from tests.simulation.world import World


def lose_till(world: World, till: TillBox, seconds: float) -> None:
    """A till's disk is lost; another machine is enrolled in its place after a while."""
    world.strike("till's disk lost", till.name)
    till.lose()
    note_gone(world)
    world.time.after(seconds, till.start_again)


def lose_hub(world: World, hub: HubBox, seconds: float, backup: bytes | None) -> None:
    """A hub's disk is lost; a new hub takes its place from head office, or from a backup and head office."""
    world.strike("hub's disk lost" if backup is None else "hub restored from a backup", hub.name)
    world.learn(hub)
    world.truth.unasked |= hub.bank.requests.keys()
    hub.lose(backup)
    note_gone(world)
    world.time.after(seconds, hub.start_again)


def lose_office(world: World, backup: bytes) -> None:
    """Head office's disk is lost, and this backup put in its place."""
    world.strike("HQ restored from a backup", world.office.name)
    was_up = world.office.up
    world.office.stop()
    world.office.restore(backup)
    note_gone(world)
    if was_up:
        world.office.start()


def lost(world: World) -> frozenset[Place]:
    """What is at neither tier, of that which went with the last disk it was on."""
    found = {hub.store_id: _held(hub.disk, "outbox") for hub in world.hubs}
    upstairs = _held(world.office.disk, "ledger")
    return frozenset(
        place
        for place in world.truth.gone
        if place not in upstairs and place not in found[place[0].partition("/")[0]]
    )


def note_gone(world: World) -> None:
    """Note which facts are on no disk any more."""
    upstairs = _held(world.office.disk, "ledger")
    for hub in world.hubs:
        held = upstairs | _held(hub.disk, "outbox")
        world.truth.gone |= {place for place in _made(world, hub.name) if place not in held}
        for till in (till for till in world.tills if till.hub is hub):
            world.truth.gone |= {
                place
                for place in _made(world, till.name)
                if place not in held and (till.lost or not till.holds(place[1]))
            }


def _made(world: World, origin: str) -> set[Place]:
    return {(origin, sequence) for sequence in world.truth.made.get(origin, {})}


def _held(disk: Disk, table: str) -> set[Place]:
    held = {(origin, sequence) for origin, sequence in disk.rows(f"SELECT origin, sequence FROM {table}")}
    for (payload,) in disk.rows("SELECT payload FROM set_aside"):
        body = orjson.loads(payload)
        held.add((body.get("origin"), body.get("sequence")))
    return held
