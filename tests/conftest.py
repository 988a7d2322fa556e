"""Tripwires for every test: the world is this machine, and a warning nobody declared is a failure."""

from __future__ import annotations

import ipaddress
import logging
import os
import sys
from collections.abc import Iterator

import pytest
import structlog

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

OURS = ("retail", "courier", "terminal", "storehub", "hq", "installer")


def _only_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: a test that reaches for another machine fails at once instead of depending on it."""
    if event not in ("socket.connect", "socket.sendto"):
        return
    address = arguments[1]
    if not isinstance(address, tuple):  # a Unix socket
        return
    host = str(address[0])
    if host in ("", "localhost") or ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        return
    raise PermissionError(f"a test tried to reach {host}; tests talk to this machine only")


sys.addaudithook(_only_this_machine)


class _Alarms(logging.Handler):
    """Keeps what our packages logged at warning or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in OURS:
            self.texts.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on a warning or error of ours that the test did not declare with `allow_log`."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.stdlib.render_to_log_kwargs,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(ignore_frame_names=["structlog"]),
        cache_logger_on_first_use=False,
    )
    alarms = _Alarms()
    logging.getLogger().addHandler(alarms)
    yield
    logging.getLogger().removeHandler(alarms)
    allowed = [str(text) for mark in request.node.iter_markers("allow_log") for text in mark.args]
    unexpected = [text for text in alarms.texts if not any(part in text for part in allowed)]
    if unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(unexpected), pytrace=False)
