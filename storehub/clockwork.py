"""What the hub does again and again, beside its doors: stock rolled up, payments followed, tidying."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import structlog
from sqlalchemy.exc import SQLAlchemyError

from courier import outbox
from courier.aside import first_undecided
from courier.skew import may_forget
from retail.refusal import Refusal
from storehub.api.hub import Hub
from storehub.api.money import refreshed
from storehub.backup import Keeper
from storehub.baskets.commands import forget as forget_baskets
from storehub.database import courier, idempotency_keys
from storehub.members.commands import let_go_of_claims
from storehub.payments.queries import FOLLOWED_AT_ONCE, Ask, pending_apart
from storehub.payments.tables import RequestState
from storehub.people.succession import tell_again
from storehub.sales.commands import give_up_drafts
from storehub.sales.differences import tell_differences
from storehub.sales.review import review
from storehub.shifts.queries import first_of_open_shifts
from storehub.stock.commands import roll_up
from storehub.waiting import Waiting

log = structlog.get_logger(__name__)

ROLL_UP_SECONDS = 5
FOLLOW_SECONDS = 15
TELL_SECONDS = 10
BACKUP_SECONDS = 300
TIDY_SECONDS = 6 * 3600
BEAT_SECONDS = 1.0
FOLLOWED_AFTER = timedelta(seconds=60)
"""Until then whoever asked for the money asks for its state too (FR-1.3)."""
KEYS_KEPT = timedelta(days=7)
FACTS_KEPT = timedelta(days=90)
"""Head office may be restored from a backup that is this old (invariant 4)."""


class Clockwork:
    """A few jobs, one at a time; a job that fails is tried again at its next hour."""

    def __init__(
        self, hub: Hub, keeper: Keeper, waiting: Waiting, catches_up: Callable[[], bool] = lambda: False
    ) -> None:
        """`catches_up` gets what head office has more than we have; whether something came."""
        self._hub = hub
        self._catches_up = catches_up
        self.waiting = waiting
        self._keeper = keeper
        self._jobs: tuple[tuple[Callable[[], None], int], ...] = (
            (self.roll_up_stock, ROLL_UP_SECONDS),
            (self.review_promotions, ROLL_UP_SECONDS),
            (self.let_go_of_vouchers, ROLL_UP_SECONDS),
            (self.follow_payments, FOLLOW_SECONDS),
            (self.keep_announced, ROLL_UP_SECONDS),
            (self.apply_what_waited, ROLL_UP_SECONDS),
            (self.tell_head_office, TELL_SECONDS),
            (self.rejoin, TELL_SECONDS),
            (self.tell_differences, ROLL_UP_SECONDS),
            (self.back_up, BACKUP_SECONDS),
            (self.tidy, TIDY_SECONDS),
            (self.prune, TIDY_SECONDS),
        )
        self._followed_to: Ask | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        """Start in a thread of its own."""
        threading.Thread(target=self.run, args=(self._stop,), name="clockwork", daemon=True).start()

    def stop(self) -> None:
        """Stop; a job under way ends by itself."""
        self._stop.set()

    def run(self, stop: threading.Event) -> None:
        """Do each job at its beats until `stop` is set.

        Seconds are counted, not read off a clock: one that was an hour ahead and is set right would
        otherwise keep every job waiting for an hour (met under `make chaos`).
        """
        for beat in count(1):
            if stop.wait(BEAT_SECONDS):
                return
            for job, seconds in self._jobs:
                if beat % seconds == 0 and not stop.is_set():
                    _patiently(job)

    def roll_up_stock(self) -> None:
        """Add the newest movements to the levels."""
        with self._hub.engine.begin() as tx:
            roll_up(tx, self._hub.store_id, self._hub.clock())

    def back_up(self) -> None:
        """Make a backup if one is due; what fails is tried again at the next look."""
        self._keeper.look()

    def keep_announced(self) -> None:
        """Write down what the tills announced and have not sent."""
        with self._hub.engine.begin() as tx:
            self._hub.announced.keep(tx, self._hub.clock())

    def apply_what_waited(self) -> None:
        """Apply facts that came before their sale or shift, now that it is here."""
        self.waiting.apply_what_waited()

    def tell_head_office(self) -> None:
        """Let head office know which tills are enrolled, so that a new hub can take them over."""
        self._hub.link.tell_enrolments()

    def rejoin(self) -> None:
        """Get back what an old disk lacks, tills' new secrets among it."""
        if self._catches_up():
            self._hub.gate.forget()

    def review_promotions(self) -> None:
        """Compare what the tills sold since the last time with the hub's own promotions."""
        more = True
        while more:
            with self._hub.engine.begin() as tx:
                more = review(
                    tx,
                    self._hub.store_id,
                    self._hub.promotions.book,
                    self._hub.rules(tx).calendar,
                    self._hub.new_id,
                    self._hub.clock(),
                )

    def let_go_of_vouchers(self) -> None:
        """Free the vouchers that customers took back with them."""
        with self._hub.engine.begin() as tx:
            let_go_of_claims(tx, self._hub.clock())

    def follow_payments(self) -> None:
        """Ask for payments nobody asks for any more: money that comes late is found all the same."""
        with self._hub.engine.connect() as tx:
            pending = pending_apart(tx, self._hub.clock(), FOLLOWED_AFTER, self._followed_to)
        # Those that never end must not keep the newer ones from being asked about.
        self._followed_to = pending[-1] if len(pending) == FOLLOWED_AT_ONCE else None
        for request in pending:
            try:
                state = refreshed(self._hub, request).state
            except Refusal as refused:
                # Of a provider that the store has no more; the others' money still comes.
                log.warning("payment not followed", payment_id=str(request.payment_id), why=str(refused))
                continue
            if state is not RequestState.PENDING:
                log.info("payment settled late", payment_id=str(request.payment_id), state=state.value)

    def tell_differences(self) -> None:
        """Tell head office of sales at other prices than the hub's own; no cashier waits for it."""
        with self._hub.engine.begin() as tx:
            tell_differences(tx, self._hub.store_id, self._hub.new_id, self._hub.clock())

    def tidy(self) -> None:
        """Forget answers and baskets that nobody will ask for again, give up abandoned drafts, and have head
        office told of the enrolled tills once more."""
        at = self._hub.clock()
        old = idempotency_keys.c.created_at < at - KEYS_KEPT
        with self._hub.engine.begin() as tx:
            tx.execute(idempotency_keys.delete().where(old))
            forget_baskets(tx, at)
            abandoned = give_up_drafts(tx, at)
            tell_again(tx)
        if abandoned:
            log.info("abandoned drafts given up", count=abandoned)

    def prune(self) -> None:
        """Let go of envelopes that head office has had for long; what it has not stays, and by a clock that
        is far from head office's nothing is let go of. What waits for a decision keeps its place, and an open
        shift its facts."""
        if not may_forget(self._hub.link.skew_seconds):
            return
        before = self._hub.clock() - FACTS_KEPT
        pruned = outbox.PRUNED_AT_ONCE
        while pruned == outbox.PRUNED_AT_ONCE:
            with self._hub.engine.begin() as tx:
                needed = (first_undecided(tx, courier), first_of_open_shifts(tx))
                keep_from = min((first for first in needed if first is not None), default=None)
                pruned = outbox.prune(tx, courier, before, keep_from=keep_from)


def _patiently(job: Callable[[], None]) -> None:
    try:
        job()
    except SQLAlchemyError as away:
        log.warning("put off", job=job.__name__, error=type(away).__name__)
    except Exception:
        log.exception("stumbled", job=job.__name__)
