"""What stands behind a till's window, and the deeds that need two desks at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from retail.receipt import StoreCard
from terminal.checkout.desk import CheckoutDesk
from terminal.desks import Desks
from terminal.oversight.outlook_page import World
from terminal.payment.desk import PaymentDesk
from terminal.till.rules import ChainRules


@dataclass(frozen=True, slots=True)
class Counter:
    """This till's desks, and what it knows of chain and store.

    The desks' own thread is the till's lane of the background: give them its errands
    (`Desks.with_errands`). `world` is what can be done about hub and printer.
    """

    terminal_id: str
    desks: Desks
    rules: Callable[[], ChainRules]
    card: Callable[[], StoreCard]
    world: World


def back_to_basket(payment: PaymentDesk, checkout: CheckoutDesk, scan: str = "") -> bool:
    """Take the payment back and, if that goes well, go on with the basket and this scan.

    False when there was a scan for the basket and the basket stayed closed.
    """
    payment.back()
    if payment.state.over and payment.state.receipt is None:
        next_basket(checkout, scan)
        return True
    return not scan


def park_unpaid(payment: PaymentDesk, checkout: CheckoutDesk) -> bool:
    """Put the basket aside that waits for its money; where that is refused the payment says why."""
    payment.park()
    if payment.state.over and payment.state.receipt is None:
        next_basket(checkout)
    return True


def next_basket(checkout: CheckoutDesk, scan: str = "") -> None:
    """The basket that is open now, in place of the one that was paid or taken back; then this scan."""
    checkout.refresh()
    if scan:
        checkout.scan(scan)
