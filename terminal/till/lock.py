"""One program per till: a second one in the same data directory is told so and goes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from retail.refusal import Refusal

FILE_NAME = "till.lock"


class TillInUse(Refusal):
    """Another program has this till open (`data_dir`)."""

    code = "till-in-use"


class TillLock:
    """Held from construction to `close`, or to the end of the process, however it ends."""

    def __init__(self, data_dir: Path) -> None:
        """Raises `TillInUse`."""
        self._descriptor = os.open(data_dir / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(self._descriptor)
        except OSError:
            os.close(self._descriptor)
            raise TillInUse(data_dir=str(data_dir)) from None

    def close(self) -> None:
        """Let the next program in."""
        os.close(self._descriptor)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
