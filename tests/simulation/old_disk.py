"""A till that is started from an image of its disk: an older one than what its hub knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from terminal.till.old_disk import Place
from tests.simulation.hub import PATIENCE_SECONDS
from tests.simulation.losses import note_gone

if TYPE_CHECKING:
    from tests.simulation.till import TillBox
    from tests.simulation.world import World

TRIES = 10
"""How often it is looked whether the hub has everything."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an image holds: the numbers behind `begins` (a number and a hash) up to and with `last`."""

    begins: tuple[int, str]
    last: int

    def __contains__(self, sequence: int) -> bool:
        """Whether the number is on the image."""
        return self.begins[0] < sequence <= self.last


@dataclass(frozen=True, slots=True)
class Image:
    """A till's files, what they hold, and how many disks the till had had by then."""

    files: dict[str, bytes]
    kept: Kept
    disks: int


def image_of(till: TillBox) -> Image | None:
    """An image of a till's disk, made when nobody is served; a till has an old disk once at most."""
    if not till.up or till.customer is not None or till.kept is not None:
        return None
    files = till.disk.image()
    return Image(files, Kept(till.begins, till.last_sequence()), till.disks)


def swap_in(world: World, till: TillBox, image: Image, tries: int = TRIES) -> None:
    """Put an image in the place of a till's disk, once its hub has all that is not on it.

    What the hub had not would be sold under the same numbers once more and rightly be left to a person.
    """
    if till.disks != image.disks or till.kept is not None or not tries:
        return
    if not (till.up and till.hub.up and till.is_level()):
        world.time.after(PATIENCE_SECONDS, lambda: swap_in(world, till, image, tries - 1))
        return
    world.strike("till on an old disk", till.name)
    till.set_back(image)
    note_gone(world)
    world.time.after(PATIENCE_SECONDS, till.start_again)


def come_in(till: TillBox) -> None:
    """What every request needs: a token, and with it how far the hub is. Raises `Outage`."""
    journal = till.journal
    assert journal is not None
    place = Place.from_body(till.upward.place())
    found = journal.set_straight(place, till.clock())
    head = journal.head
    if found is not None and till.kept is None:
        till.world.violated("a till on its own disk is not set back", f"{till.name}: {found}")
    if not till.begins_known:
        till.begins, till.begins_known = (head.sequence, head.hash), True
        # A hub that was lost meanwhile may never have heard of the newest: then nobody knows of them.
        till.world.truth.forget(till.name, head.sequence)
        till.world.note(f"{till.name} goes on behind {head.sequence}")
