"""What all screens have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from retail.staff import Role, may
from terminal.approval import ApprovalAsk, Approved
from terminal.background import Background, Lane
from terminal.notice import Notice, NoticeKind
from terminal.sync_state import SyncState
from terminal.widgets.look import Look, of_kind
from terminal.widgets.typed import carry_over
from terminal.wording import Wording

State = TypeVar("State")


class Screen(QWidget):
    """A page of the window: shows a desk's state and sends what a person does to the desk.

    A screen is made for one look and one language; a change of either makes a new one from the state.

    Signals:
        approval_asked(object, object): an `ApprovalAsk`, and what to do with the `Approval` (`ask_approval`).
    """

    approval_asked = Signal(object, object)

    def __init__(self, look: Look, words: Wording, background: Background) -> None:
        """An empty page that takes the keyboard."""
        super().__init__()
        self.look = look
        self.words = words
        self._background = background
        self._told: Notice | None = None
        of_kind(self, "screen")
        # Not by a click: a tap on a key inside would take the focus out of the field it types into.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def tell(self, notice: Notice) -> None:
        """Say something that is not the desk's; the desk's next state takes it away."""
        self._told = notice
        self.show_notice()

    def show_notice(self) -> None:
        """Show what there is to say now; pages that have a bar for it do."""

    def show_link(self, sync: SyncState | None) -> None:
        """What is known of the world has changed; pages that tell of it do."""

    def ask_approval(self, role: Role, ask: ApprovalAsk, approved: Approved) -> None:
        """Do it at once, with None, where this role may do the act alone; else when somebody has said yes.

        Where nobody does, nothing happens and this page is on show again.
        """
        if may(role, ask.act):
            approved(None)
        else:
            self.approval_asked.emit(ask, approved)

    def do(self, deed: Callable[[], object]) -> None:
        """Let the desk do something; its new state comes back by itself."""
        self._background.run(deed)

    def look_up(
        self, question: Callable[[], State], answer: Callable[[State], object], lane: Lane = Lane.QUERY
    ) -> None:
        """Ask something that changes nothing; an answer that finds the page gone is dropped."""
        self._background.run(question, lambda found: answer(found) if isValid(self) else None, lane=lane)


class SideScreen(Screen):
    """A page beside the way from basket to receipt: it is opened over another page and left again.

    Signals:
        left(): the page is done; what was on show before comes back.
        opens(str): another side page is wanted over this one (its name in `terminal.tasks`).
    """

    left = Signal()
    opens = Signal(str)

    def take_scan(self, text: str) -> None:
        """A scan while this page is on show; a page that has no use for one says so."""
        self.tell(Notice("scan-not-here", kind=NoticeKind.HINT))

    def take_over(self, old: SideScreen) -> None:
        """Keep what was typed on the same page in another look or language; PINs are typed again."""
        carry_over(old, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)
