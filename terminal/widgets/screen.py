"""What all screens have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from terminal.background import Background, Lane
from terminal.notice import Notice
from terminal.widgets.look import Look, of_kind
from terminal.wording import Wording

State = TypeVar("State")


class Screen(QWidget):
    """A page of the window: shows a desk's state and sends what a person does to the desk.

    A screen is made for one look and one language; a change of either makes a new one from the state.
    """

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

    def do(self, deed: Callable[[], object]) -> None:
        """Let the desk do something; its new state comes back by itself."""
        self._background.run(deed)

    def look_up(
        self, question: Callable[[], State], answer: Callable[[State], object], lane: Lane = Lane.QUERY
    ) -> None:
        """Ask something that changes nothing; an answer that finds the page gone is dropped."""
        self._background.run(question, lambda found: answer(found) if isValid(self) else None, lane=lane)
