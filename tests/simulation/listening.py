"""What the programs log while a world is run: nobody reads it, but for bugs that they swallowed."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, NoReturn

import structlog

BUGS_SWALLOWED = frozenset(
    {"sender stumbled", "follower stumbled", "ping stumbled", "fact could not be entered"}
)
"""What the loops log, and then go on, when something was raised that nobody had thought of."""


@contextmanager
def listening(heard: list[str]) -> Iterator[None]:
    """Keep quiet about everything but bugs that production swallowed, which are put into `heard`."""

    def hear(_logger: object, _name: str, event: MutableMapping[str, Any]) -> NoReturn:
        if event.get("event") in BUGS_SWALLOWED:
            heard.append(f"{event['event']}: {event.get('exc_info')}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.StackInfoRenderer(), structlog.dev.set_exc_info, hear],
        wrapper_class=structlog.make_filtering_bound_logger(40),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)
