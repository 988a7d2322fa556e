"""The hub's view of this till's baskets, told beside the sale: one message at a time, the newest only.

Nothing here is waited for. A hub that is away hears of it when it is back; stock is then spoken for, and
parked baskets are there for other tills.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from courier.outage import Outage
from retail.basket import RungLine
from retail.refusal import Refusal
from terminal.checkout.port import HubBaskets, Till
from terminal.errands import Errands
from terminal.till.basket_copy import copy_of
from terminal.till.draft import Draft
from terminal.till.parking_slip import AtHub

NEVER_SENT = ("unreachable", "refused")
"""Reasons of an outage that say that the hub has not heard a word."""

Told = Callable[[UUID, Mapping[str, int]], None]


@dataclass(frozen=True, slots=True)
class _Message:
    """What is to be told: `begin` on the desk's thread, `job` off it, and what comes of it."""

    job: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    begin: Callable[[], None] = lambda: None
    lasting: bool = False
    """Told again when the hub is back; what is not lasting fails at once."""


class Mirror:
    """Tells the hub; every method is for the desk's thread."""

    def __init__(
        self,
        hub: HubBaskets | None,
        till: Till,
        errands: Errands,
        clock: Callable[[], datetime],
        cashier_id: str,
        told: Told,
    ) -> None:
        """Without a `hub` nobody is told anything. `told` hears what is left of the goods of a basket."""
        self._hub = hub
        self._till = till
        self._errands = errands
        self._clock = clock
        self._cashier_id = cashier_id
        self._told = told
        self._waiting: dict[tuple[str, UUID], _Message] = {}
        self._busy = False

    def show(self, draft: Draft, lines: Sequence[RungLine]) -> None:
        """The basket at the counter is this now."""
        if self._hub is not None:
            self._tell_copy(draft, lines)

    def forgotten(self, draft: Draft) -> bool:
        """Whether the hub that knows nothing of this parked basket is another than the one that had it: it
        has taken a lost one's place, and nobody else has the basket."""
        slip, hub = draft.slip, self._hub
        return hub is not None and slip is not None and bool(slip.life) and slip.life != hub.life

    def gone(self, sale_id: UUID) -> None:
        """The basket is given up."""
        hub = self._hub
        if hub is not None:
            message = _Message(lambda: hub.drop_basket(sale_id), _ignore, _ignore_refusal, lasting=True)
            self._put(("copy", sale_id), message)

    def sold(self, sale_id: UUID) -> None:
        """The basket is paid: the sale itself tells the hub."""
        self._waiting.pop(("copy", sale_id), None)

    def park(self, draft: Draft, lines: Sequence[RungLine]) -> None:
        """The basket is parked; from the moment it is sent it is the hub's to give away."""
        if self._hub is not None and not draft.paying:
            self._tell_copy(draft, lines)

    def take(
        self,
        sale_id: UUID,
        cashier_id: str,
        *,
        taken: Callable[[dict[str, Any]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Ask the hub for a parked basket, after everything it was told before."""
        hub = self._hub
        if hub is None:
            failed(Outage("unreachable"))
            return
        self._put(("take", sale_id), _Message(lambda: hub.take_basket(sale_id, cashier_id), taken, failed))

    def ask_parked(
        self,
        answered: Callable[[list[dict[str, Any]]], None],
        failed: Callable[[Exception], None],
        asker: str = "list",
    ) -> None:
        """Ask what is parked in the store, after everything the hub was told before; of two questions of one
        `asker` that wait, only the later is asked."""
        hub = self._hub
        if hub is None:
            failed(Outage("unreachable"))
            return
        self._put((asker, UUID(int=0)), _Message(hub.parked_baskets, answered, failed))

    def wake(self) -> None:
        """The hub may be back: parked baskets it has not got are offered, what waits is told."""
        if self._hub is None:
            return
        try:
            for draft in self._till.parked_drafts():
                slip = draft.slip
                if slip and slip.at_hub is not AtHub.YES and ("copy", draft.sale_id) not in self._waiting:
                    self.park(draft, ())
        except Refusal:
            return  # a till that cannot read has more urgent things to say
        self._next()

    def _tell_copy(self, draft: Draft, lines: Sequence[RungLine]) -> None:
        hub, sale_id = self._hub, draft.sale_id
        assert hub is not None, "asked before"
        copy = copy_of(draft, lines, self._cashier_id)

        def mark(at_hub: AtHub, life: str = "") -> None:
            if copy.parked:
                self._till.mark_parked(sale_id, at_hub, self._clock(), life)

        def kept(available: Mapping[str, int]) -> None:
            mark(AtHub.YES, hub.life)
            if not copy.parked:
                self._told(sale_id, available)

        def failed(problem: Exception) -> None:
            if isinstance(problem, Outage):
                if problem.reason in NEVER_SENT:
                    mark(AtHub.NO)
            elif not isinstance(problem, Refusal):
                raise problem
            elif copy.parked:
                self._till.drop_parked(sale_id)  # another till has it, or has sold it

        message = _Message(
            lambda: hub.keep_basket(copy), kept, failed, lambda: mark(AtHub.MAYBE), lasting=True
        )
        self._put(("copy", sale_id), message)

    def _put(self, key: tuple[str, UUID], message: _Message) -> None:
        self._waiting[key] = message
        self._next()

    def _next(self) -> None:
        if self._busy or not self._waiting:
            return
        key, message = next(iter(self._waiting.items()))
        del self._waiting[key]
        try:
            message.begin()
        except Refusal:
            return  # it could not be noted that the hub may have it, so it is not sent
        self._busy = True
        self._errands.run(
            message.job,
            done=lambda answer: self._ended(lambda: message.done(answer)),
            failed=lambda problem: self._failed(key, message, problem),
        )

    def _ended(self, then: Callable[[], None]) -> None:
        self._busy = False
        try:
            then()
        except Refusal:
            pass  # the disk says so at the next deed; the hub's list is asked again
        finally:
            self._next()

    def _failed(self, key: tuple[str, UUID], message: _Message, problem: Exception) -> None:
        self._busy = False
        again = isinstance(problem, Outage) and message.lasting
        if again:
            # What has changed meanwhile goes first; the rest waits until the hub is back.
            self._waiting = {key: message, **self._waiting}
        try:
            message.failed(problem)
        except Refusal:
            return
        if not isinstance(problem, Outage):
            self._next()
        else:
            self._fail_what_does_not_last(problem)

    def _fail_what_does_not_last(self, problem: Outage) -> None:
        for key in [key for key, message in self._waiting.items() if not message.lasting]:
            self._waiting.pop(key).failed(problem)


def _ignore(_answer: object) -> None:
    """Nobody waits for it."""


def _ignore_refusal(problem: Exception) -> None:
    if not isinstance(problem, Outage | Refusal):
        raise problem
