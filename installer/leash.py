"""A child that ends when we end, even by `kill -9`."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec is no time to load anything.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def leash(last_word: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """`preexec_fn` for a child that gets `last_word` from the kernel when this process ends.

    Linux only; elsewhere None, and a child outlives a killed parent. The kernel watches the *thread*
    that starts the child: start children on a thread that lives as long as they should.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def hold() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(last_word), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the kernel was asked
            os._exit(1)

    return hold
