"""The stage: the disks of a chain, made once a process and set anew for every world.

Every world begins with the same young chain: head office has published a small range of goods, and every
hub and till has heard of it, through the production code.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.simulation import hub, office
from tests.simulation.disk import Disk
from tests.simulation.goods import STORES_MAX, TILLS_MAX, first_news
from tests.simulation.till_disk import TillDisk

MEMORY = Path("/dev/shm")
"""A disk in memory, where the machine has one; the directory below it is ours."""


class Stage:
    """Disks for one head office and up to two stores with two tills each; close it after use."""

    def __init__(self) -> None:
        base = MEMORY if MEMORY.is_dir() else None
        self._home = Path(tempfile.mkdtemp(prefix="everopen-simulation-", dir=base))
        self.office = office.new_disk()
        self.hubs = [hub.new_disk() for _ in range(STORES_MAX)]
        self.tills = [
            [TillDisk(self._home / f"{store}" / f"{till}") for till in range(TILLS_MAX)]
            for store in range(STORES_MAX)
        ]
        self._images = {id(disk): disk.image() for disk in self._servers}
        self._files: dict[int, dict[str, bytes]] = {}
        self._be_born()

    def set(self, stores: int, tills: int) -> None:
        """Set the stage for a world of this size: every disk as the chain was when it was young."""
        for disk in (self.office, *self.hubs[:stores]):
            disk.before_commit = lambda: None
            disk.full = False
            disk.put_back(self._images[id(disk)])
        for store in self.tills[:stores]:
            for files in store[:tills]:
                files.before_commit = lambda: None
                files.put_back(self._files.get(id(files), {}))

    def close(self) -> None:
        """Remove the tills' files."""
        for store in self.tills:
            for files in store:
                files.release()
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def _servers(self) -> tuple[Disk, ...]:
        return (self.office, *self.hubs)

    def _be_born(self) -> None:
        from tests.simulation.listening import listening
        from tests.simulation.story import Story
        from tests.simulation.world import World

        def publish() -> None:
            world.office.publish(first_news())

        heard: list[str] = []
        with listening(heard):
            world = World(self, Story(0, STORES_MAX, TILLS_MAX, 1.0, ()))
            world.time.at(0.5, publish)
            broken = world.run()
        assert (broken, heard) == ([], [])
        self._images = {id(disk): disk.image() for disk in self._servers}
        self._files = {id(files): files.image() for store in self.tills for files in store}
