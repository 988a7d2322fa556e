"""Server processes that an earlier, killed run left behind on a data directory (Linux).

Known by their command lines, which everybody may read: the server is started with a `cluster_name` made
of the directory's device and inode, and Postgres repeats it in the title of each of its processes.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path


def mark(data: Path) -> str:
    """The `cluster_name` of a server on this data directory."""
    here = data.stat()
    return f"everopen_{here.st_dev:x}_{here.st_ino:x}"


def leftovers(data: Path) -> list[int]:
    """Ids of the processes of any server on this data directory, run by the directory's owner."""
    name, owner = mark(data).encode(), data.stat().st_uid
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            words = (process / "cmdline").read_bytes()
            ours = words.startswith(b"postgres: " + name) or b"cluster_name=" + name in words.split(b"\0")
            if ours and process.stat().st_uid == owner:
                found.append(int(process.name))
    return found


def end_leftovers(data: Path, patience_seconds: float) -> None:
    """End them, gently first.

    Then the pid file says nothing any more, but the number in it may be that of somebody else's process
    by now, and Postgres would refuse to start: it is removed.
    """
    if sys.platform != "linux":
        return
    for last_word in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        for pid in leftovers(data):
            with suppress(ProcessLookupError):
                os.kill(pid, last_word)
        deadline = time.monotonic() + patience_seconds
        while leftovers(data) and time.monotonic() < deadline:
            time.sleep(0.02)
    (data / "postmaster.pid").unlink(missing_ok=True)
