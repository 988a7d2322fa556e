"""Which faults there are, what of the chain each strikes, and which of them are there at once."""

from __future__ import annotations

from enum import Enum, auto

from tests.chaos.faults import (
    WEATHERS,
    Fault,
    bad_weather,
    clock_back,
    clock_back_offline,
    clock_forward,
    head_office_lost,
    hq_clock_back,
    hq_clock_forward,
    hq_frozen,
    hq_killed,
    hq_postgres_killed,
    hub_clock_back,
    hub_clock_forward,
    hub_dies_of_full_disk,
    hub_disk_full,
    hub_frozen,
    hub_killed,
    hub_lost,
    hub_postgres_killed,
    network_down,
    power_cut,
    till_disk_full,
    till_killed,
    till_lost,
    till_on_old_disk,
)


class Part(Enum):
    """What of the chain a fault strikes; two that strike different parts can be there at once."""

    TILL = auto()
    TILL_WIRE = auto()
    HUB = auto()
    HUB_WIRE = auto()
    HEAD_OFFICE = auto()


_BY_PART: dict[tuple[Part, ...], dict[str, Fault]] = {
    (Part.TILL,): {
        "till killed": till_killed,
        "till's clock back": clock_back,
        "till's clock forward": clock_forward,
        "till disk full": till_disk_full,
    },
    (Part.TILL_WIRE,): {f"till-hub {name}": bad_weather(name, up=False) for name in WEATHERS},
    (Part.TILL, Part.TILL_WIRE): {"till cut off and clock back": clock_back_offline},
    (Part.HUB,): {
        "hub killed": hub_killed,
        "hubs' Postgres killed": hub_postgres_killed,
        "hub frozen": hub_frozen,
        "hub's clock back": hub_clock_back,
        "hub's clock forward": hub_clock_forward,
        "hubs' disk full": hub_disk_full,
        "hubs' disk full and Postgres killed": hub_dies_of_full_disk,
    },
    (Part.HUB_WIRE,): {f"hub-HQ {name}": bad_weather(name, up=True) for name in WEATHERS},
    (Part.HEAD_OFFICE,): {
        "head office killed": hq_killed,
        "head office's Postgres killed": hq_postgres_killed,
        "head office frozen": hq_frozen,
        "head office's clock back": hq_clock_back,
        "head office's clock forward": hq_clock_forward,
    },
    # A person at work needs the rest of the chain, and these leave nothing of it.
    tuple(Part): {
        "power cut": power_cut,
        "till lost with its disk": till_lost,
        "till on an old disk": till_on_old_disk,
        "hub lost with its disk": hub_lost,
        "head office restored": head_office_lost,
        "network down": network_down,
    },
}
FAULTS = {name: fault for faults in _BY_PART.values() for name, fault in faults.items()}
PARTS = {name: frozenset(parts) for parts, faults in _BY_PART.items() for name in faults}


def next_together(deck: list[str]) -> list[str]:
    """Take the last fault of a deck, and the next one before it that strikes other parts, if there is one.

    From the tills upwards: a till's disk needs seconds to be full, and nothing else is broken meanwhile.
    """
    first = deck.pop()
    for place in reversed(range(len(deck))):
        if PARTS[first].isdisjoint(PARTS[deck[place]]):
            return sorted((first, deck.pop(place)), key=lambda name: min(part.value for part in PARTS[name]))
    return [first]
