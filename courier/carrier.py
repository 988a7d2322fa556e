"""The carrier: the threads that keep one program connected to the side above it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import Connection, Engine

from courier.follower import FollowerPolicy
from courier.link import LinkPolicy, LinkState
from courier.loops import FollowerLoop, SenderLoop
from courier.news import NewsPage
from courier.pacing import Dice
from courier.remote import Remote
from courier.sender import SenderPolicy
from courier.tables import CourierTables
from courier.watch import Clock, LinkReport, LinkWatch, PingLoop, PokeLoop

JOIN_SECONDS = 15.0


class Carrier:
    """Facts up, news down, pokes heard, link watched: four loops over one client.

    `start` runs each in a thread. A simulation does not start it: it steps `sender`, `follower` and
    `ping` itself (`courier.stepping`) and calls `poked` for every poke that its network delivers, `open`
    for a stream that has come to stand.

    `engine` holds the outbox; `news_engine` what news is applied to, where that is another database.
    `apply` puts a page of news into the program's own tables, in the transaction that also moves the
    cursor; `applied` is called after its commit; `on_state` hears every change of the link or the
    queue; `on_poke` hears every poke by name, after the carrier has acted on it. All of them are
    called from the carrier's threads, or from the step that brought it about. `skew` tells how far the
    other side's clock is ahead of ours, in seconds.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        tables: CourierTables,
        client: Remote,
        clock: Clock,
        dice: Dice,
        apply: Callable[[Connection, NewsPage], None],
        news_engine: Engine | None = None,
        applied: Callable[[NewsPage], None] | None = None,
        on_state: Callable[[LinkReport], None] | None = None,
        on_poke: Callable[[str], None] | None = None,
        link_policy: LinkPolicy | None = None,
        sender_policy: SenderPolicy | None = None,
        follower_policy: FollowerPolicy | None = None,
        skew: Callable[[], float | None] = lambda: None,
        name: str = "courier",
    ) -> None:
        self._client = client
        self._on_state = on_state
        self._on_poke = on_poke
        self._name = name
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._last_state = LinkState.DOUBTFUL
        self._link = LinkWatch(clock, self._state_changed, link_policy, skew)
        self.sender = SenderLoop(
            engine=engine,
            tables=tables,
            client=client,
            clock=clock,
            dice=dice,
            link=self._link,
            policy=sender_policy,
        )
        self.follower = FollowerLoop(
            engine=news_engine or engine,
            tables=tables,
            client=client,
            clock=clock,
            dice=dice,
            link=self._link,
            apply=apply,
            applied=applied,
            policy=follower_policy,
        )
        self._pokes = PokeLoop(client=client, dice=dice, link=self._link, on_poke=self.poked)
        self.ping = PingLoop(client=client, clock=clock, link=self._link)

    @property
    def report(self) -> LinkReport:
        """The link and the queue as they are now."""
        return self._link.report

    def start(self) -> None:
        """Start the threads; they are daemons, so that a program that crashes is not held up."""
        for part, loop in (
            ("sender", self.sender),
            ("follower", self.follower),
            ("pokes", self._pokes),
            ("ping", self.ping),
        ):
            thread = threading.Thread(
                target=loop.run, args=(self._stop,), name=f"{self._name}-{part}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End the threads; what a request under way was about stays in the outbox if unanswered."""
        self._stop.set()
        for loop in (self.sender, self.follower, self._pokes, self.ping):
            loop.wake()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)
        self._threads.clear()

    def facts_waiting(self) -> None:
        """New facts are committed to the outbox."""
        self.sender.wake()

    def news_waiting(self) -> None:
        """There may be news."""
        self.follower.wake()

    def try_now(self) -> None:
        """End every wait: the network changed, or a person says so."""
        for loop in (self.sender, self.follower, self._pokes, self.ping):
            loop.try_now()

    def poked(self, name: str) -> None:
        """The other side poked; `open`: its stream stands."""
        self.follower.wake()
        if name == "open":
            self.sender.try_now()
        if self._on_poke is not None and name != "open":
            self._on_poke(name)

    def _state_changed(self, report: LinkReport) -> None:
        back, self._last_state = self._last_state is not LinkState.ONLINE, report.state
        if back and report.state is LinkState.ONLINE and not self._link.flaps:
            # Where some requests are answered and others fail (a receiver whose disk is full), each answer
            # would end the wait after the last failure: back-offs count as soon as the link flaps.
            self.sender.try_now()
            self._pokes.try_now()
            self.follower.try_now()
        elif report.state is LinkState.DOUBTFUL:
            self.ping.wake()
        if self._on_state is not None:
            self._on_state(report)
