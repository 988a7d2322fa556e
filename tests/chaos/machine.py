"""What this machine allows: small disks of our own (root only), a library that bends time."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_CLONE_NEWNS = 0x00020000
FAKETIME = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
)


def own_mounts() -> bool:
    """Give this process and its children mounts of their own, which end with the last of them.

    False where that is not allowed (not root, a closed container, not Linux).
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        return False
    return _done("mount", "--make-rprivate", "/")


def faketime() -> Path | None:
    """libfaketime, if it is installed."""
    found = [file for pattern in FAKETIME for file in Path("/").glob(pattern.lstrip("/"))]
    return found[0] if found else None


class SmallDisk:
    """A tmpfs of a size of its own, which can be filled to the last byte and emptied again."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self._megabytes = megabytes

    def mount(self) -> bool:
        """Put it in its place; whether this machine lets us."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        options = f"size={self._megabytes}m,mode=0700"
        return _done("mount", "-t", "tmpfs", "-o", options, "everopen-chaos", str(self.folder))

    def fill(self) -> None:
        """Leave no room; called again and again, it takes what has become free since."""
        for place in range(1000):
            file = self.folder / f"ballast_{place}"
            room = os.statvfs(self.folder)
            free = room.f_bfree * room.f_frsize
            if not free:
                return
            if file.exists():
                continue
            with suppress(OSError), file.open("wb") as ballast:
                os.posix_fallocate(ballast.fileno(), 0, free)

    def empty(self) -> None:
        """Give the room back."""
        for file in self.folder.glob("ballast_*"):
            file.unlink()

    def unmount(self) -> None:
        """Take it away with all that is on it."""
        _done("umount", "--lazy", str(self.folder))


def _done(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
