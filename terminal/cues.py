"""Which sound belongs to what has just happened: one for a scan, one for a refusal, one for a sale."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from terminal.checkout.state import CheckoutState
from terminal.notice import Notice, NoticeKind
from terminal.payment.state import PaymentState
from terminal.widgets.total_panel import items_of


class Cue(StrEnum):
    """The sounds of a till; each is a file of resources/sounds."""

    SCAN = "scan"
    REFUSAL = "refusal"
    DONE = "done"


class Cues:
    """Hears every state that the window shows, and says which sound it deserves."""

    def __init__(self, play: Callable[[Cue], object]) -> None:
        """`play` must not wait for the sound."""
        self._play = play
        self._heard: object = None
        self._basket: CheckoutState | None = None
        self._recorded: object = None

    def refusal(self) -> None:
        """Something was not done."""
        self._play(Cue.REFUSAL)

    def notice(self, notice: object) -> None:
        """Once for each refusal and doubled scan, once for an outage, however often it is met."""
        hint = isinstance(notice, Notice) and notice.kind in (NoticeKind.HINT, NoticeKind.DONE)
        again = isinstance(notice, Notice) and notice.kind is NoticeKind.OUTAGE and notice == self._heard
        if notice is not None and notice is not self._heard and not hint and not again:
            self.refusal()
        if notice is not None:
            self._heard = notice

    def basket(self, state: CheckoutState) -> None:
        """A basket with more in it than before has taken a scan."""
        before, self._basket = self._basket, state
        self.notice(state.doubled or state.notice)
        had = items_of(before.totals) if before is not None and before.sale_id == state.sale_id else 0
        if items_of(state.totals) > had:
            self._play(Cue.SCAN)

    def payment(self, state: PaymentState) -> None:
        """A sale that is recorded is done, once."""
        self.notice(state.notice)
        if state.receipt is not None and state.receipt is not self._recorded:
            self._recorded = state.receipt
            self._play(Cue.DONE)
