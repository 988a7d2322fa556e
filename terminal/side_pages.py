"""The pages beside the way from basket to receipt: opened one over the other, left in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from retail.approval import Approval
from retail.staff import may
from terminal.approval import ApprovalAsk, Approved
from terminal.attendance import Attendance
from terminal.drawer.opening import OpeningScreen
from terminal.oversight.menu import MenuScreen
from terminal.oversight.offline import GO_ON, agreed, must_be_asked
from terminal.oversight.outlook_page import OutlookScreen, World
from terminal.oversight.screen import ApprovalScreen
from terminal.shift.lock_screen import LockScreen
from terminal.sync_state import SyncState
from terminal.tasks import AtTheTill, Dress, Task, menu_entries, task_named
from terminal.widgets.screen import SideScreen

Make = Callable[[Dress], SideScreen]


@dataclass(slots=True)
class _Open:
    make: Make
    page: SideScreen
    gate: bool = False


class SidePages(QObject):
    """Keeps the open side pages; the last one opened is on show.

    Signals:
        changed(): another page is on top, or none.
        sign_out(): whoever is signed in wants to leave from one of them.
    """

    changed = Signal()
    sign_out = Signal()

    def __init__(self, dress: Dress, parent: QObject | None = None) -> None:
        """None is open."""
        super().__init__(parent)
        self._dress = dress
        self._at: AtTheTill | None = None
        self._goes_on: AtTheTill | None = None
        self._open: list[_Open] = []

    @property
    def page(self) -> SideScreen | None:
        """The page on top."""
        return self._open[-1].page if self._open else None

    def begin(self, at: AtTheTill) -> None:
        """Somebody has signed in; who may not sell yet has to open a shift first."""
        self._at = at
        self._hold_gate()

    def end(self) -> None:
        """Nobody is signed in any more: everything is closed."""
        self._at = None
        self._close_all()

    def dress(self, dress: Dress) -> None:
        """Make every open page anew for another look or language; their desks stay."""
        self._dress = dress
        for opened in self._open:
            old, opened.page = opened.page, self._made(opened.make)
            opened.page.take_over(old)
            old.deleteLater()

    def open_menu(self) -> None:
        """The menu, unless something is open already."""
        if self._at is not None and not self._open:
            self._push(lambda dress: MenuScreen(menu_entries(), dress.look, dress.words, dress.background))

    def open_outlook(self, world: World, clock: Callable[[], datetime], sync: SyncState | None) -> None:
        """The page behind the light, whoever is there; it is told what changes (`Screen.show_link`)."""
        if not isinstance(self.page, OutlookScreen):
            self._push(
                lambda dress: OutlookScreen(world, dress.look, dress.words, dress.background, clock, sync)
            )

    def open(self, name: str) -> None:
        """The task with this name, over what is on show."""
        at = self._at
        if at is None:
            return
        task = task_named(name)
        self._dress.background.run(lambda: task.begin(at), partial(self._begun, task, at))

    def attend(self, attendance: Attendance) -> None:
        """Lay the lock over everything when a PIN is wanted, and let people leave."""

        def make(dress: Dress) -> SideScreen:
            desk = attendance.desk
            page = LockScreen(desk, dress.look, dress.words, dress.background, attendance.clock)
            page.sign_out_asked.connect(self.sign_out)
            return page

        attendance.locked.connect(lambda: self._push(make))
        self.sign_out.connect(attendance.sign_out)

    def ask(self, ask: ApprovalAsk, approved: Approved) -> None:
        """The approval page, over what is on show."""
        at = self._at
        if at is None:
            return
        desk = at.counter.desks.approval(ask, at.cashier)

        def make(dress: Dress) -> SideScreen:
            page = ApprovalScreen(desk, dress.look, dress.words, dress.background, at.clock)
            page.given.connect(lambda approval: self._given(page, approved, approval))
            return page

        self._push(make)

    def when_may_sell(self, sync: SyncState | None, sell: Callable[[], object]) -> None:
        """Sell; after long without head office when somebody has said yes to that in this shift."""
        at = self._at
        if at is None:
            return
        if at is self._goes_on or not must_be_asked(sync, at.clock()):
            sell()
        else:
            self._dress.background.run(at.shift.facts, lambda facts: self._may_sell(at, agreed(facts), sell))

    def _may_sell(self, at: AtTheTill, yes: bool, sell: Callable[[], object]) -> None:
        def go_on(_: Approval | None = None) -> None:
            self._goes_on = at
            sell()

        if at is not self._at or self._open:
            return
        if yes or may(at.cashier.role, GO_ON.act):
            go_on()
        else:
            self.ask(GO_ON, go_on)

    def _begun(self, task: Task, at: AtTheTill, desk: Any) -> None:
        if at is self._at:
            self._push(lambda dress: task.show(desk, at, dress))

    def _push(self, make: Make) -> None:
        self._open.append(_Open(make, self._made(make)))
        self.changed.emit()

    def _made(self, make: Make) -> SideScreen:
        page = make(self._dress)
        page.left.connect(lambda: self._left(page))
        page.opens.connect(self.open)
        page.approval_asked.connect(self.ask)
        return page

    def _given(self, page: SideScreen, approved: Approved, approval: Approval) -> None:
        """One yes does one deed: a page that is on its way out has nothing to say any more."""
        if page is self.page:
            self._left(page)
            approved(approval)

    def _left(self, page: SideScreen) -> None:
        """A page that is left takes along whatever lies over it."""
        places = [place for place, opened in enumerate(self._open) if opened.page is page]
        if not places:
            return
        gone, self._open = self._open[places[0] :], self._open[: places[0]]
        self._hold_gate()
        self.changed.emit()
        for opened in gone:
            opened.page.deleteLater()

    def _hold_gate(self) -> None:
        """Nobody does anything here without the shift that the chain asks for, but open or close one."""
        at = self._at
        if at is None or at.shift.state.may_sell or any(opened.gate for opened in self._open):
            return
        self._close_all()

        def make(dress: Dress) -> SideScreen:
            leave = dress.words.say("bar.sign-out")
            page = OpeningScreen(at.shift, dress.look, dress.words, dress.background, leave=leave)
            page.sign_out_asked.connect(self.sign_out)
            return page

        self._open.append(_Open(make, self._made(make), gate=True))

    def _close_all(self) -> None:
        gone, self._open = self._open, []
        for opened in gone:
            opened.page.deleteLater()
