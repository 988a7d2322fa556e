"""The till's menu: everything beside the way from basket to receipt, one key each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from terminal.background import Background
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
COLUMNS, UPRIGHT_COLUMNS = 3, 2


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One key of the menu: `name` is the task's, `icon` one of resources/icons."""

    name: str
    icon: str


class MenuScreen(SideScreen):
    """Shows the tasks of this till; the digits of the keyboard open them too."""

    def __init__(
        self, entries: Sequence[MenuEntry], look: Look, words: Wording, background: Background
    ) -> None:
        """A key for each entry, in their order."""
        super().__init__(look, words, background)
        self._entries = entries
        self.notice = NoticeBar(look)
        self.notice.yes.connect(self._dismiss)
        columns = UPRIGHT_COLUMNS if look.upright else COLUMNS
        grid = QGridLayout()
        grid.setSpacing(look.px(GAP))
        columns = UPRIGHT_COLUMNS if look.upright else COLUMNS
        for place, entry in enumerate(entries):
            key = Key(
                look,
                words.say(f"menu.{entry.name}"),
                "choice",
                icon=entry.icon,
                icon_size=32,
                shortcut=str(place + 1) if place < 9 else "",
                height=96,
                name=f"menu-{entry.name}",
            )
            grid.addWidget(on_tap(key, self._open_deed(entry.name)), place // columns, place % columns)
        for column in range(columns):
            grid.setColumnStretch(column, 1)
        back = Key(look, words.say("menu.back"), shortcut="Esc", icon="back", height=64, name="menu-back")
        on_tap(back, self.left.emit)
        box = QWidget()
        box.setLayout(grid)
        grid.setContentsMargins(0, 0, 0, 0)
        page = QVBoxLayout(self)
        page.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        page.setSpacing(look.px(GAP))
        page.addWidget(self.notice)
        page.addWidget(box)
        page.addStretch(1)
        page.addWidget(back, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_notice()

    def show_notice(self) -> None:
        """What a task told when it was left; else what this page is for."""
        words = self.words
        if self._told:
            message = words.message(self._told.code, self._told.detail)
            self.notice.show_message(mood_of(self._told.kind), message, words.say("notice.close"))
        else:
            self.notice.show_message("calm", Message(words.say("menu.title"), words.say("menu.hint")))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit opens the task with this number."""
        text = event.text()
        if text.isdigit() and text.isascii() and 0 < int(text) <= len(self._entries):
            self.opens.emit(self._entries[int(text) - 1].name)
            return
        super().keyPressEvent(event)

    def _dismiss(self) -> None:
        self._told = None
        self.show_notice()

    def _open_deed(self, name: str) -> Callable[[], None]:
        return lambda: self.opens.emit(name)
