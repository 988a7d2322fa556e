"""The till's lifeline to its hub: facts up, news down, and the file kept tidy, all beside the sales."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from courier import cursor, outbox
from courier.carrier import Carrier
from courier.chain import ChainHead
from courier.client import HUB_PATHS, CourierClient
from courier.link import LinkPolicy, LinkState
from courier.news import NewsPage
from courier.outage import Outage, Rejected
from courier.pacing import Dice
from courier.skew import may_forget
from courier.watch import LinkReport
from retail.refusal import Refusal
from terminal.hub import HubClient
from terminal.lookout import Lookout
from terminal.sync_state import TILL_REPLACED, TILL_SET_BACK, SyncState
from terminal.till import left_codes, news
from terminal.till.catalogue import Catalogue
from terminal.till.disk import checkpoint
from terminal.till.journal import Journal
from terminal.till.old_disk import TEXTS, UNTOLD, Place
from terminal.till.retention import let_go
from terminal.till.seal import PeopleSeal

log = structlog.stdlib.get_logger("terminal.lifeline")

Clock = Callable[[], datetime]

TIDY_SECONDS = 1.0
LOG_BYTES_SOFT = 1_000_000
"""A write-ahead log this long is moved into the file as soon as nobody sells."""
LOG_BYTES_HARD = 16_000_000
"""A write-ahead log this long is moved into the file even in the middle of a rush."""
FACTS_KEPT = timedelta(days=30)
"""The hub may be restored from a backup that is this old (invariant 4)."""
PRUNE_BEATS = 3_600
"""Beats are counted (`TIDY_SECONDS` each): a clock that is put back would make a day of an hour."""
HAND_IN_BEATS = 10
FOLLOW_BEATS = 10
HANDED_IN_AT_ONCE = 100
PRUNED_AT_ONCE = 50
"""So few that a sale which comes just then does not wait for it."""
POLL_SECONDS = 0.05
PROBE_SECONDS = 0.5
FIRST_NEWS_SECONDS = 2.0


class Lifeline:
    """Keeps the till in touch with its hub from `start` to `stop`, whatever the network does.

    Listeners are called from its threads, with a `SyncState` after every change.
    """

    def __init__(
        self,
        journal: Journal,
        catalogue: Catalogue,
        hub: HubClient,
        *,
        hub_url: str,
        clock: Clock,
        dice: Dice,
        lookout: Lookout | None = None,
        ca_file: str | None = None,
    ) -> None:
        """`lookout` is told when the hub pokes or is back; it starts and stops with the lifeline."""
        self._lookout = lookout
        self._link = LinkState.DOUBTFUL
        if lookout is not None:
            lookout.listen(lambda: self._tell(self._carrier.report))
        self._clock = clock
        self._journal = journal
        self._catalogue = catalogue
        self._client = CourierClient(
            hub_url,
            hub.token,
            HUB_PATHS,
            renew=hub.renew,
            announce=self._head,
            ca_file=ca_file,
            clock=clock,
        )
        self._hub = hub
        self._facts: Engine = journal.sender_engine()
        self._news: Engine = catalogue.follower_engine()
        self._listeners: list[Callable[[SyncState], None]] = []
        self._stop = threading.Event()
        self._applied = threading.Event()
        self._sold_lately = threading.Event()
        self._set_back = False
        hub.tell_place(lambda: self._head().sequence, self._placed)
        self._tidy = threading.Thread(target=self._keep_tidy, name="till-tidy", daemon=True)
        rules = catalogue.rules()
        self._carrier = Carrier(
            engine=self._facts,
            news_engine=self._news,
            tables=journal.tables,
            client=self._client,
            clock=clock,
            dice=dice,
            apply=partial(_apply, catalogue.seal),
            applied=self._news_applied,
            on_state=self._linked,
            on_poke=lambda _name: lookout.look_soon() if lookout else None,
            link_policy=LinkPolicy(ping_seconds=rules.ping_seconds, misses_max=rules.ping_misses),
            skew=lambda: self._client.skew_seconds,
            name="till",
        )

    @property
    def state(self) -> SyncState:
        """How the till stands with its hub now."""
        return self._state_of(self._carrier.report)

    def listen(self, changed: Callable[[SyncState], None]) -> None:
        """Call `changed` with the state after every change, from a thread of the lifeline."""
        self._listeners.append(changed)

    def start(self) -> None:
        """Start sending and following."""
        self._carrier.start()
        self._tidy.start()
        if self._lookout is not None:
            self._lookout.start()

    def stop(self) -> None:
        """End the threads; what is unsent stays in the journal. Does nothing the second time."""
        if self._stop.is_set():
            return
        self._stop.set()
        if self._lookout is not None:
            self._lookout.stop()
        self._carrier.stop()
        if self._tidy.is_alive():
            self._tidy.join()
        self._client.close()
        self._facts.dispose()
        self._news.dispose()

    def facts_waiting(self) -> None:
        """A sale was recorded: send it now."""
        self._sold_lately.set()
        self._carrier.facts_waiting()

    def try_now(self) -> None:
        """End every back-off: a person says so."""
        self._carrier.try_now()
        if self._lookout is not None:
            self._lookout.look_soon()

    def print_now(self) -> None:
        """Have the receipts printed that wait at the hub; raises `Outage` or `Rejected`."""
        self._hub.print_now()
        if self._lookout is not None:
            self._lookout.look_soon()

    def unsent(self) -> int:
        """How many facts the hub has not acknowledged, by the journal."""
        with outbox.reading(self._facts) as tx:
            return outbox.backlog(tx, self._journal.tables).length

    def wait_until_sent(self, timeout_seconds: float) -> bool:
        """Whether the hub has acknowledged everything within the time."""
        deadline = self._deadline(timeout_seconds)
        self._carrier.facts_waiting()
        while self.unsent():
            if self._clock() >= deadline or self._stop.wait(POLL_SECONDS):
                return self.unsent() == 0
        return True

    def wait_for_news(self, timeout_seconds: float) -> bool:
        """Whether the catalogue has caught up with the hub's newest version within the time."""
        deadline = self._deadline(timeout_seconds)
        self._carrier.news_waiting()
        waited = False
        while True:
            self._applied.clear()
            version, _ = self._news_position()
            # While nothing has come yet, asking would fetch the whole catalogue a second time.
            if (version or waited) and self._is_current(version):
                return True
            if self._clock() >= deadline or self._stop.is_set():
                return False
            self._applied.wait(PROBE_SECONDS if waited else FIRST_NEWS_SECONDS)
            waited = True

    def _head(self) -> ChainHead:
        """What every request announces; a disk that fails now does not stop what is asked."""
        try:
            return self._journal.head
        except Refusal:
            return ChainHead(self._journal.origin)

    def _deadline(self, timeout_seconds: float) -> datetime:
        return self._clock() + timedelta(seconds=timeout_seconds)

    def _is_current(self, version: int) -> bool:
        try:
            page = self._client.news(version)
        except (Outage, Rejected):
            return False
        return page.current_version == version and not page.more

    def _news_applied(self, _page: NewsPage) -> None:
        # The book of promotions is made here, so that no scan waits for it; a disk that fails says so there.
        with suppress(Refusal):
            self._catalogue.promotions()
        self._applied.set()
        self._tell(self._carrier.report)
        # The screen has the new prices; moving them from the log into the file is nobody's hurry.
        self._checkpoint(self._news)

    def _linked(self, report: LinkReport) -> None:
        """A hub that is back is asked at once what has changed meanwhile."""
        back = report.state is LinkState.ONLINE and self._link is not LinkState.ONLINE
        self._link = report.state
        if back and self._lookout is not None:
            self._lookout.look_soon()
        self._tell(report)

    def _tell(self, report: LinkReport) -> None:
        """Nothing that goes wrong in telling may end the thread that sends."""
        try:
            state = self._state_of(report)
            for changed in self._listeners:
                changed(state)
        except SQLAlchemyError as broken:
            log.warning("journal not readable", error=str(broken))
        except Exception:
            log.exception("sync state not told")

    def _state_of(self, report: LinkReport) -> SyncState:
        version, news_at = self._news_position()
        tables, head, lookout = self._journal.tables, self._head(), self._lookout
        with outbox.reading(self._facts) as tx:
            waiting = outbox.backlog(tx, tables)
        return SyncState(
            link=report.state,
            since=report.since,
            last_heard_at=report.last_heard_at,
            unsent=waiting.length,
            oldest_at=waiting.oldest_at,
            news_version=version,
            news_at=news_at,
            trouble=self._trouble(report),
            news_trouble=report.news_trouble,
            clock_skew_seconds=report.skew_seconds,
            sequence=head.sequence,
            head_hash=head.hash,
            status=lookout.status if lookout else None,
            update=lookout.update if lookout else "",
            block_hours=self._block_hours(),
        )

    def _block_hours(self) -> int:
        try:
            return self._catalogue.rules().offline_block_hours
        except Refusal:
            return 0

    def _trouble(self, report: LinkReport) -> str | None:
        if self._hub.replaced:
            return TILL_REPLACED
        return report.trouble or (TILL_SET_BACK if self._set_back else None)

    def _placed(self, place: Place) -> None:
        """The hub has said how far it is with us. A disk that fails now says so at the next sale."""
        with suppress(Refusal):
            found = self._journal.set_straight(place, self._clock())
            if found is not None:
                log.error(
                    "started from an old copy of the disk",
                    journal_ended_at=found.sequence,
                    hub_has=found.known,
                    given_twice=found.given_twice,
                )
                self._set_back = True

    def _hand_in(self) -> None:
        """Bring the hub what was sold on an old disk under numbers given out before."""
        for numbers in self._untold():
            texts = [row[0] for row in self._journal.rows(TEXTS, numbers)]
            for start in range(0, len(texts), HANDED_IN_AT_ONCE):
                self._hub.hand_in(texts[start : start + HANDED_IN_AT_ONCE])
            self._journal.handed_in(numbers, self._clock())
            self._set_back = True

    def _untold(self) -> list[tuple[int, int]]:
        return [(first, last) for first, last in self._journal.rows(UNTOLD)]

    def _news_position(self) -> tuple[int, datetime | None]:
        cursors = self._catalogue.tables.sync_cursors
        with outbox.reading(self._news) as tx:
            row = tx.execute(
                select(cursors.c.cursor_value, cursors.c.updated_at).where(
                    cursors.c.cursor_name == cursor.NEWS
                )
            ).one_or_none()
        return (row.cursor_value, row.updated_at) if row else (0, None)

    def _keep_tidy(self) -> None:
        """Checkpoints between sales, on a connection of their own: no sale ever waits for one."""
        log_file = self._journal.log_file
        prune_at = hand_in_at = follow_at = 0
        for beat in count():
            if self._stop.wait(TIDY_SECONDS):
                return
            selling = self._sold_lately.is_set()
            self._sold_lately.clear()
            if not selling and beat >= prune_at and not self._prune():
                prune_at = beat + PRUNE_BEATS
            if beat >= hand_in_at and self._carrier.report.state is LinkState.ONLINE:
                hand_in_at = beat + HAND_IN_BEATS
                try:
                    self._hand_in()
                except (Outage, Rejected, Refusal) as away:
                    log.warning("facts of an old disk wait", reason=str(away))
            if beat >= follow_at and self._carrier.report.state is LinkState.ONLINE:
                follow_at = beat + FOLLOW_BEATS
                try:
                    left_codes.follow(self._journal, self._hub, self._clock())
                except (Outage, Rejected, Refusal) as away:
                    log.info("codes that were left are not followed now", reason=str(away))
            size = _size(log_file)
            if size > LOG_BYTES_HARD or (size > LOG_BYTES_SOFT and not selling):
                self._checkpoint(self._facts)

    def _prune(self) -> bool:
        """Let go of some facts that the hub has had for long; whether there are more."""
        try:
            if self._untold() or not may_forget(self._client.skew_seconds):
                return False
            with self._facts.begin() as tx:
                pruned = let_go(tx, self._clock() - FACTS_KEPT, PRUNED_AT_ONCE)
        except (SQLAlchemyError, Refusal) as broken:
            log.warning("old facts not removed", error=str(broken))
            return False
        return pruned == PRUNED_AT_ONCE

    def _checkpoint(self, engine: Engine) -> None:
        """A disk that is full now may have room at the next try."""
        try:
            with engine.connect() as connection:
                checkpoint(connection)
        except (SQLAlchemyError, sqlite3.Error) as broken:
            log.warning("no checkpoint", error=str(broken))


def _apply(seal: PeopleSeal, tx: Connection, page: NewsPage) -> None:
    driver = tx.connection.driver_connection
    assert driver is not None
    pieces = [*page.news, *news.gone(driver, page)] if page.whole else page.news
    news.apply(driver, pieces, seal)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
