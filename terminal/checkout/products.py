"""The right side of the checkout page: search, quick keys, and the pad for quantities."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from terminal.checkout.deed_strip import DeedStrip
from terminal.till.wares import ProductHit
from terminal.widgets.entry import END_KEYS, NumberEntry
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.panel import Panel
from terminal.widgets.results import Results
from terminal.widgets.shelf import Shelf, TileFace
from terminal.wording import Wording

CODE_DIGITS_MIN = 8
"""So many digits and Enter are a barcode that a person has typed (GTIN-8 is the shortest)."""


class Products(QWidget):
    """Search field; below it either quick keys, what the search found, or a number pad; and the deed strip.
    A panel takes all of the place.

    Signals:
        searched(str): the text of the search changed and is not empty.
        typed_code(str): a person typed a barcode and pressed Enter.
        picked(str): the product with this SKU was chosen.
        group_opened(str): a group of quick keys was opened ("" for all groups).
        left(): the keyboard belongs to the basket again.
    """

    searched = Signal(str)
    typed_code = Signal(str)
    picked = Signal(str)
    group_opened = Signal(str)
    left = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """Show the quick keys."""
        super().__init__()
        self._words = words
        self._then: Callable[[int], None] | None = None
        self._panel: Panel | None = None
        self.field = QLineEdit()
        self.field.setObjectName("search")
        self.field.setPlaceholderText(words.say("search.placeholder"))
        self.field.setFixedHeight(look.px(52))
        self.field.setTextMargins(look.px(34), 0, 0, 0)
        glass = QLabel(self.field)
        glass.setPixmap(look.pixmap("search", "ink_soft", 24))
        glass.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        glass.move(look.px(14), look.px(14))
        self.clear = Key(look, "", icon="close", height=52, name="search-clear")
        self.clear.setAccessibleName(words.say("search.close"))
        self.clear.setFixedWidth(look.px(56))
        self.clear.setEnabled(False)
        on_tap(self.clear, self.show_shelf)
        self.shelf = Shelf(look, words)
        self.results = Results(look, words)
        self.none = _nothing(look)
        self.entry = NumberEntry(look, words)
        self.strip = DeedStrip(look, words)
        card = QWidget()
        of_kind(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, look.px(4), 1, look.px(4))
        inside.addWidget(self.results)
        self._card = card
        self._pages = QStackedWidget()
        for page in (self.shelf, card, self.none):
            self._pages.addWidget(page)
        find = QWidget()
        column = QVBoxLayout(find)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.px(8))
        row = QHBoxLayout()
        row.setSpacing(look.px(8))
        row.addWidget(self.field, 1)
        row.addWidget(self.clear)
        column.addLayout(row)
        column.addWidget(self._pages, 1)
        column.addWidget(self.strip)
        self._find = find
        self._sides = QStackedLayout(self)
        self._sides.addWidget(find)
        self._sides.addWidget(self.entry)
        self._connect()

    def _connect(self) -> None:
        self.field.textChanged.connect(self._text_changed)
        self.results.picked.connect(self.picked)
        self.shelf.product_picked.connect(self.picked)
        self.shelf.group_opened.connect(self.group_opened)
        self.entry.entered.connect(self._number_entered)
        self.entry.cancelled.connect(self.show_shelf)

    def show_hits(self, text: str, hits: Sequence[ProductHit]) -> None:
        """Show what the search for this text found, unless the text has changed since."""
        if text != self.field.text().strip():
            return
        self.results.show_hits(hits)
        title, hint = self.none.findChildren(QLabel)[1:]
        title.setText(self._words.say("search.none", text=text))
        hint.setText(self._words.say("search.none-hint"))
        self._pages.setCurrentWidget(self._card if hits else self.none)

    def show_groups(self, groups: Sequence[str]) -> None:
        """Show the groups on the quick keys."""
        self.shelf.show_groups(groups)

    def show_group(self, group: str, hits: Sequence[ProductHit]) -> None:
        """Show the products of a group on the quick keys."""
        faces = [TileFace(hit.sku_id, hit.product_name, self._price(hit), group, hit.picture) for hit in hits]
        self.shelf.show_products(group, faces)

    def show_shelf(self) -> None:
        """Back to the quick keys: no search, no number, no panel."""
        self._then = None
        self._panel = None
        self.field.blockSignals(True)
        self.field.clear()
        self.field.blockSignals(False)
        self.clear.setEnabled(False)
        self._pages.setCurrentWidget(self.shelf)
        self._sides.setCurrentWidget(self._find)
        self.left.emit()

    def begin_search(self, text: str = "") -> None:
        """Put the cursor into the search field, behind what is there and this text."""
        self._then = None
        self._panel = None
        self._sides.setCurrentWidget(self._find)
        self.field.setFocus()
        self.field.insert(text)

    def ask_number(
        self, title: str, subject: str, number: int, suffix: str, then: Callable[[int], None]
    ) -> None:
        """Ask for a number on the pad; `then` gets it when OK is pressed."""
        self.show_shelf()
        self._then = then
        self.entry.ask(title, subject, number, suffix)
        self._sides.setCurrentWidget(self.entry)

    def open_panel(self, panel: Panel) -> None:
        """Show this panel in the place of search and quick keys, until it is left."""
        if panel is not self._panel:
            self.show_shelf()
            if self._sides.indexOf(panel) < 0:
                self._sides.addWidget(panel)
            self._sides.setCurrentWidget(panel)
            self._panel = panel

    @property
    def panel(self) -> Panel | None:
        """The panel on show."""
        return self._panel

    @property
    def asking(self) -> bool:
        """Whether the pad waits for a number."""
        return self._then is not None

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here now."""
        if self._panel is not None:
            return self._panel.take_key(event)
        if self.asking and self.entry.take_key(event):
            return True
        if event.key() == Qt.Key.Key_F2:
            self.begin_search()
        elif event.key() == Qt.Key.Key_Escape and (self.field.text() or self.field.hasFocus()):
            self.show_shelf()
        elif self.field.hasFocus() and event.key() in END_KEYS:
            if not event.isAutoRepeat():
                self._enter()
        elif self.field.hasFocus() and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.results.step(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            return False
        return True

    def _price(self, hit: ProductHit) -> str:
        return "" if hit.price is None else self._words.money(hit.price)

    def _text_changed(self, text: str) -> None:
        self.clear.setEnabled(bool(text))
        if text.strip():
            self.searched.emit(text.strip())
        else:
            self._pages.setCurrentWidget(self.shelf)

    def _enter(self) -> None:
        """The field itself lets Enter pass to the page, which asks here."""
        text = self.field.text().strip()
        if text.isascii() and text.isdigit() and len(text) >= CODE_DIGITS_MIN:
            self.typed_code.emit(text)
        else:
            self.results.pick_current()

    def _number_entered(self, number: int) -> None:
        then = self._then
        self.show_shelf()
        if then is not None:
            then(number)


def _nothing(look: Look) -> QWidget:
    page = QWidget()
    of_kind(page, "card")
    column = QVBoxLayout(page)
    picture, title, hint = QLabel(), QLabel(), QLabel()
    picture.setPixmap(look.pixmap("search", "border_strong", 56))
    of_kind(title, "strong")
    of_kind(hint, "soft")
    column.addStretch(1)
    for label in (picture, title, hint):
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        column.addWidget(label)
    column.addStretch(2)
    return page
