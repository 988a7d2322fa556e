"""What can be done at a till beside selling: a name, an icon, a desk and its page.

The menu shows them in this order; a task is opened from the menu, or by name from any side page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from terminal.background import Background
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.parked_desk import ParkedDesk
from terminal.checkout.parked_screen import ParkedScreen
from terminal.counter import Counter
from terminal.drawer.cash_moves import CashMoveScreen
from terminal.drawer.closing import ClosingScreen
from terminal.drawer.desk import ShiftDesk
from terminal.drawer.opening import OpeningScreen
from terminal.drawer.report_page import ReportScreen
from terminal.oversight.menu import MenuEntry
from terminal.payment.orphans_desk import OrphansDesk
from terminal.payment.orphans_screen import OrphansScreen
from terminal.returns.screen import NoReceiptScreen
from terminal.sales.screen import SalesScreen
from terminal.till.cashier import Cashier
from terminal.widgets.look import Look
from terminal.widgets.screen import SideScreen
from terminal.wording import Wording


@dataclass(frozen=True, slots=True)
class AtTheTill:
    """Who works at the counter, at which basket and which drawer."""

    counter: Counter
    cashier: Cashier
    checkout: CheckoutDesk
    shift: ShiftDesk
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Dress:
    """What a page is made with."""

    look: Look
    words: Wording
    background: Background


@dataclass(frozen=True, slots=True)
class Task:
    """`begin` makes the desk, on the till's lane (it may read the disk); `show` makes a page for it, in the
    GUI thread, and again for another look or language. `name` has its word at `menu.<name>`."""

    name: str
    icon: str
    begin: Callable[[AtTheTill], Any]
    show: Callable[[Any, AtTheTill, Dress], SideScreen]


def _late_money(desk: OrphansDesk, at: AtTheTill, dress: Dress) -> SideScreen:
    page = OrphansScreen(desk, dress.look, dress.words, dress.background)
    page.finish_asked.connect(lambda sale_id: page.do(lambda: at.checkout.recall(sale_id)))
    return page


def _begin_cash(at: AtTheTill) -> ShiftDesk:
    at.shift.begin_move()
    return at.shift


def _begin_report(at: AtTheTill) -> ShiftDesk:
    """The X of the open shift, else the Z of the one before."""
    at.shift.refresh()
    at.shift.look() if at.shift.state.shift is not None else at.shift.look_back()
    return at.shift


def _begin_shift(at: AtTheTill) -> ShiftDesk:
    at.shift.refresh()
    if at.shift.state.shift is not None:
        at.shift.begin_count()
    return at.shift


def _show_shift(desk: ShiftDesk, _: AtTheTill, dress: Dress) -> SideScreen:
    """The count that ends the open shift, or the one that begins a new one."""
    if desk.state.shift is not None or desk.state.report is not None:
        return ClosingScreen(desk, dress.look, dress.words, dress.background)
    leave = dress.words.say("pad.cancel")
    page = OpeningScreen(desk, dress.look, dress.words, dress.background, leave=leave)
    page.sign_out_asked.connect(page.left)
    return page


TASKS: tuple[Task, ...] = (
    Task(
        "sales",
        "search",
        lambda at: at.counter.desks.sales(at.cashier),
        lambda desk, _, dress: SalesScreen(desk, dress.look, dress.words, dress.background),
    ),
    Task(
        "parked",
        "basket",
        begin=lambda at: ParkedDesk(at.checkout),
        show=lambda desk, _at, dress: ParkedScreen(desk, dress.look, dress.words, dress.background),
    ),
    Task(
        "orphans",
        "qr",
        begin=lambda at: at.counter.desks.orphans(at.cashier),
        show=_late_money,
    ),
    Task(
        "no-receipt",
        "refund",
        lambda at: at.counter.desks.without_receipt(at.cashier),
        lambda desk, _, dress: NoReceiptScreen(desk, dress.look, dress.words, dress.background),
    ),
    Task(
        "cash",
        "cash",
        _begin_cash,
        lambda desk, _, dress: CashMoveScreen(desk, dress.look, dress.words, dress.background),
    ),
    Task(
        "report",
        "receipt",
        _begin_report,
        lambda desk, _, dress: ReportScreen(desk, dress.look, dress.words, dress.background),
    ),
    Task("shift", "lock", _begin_shift, _show_shift),
)


def task_named(name: str) -> Task:
    """The task with this name; raises KeyError."""
    return {task.name: task for task in TASKS}[name]


def menu_entries() -> tuple[MenuEntry, ...]:
    """The keys of the menu."""
    return tuple(MenuEntry(task.name, task.icon) for task in TASKS)
