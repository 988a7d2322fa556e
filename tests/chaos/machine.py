"""What this machine allows: ports nobody else takes, small disks of our own (root only)."""

from __future__ import annotations

import ctypes
import os
import secrets
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

PORTS = range(20_000, 32_000)
"""Below those that Linux gives to outgoing connections."""
_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000


def own_mounts() -> bool:
    """Give this process and its children mounts of their own, which end with the last of them.

    False where that is not allowed (not root, a closed container, not Linux).
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        return False
    return _done("mount", "--make-rprivate", "/")


def own_network() -> bool:
    """Give this process and its children a network of their own, with nothing in it but a loopback.

    False where that is not allowed. Threads that run already keep the old one.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
        return False
    return network(up=True)


def network(*, up: bool) -> bool:
    """Take the loopback of our own network down, or bring it up again: connections that stand hear nothing
    meanwhile and go on afterwards, new ones find no way."""
    return _done("ip", "link", "set", "lo", "up" if up else "down")


def quiet_ports(count: int) -> range:
    """So many ports in a row that nothing uses, and that the kernel gives nobody while their program is dead.

    From a place of its own, because two runs on one machine would otherwise look at the same ones.
    """
    while True:
        first = secrets.randbelow(PORTS.stop - PORTS.start - count) + PORTS.start
        ports = range(first, first + count)
        if all(_is_free(port) for port in ports):
            return ports


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


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
