"""What each deed of a story does to a world."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from courier.feed import Change
from tests.simulation.box import Box
from tests.simulation.counter import bring_back, cancel, sign_in, turn_shift
from tests.simulation.goods import SKUS, price_change, twin_prices
from tests.simulation.losses import lose_hub, lose_office, lose_till
from tests.simulation.network import Link, PowerCut, Wrong
from tests.simulation.old_disk import image_of, swap_in
from tests.simulation.story import MESSAGES, Deed
from tests.simulation.till import Customer

if TYPE_CHECKING:
    from tests.simulation.hub import HubBox
    from tests.simulation.till import TillBox
    from tests.simulation.world import World

NEW_MACHINE_SECONDS = 20.0
AT_THE_COUNTER: dict[str, Callable[[TillBox, int], None]] = {
    "refund": bring_back,
    "void": cancel,
    "shift": turn_shift,
    "sign in": sign_in,
}


def do(world: World, deed: Deed) -> None:
    """Have a deed happen."""
    world.note(str(deed))
    DEEDS[deed.kind](world, deed)


def _till(world: World, deed: Deed) -> TillBox:
    return world.tills[deed.who % len(world.tills)]


def _hub(world: World, deed: Deed) -> HubBox:
    return world.hubs[deed.who % len(world.hubs)]


def _box(world: World, deed: Deed) -> Box:
    return world.boxes[deed.who % len(world.boxes)]


def _link(world: World, deed: Deed) -> Link:
    links = [*(hub.link for hub in world.hubs), *(till.link for till in world.tills)]
    return links[deed.who % len(links)]


def _until(world: World, deed: Deed) -> float:
    return world.time.seconds + deed.seconds


def _sell(world: World, deed: Deed) -> None:
    dice = random.Random(deed.size)
    wishes = [(dice.choice(SKUS), dice.randint(1, 3)) for _ in range(dice.randint(1, 3))]
    world.came += 1
    world.customers += 1
    _till(world, deed).serve(Customer(wishes, deed.kind))


def _price(world: World, deed: Deed) -> None:
    if deed.size % 2:
        changes = twin_prices(deed.size)
    else:
        changes = [price_change(deed.size, _hub(world, deed).store_id if deed.size % 4 else None)]
    if world.office.up:
        world.office.publish(changes)


def _setting(world: World, deed: Deed) -> None:
    body = {"name": "double_scan_seconds", "value": deed.size % 5}
    if world.office.up:
        world.office.publish([Change("setting", "double_scan_seconds", body)])


def _delivery(world: World, deed: Deed) -> None:
    hub = _hub(world, deed)
    if hub.up and not hub.disk.full:
        hub.adjust(SKUS[deed.size % len(SKUS)], 1 + deed.size % 24)


def _wrong(world: World, deed: Deed) -> None:
    _link(world, deed).wrong.append((Wrong(deed.kind), deed.seconds))


def _cut(world: World, deed: Deed) -> None:
    _link(world, deed).requests_cut_until = _until(world, deed)


def _cut_answers(world: World, deed: Deed) -> None:
    _link(world, deed).answers_cut_until = _until(world, deed)


def _flap(world: World, deed: Deed) -> None:
    link = _link(world, deed)
    link.flaps_until, link.flap_seconds = _until(world, deed), 1.0 + deed.size % 20


def _lose_pokes(world: World, deed: Deed) -> None:
    _link(world, deed).pokes_lost_until = _until(world, deed)


def _crash(world: World, deed: Deed) -> None:
    box = _box(world, deed)
    if box.up:
        world.strike("crash", box.name)
        raise PowerCut(box.name)


def _crash_before_commit(world: World, deed: Deed) -> None:
    _box(world, deed).plug.before_commit = True


def _crash_after_commit(world: World, deed: Deed) -> None:
    _box(world, deed).plug.after_commit = True


def _clock_jump(world: World, deed: Deed) -> None:
    box = _box(world, deed)
    ahead = (-86_400.0, -3_600.0, -90.0, 90.0, 3_600.0, 86_400.0)[deed.size % 6]
    world.strike("clock put back" if ahead < 0 else "clock put forward", box.name)
    box.clock.ahead_seconds += ahead


def _fill_till(world: World, deed: Deed) -> None:
    till = _till(world, deed)
    till.fill(True)
    world.strike("till's disk full", till.name)
    world.time.after(deed.seconds, lambda: till.fill(False))


def _fill_hub(world: World, deed: Deed) -> None:
    hub = _hub(world, deed)
    hub.fill(True)
    world.strike("hub's disk full", hub.name)
    world.time.after(deed.seconds, lambda: hub.fill(False))


def _new_fact(world: World, deed: Deed) -> None:
    till = _till(world, deed)
    if till.up and not till.full:
        world.strike("fact of a new kind", till.name)
        till.seal_stranger()


def _new_news(world: World, deed: Deed) -> None:
    if world.office.up:
        world.strike("news of a new kind", "HQ")
        world.office.publish([Change("weather", f"today {deed.size % 3}", {"degrees": deed.size % 40})])


def _deploy(world: World, _deed: Deed) -> None:
    """A new version of head office's program: it stops, is away for a while, starts and knows more news."""
    if world.office.up:
        world.strike("HQ deployed", "HQ")
        world.time.after(25.0, lambda: _new_news(world, _deed))
        raise PowerCut("HQ")


def _restore_office(world: World, deed: Deed) -> None:
    """Back up now; the disk is lost after a while, and that backup put in its place."""
    backup, office = world.office.disk.image(), world.office.disks
    hubs = [hub.disks for hub in world.hubs]

    def lose() -> None:
        # Of a life that had ended before a hub lost its disk: its numbers were given out once more since, and
        # to bring it back is to have two histories, which are a person's to part.
        if world.office.disks == office or [hub.disks for hub in world.hubs] == hubs:
            lose_office(world, backup)

    world.time.after(deed.seconds, lose)


def _restore_hub(world: World, deed: Deed) -> None:
    """As with head office, but it catches up with what head office has heard since."""
    hub = _hub(world, deed)
    if not hub.lost:
        backup = hub.disk.image()
        world.time.after(deed.seconds, lambda: lose_hub(world, hub, NEW_MACHINE_SECONDS, backup))


def _lose_till(world: World, deed: Deed) -> None:
    """Its disk, at once or when it has been cut off for a while: then what it sold meanwhile is gone."""
    till = _till(world, deed)
    if deed.size % 2:
        lose_till(world, till, deed.seconds)
    else:
        till.link.requests_cut_until = _until(world, deed)
        world.time.after(deed.seconds, lambda: lose_till(world, till, NEW_MACHINE_SECONDS))


def _old_till_disk(world: World, deed: Deed) -> None:
    """An image of its disk is made now, and put in the disk's place after a while."""
    till = _till(world, deed)
    image = image_of(till)
    if image is not None:
        world.time.after(deed.seconds, lambda: swap_in(world, till, image))


def _lose_hub(world: World, deed: Deed) -> None:
    hub = _hub(world, deed)
    if deed.size % 2:
        lose_hub(world, hub, deed.seconds, None)
    else:
        hub.link.requests_cut_until = _until(world, deed)
        world.time.after(deed.seconds, lambda: lose_hub(world, hub, NEW_MACHINE_SECONDS, None))


def _at_the_counter(world: World, deed: Deed) -> None:
    till = _till(world, deed)
    if till.serves:
        AT_THE_COUNTER[deed.kind](till, deed.size)


def _printer_off(world: World, deed: Deed) -> None:
    world.strike("printer off", _hub(world, deed).name)
    _hub(world, deed).printer.off_until = _until(world, deed)


def _printer_dies(world: World, deed: Deed) -> None:
    world.strike("printer dies in a receipt", _hub(world, deed).name)
    _hub(world, deed).printer.dies_in_receipt = True


def _bank_silent(world: World, deed: Deed) -> None:
    world.strike("bank silent", _hub(world, deed).name)
    _hub(world, deed).bank.silent_until = _until(world, deed)


def _bank_late(world: World, deed: Deed) -> None:
    world.strike("bank late", _hub(world, deed).name)
    _hub(world, deed).bank.late = True


DEEDS: dict[str, Callable[[World, Deed], None]] = {
    "cash": _sell,
    "qr": _sell,
    "mixed": _sell,
    "price": _price,
    "setting": _setting,
    "delivery": _delivery,
    **dict.fromkeys(AT_THE_COUNTER, _at_the_counter),
    **dict.fromkeys(MESSAGES, _wrong),
    "cut": _cut,
    "cut answers": _cut_answers,
    "flapping": _flap,
    "pokes lost": _lose_pokes,
    "crash": _crash,
    "crash before commit": _crash_before_commit,
    "crash after commit": _crash_after_commit,
    "clock jump": _clock_jump,
    "disk full": _fill_till,
    "hub disk full": _fill_hub,
    "new kind of fact": _new_fact,
    "new kind of news": _new_news,
    "deploy": _deploy,
    "restore HQ": _restore_office,
    "restore hub": _restore_hub,
    "till disk lost": _lose_till,
    "old till disk": _old_till_disk,
    "hub disk lost": _lose_hub,
    "printer off": _printer_off,
    "printer dies": _printer_dies,
    "bank silent": _bank_silent,
    "bank late": _bank_late,
}


STRIKES = frozenset(
    {
        *MESSAGES,
        "cut off",
        "answers cut off",
        "flapping",
        "poke lost",
        "crash",
        "crash before commit",
        "crash after commit",
        "clock put back",
        "clock put forward",
        "disk full",
        "till's disk full",
        "till's disk lost",
        "till on an old disk",
        "hub's disk full",
        "hub's disk lost",
        "hub restored from a backup",
        "HQ restored from a backup",
        "HQ deployed",
        "fact of a new kind",
        "news of a new kind",
        "printer off",
        "printer dies in a receipt",
        "bank silent",
        "bank late",
    }
)
"""How the faults are called when they strike; a deed that finds nobody to hurt is not counted."""
