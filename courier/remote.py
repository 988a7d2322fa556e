"""The other side of both pipes, as the loops see it: what a transport has to offer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from courier.beginning import Beginning
from courier.news import NewsPage
from courier.verdict import Verdict


class Remote(Protocol):
    """The other side of both pipes (`courier.client.CourierClient`); every call may raise `Outage` or
    `Rejected`."""

    def post(self, from_position: int, texts: Sequence[str]) -> Verdict:
        """Send sealed envelopes."""

    def cursor(self) -> int:
        """The position at which it wants us to go on."""

    def begin(self, beginning: Beginning) -> int:
        """Say that we have nothing before this; the position at which it wants us to go on then."""

    def news(self, after: int) -> NewsPage:
        """A page of news."""

    def ping(self) -> None:
        """Return when it is ready."""

    def pokes(self) -> Iterator[str]:
        """Its pokes, `open` first."""

    def hang_up(self) -> None:
        """End the stream of pokes."""
