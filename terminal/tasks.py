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
from terminal.oversight.menu import MenuEntry
from terminal.till.cashier import Cashier
from terminal.widgets.look import Look
from terminal.widgets.screen import SideScreen
from terminal.wording import Wording


@dataclass(frozen=True, slots=True)
class AtTheTill:
    """Who works at the counter, and at which basket."""

    counter: Counter
    cashier: Cashier
    checkout: CheckoutDesk
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


TASKS: tuple[Task, ...] = (
    Task(
        "parked",
        "basket",
        begin=lambda at: ParkedDesk(at.checkout),
        show=lambda desk, _at, dress: ParkedScreen(desk, dress.look, dress.words, dress.background),
    ),
)


def task_named(name: str) -> Task:
    """The task with this name; raises KeyError."""
    return {task.name: task for task in TASKS}[name]


def menu_entries() -> tuple[MenuEntry, ...]:
    """The keys of the menu."""
    return tuple(MenuEntry(task.name, task.icon) for task in TASKS)
