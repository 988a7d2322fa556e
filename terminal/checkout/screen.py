"""The checkout page: the basket on the left, products on the right, total and Pay below."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from retail.basket import Line, Totals
from retail.product import ProductNotFound
from retail.quantity import Unit
from terminal.background import Background
from terminal.checkout.basket_card import BasketCard
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.hint import Hint
from terminal.checkout.panels import Panels
from terminal.checkout.parking import HUB_HAS_IT
from terminal.checkout.products import Products
from terminal.checkout.state import CheckoutState
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import Screen
from terminal.widgets.total_panel import TotalPanel, items_of
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
LEFT, RIGHT = 59, 41
BAND_HEIGHT = 112
GRAMS_STEP = 100
SECOND_MS = 1_000
HUB_SECONDS = 30
"""So often the hub is told what it has missed."""
STEPS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Minus: -1}
MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class CheckoutScreen(Screen):
    """Shows a `CheckoutDesk`.

    Signals:
        pay_asked(): the cashier wants to take payment.
        opens(str): a side page is wanted (its name in `terminal.tasks`).
    """

    pay_asked = Signal()
    opens = Signal(str)

    def __init__(self, desk: CheckoutDesk, look: Look, words: Wording, background: Background) -> None:
        """Build the page and show the desk's state."""
        super().__init__(look, words, background)
        self.desk = desk
        self._state = desk.state
        self._asking_to_clear = False
        self._aimed: UUID | None = None
        self._hinted: Totals | None = None
        self._seconds = 0
        self.notice = NoticeBar(look)
        self.basket = BasketCard(look, words)
        self.products = Products(look, words)
        self.panels = Panels(self, desk, self.products)
        self.total = TotalPanel(look, words, height=BAND_HEIGHT)
        self.pay = Key(
            look,
            words.say("cart.pay"),
            "pay",
            icon="cash",
            icon_colour="on_accent",
            icon_size=36,
            shortcut="F12",
            height=BAND_HEIGHT,
            name="pay",
        )
        self._second = QTimer(self)
        self._second.setInterval(SECOND_MS)
        self._second.timeout.connect(self.keep_up)
        self._lay_out()
        self._connect()
        self.show_state(desk.state)
        self.show_groups()

    def show_state(self, state: CheckoutState) -> None:
        """Show what the desk says."""
        if state != self._state:
            self._told = None
        if state.paying and not self._state.paying:
            # A parked basket came back for which money is under way: after this page is on show, pay.
            QTimer.singleShot(0, self, self.pay_asked.emit)
        self._state = state
        lines = state.basket.lines
        if self._aimed == state.selected or self._aimed not in {line.line_item_id for line in lines}:
            self._aimed = None
        self._asking_to_clear = self._asking_to_clear and bool(lines)
        self._show_lines()
        self.total.show_totals(state.totals, state.basket.prices_include_tax)
        self.pay.setEnabled(bool(lines))
        self.products.strip.show_basket(has_lines=bool(lines))
        self.panels.show_state(state)
        self.show_notice()
        self._ask_for_a_hint()

    def begin(self) -> None:
        """The page again, for the next basket: no search, no question, all groups."""
        self._asking_to_clear = False
        self._told = None
        self.products.show_shelf()
        if self.products.shelf.group:
            self._open_group("")
        self.show_state(self.desk.state)

    def show_groups(self) -> None:
        """Ask for the groups of the quick keys anew; one that is open stays open."""
        if not self.products.shelf.group:
            self._open_group("")

    def keep_up(self) -> None:
        """Let the totals follow the clock, as the timer does: a happy hour may have begun."""
        if self._state.basket.lines:
            self.do(self.desk.keep_up)
        self._seconds += 1
        if self._seconds % HUB_SECONDS == 0:
            self.do(self.desk.hub_is_back)

    def showEvent(self, event: QShowEvent) -> None:
        """While the page is on show the clock is followed."""
        super().showEvent(event)
        self._second.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """A basket that is being paid or not there has a total that stands."""
        super().hideEvent(event)
        self._second.stop()

    def take_scan(self, text: str) -> None:
        """A scan goes to the basket, wherever the focus is."""
        if self.panels.take_scan(text):
            return
        self._asking_to_clear = False
        self.products.show_shelf()
        self.do(lambda: self.desk.scan(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything a finger can do, a key can do too; letters begin a search."""
        if self.products.take_key(event) or self._take_key(event):
            return
        text = event.text()
        command = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if text.strip() and text.isprintable() and not event.modifiers() & command:
            self.products.begin_search(text)
            return
        super().keyPressEvent(event)

    def _lay_out(self) -> None:
        px = self.look.px
        band = QHBoxLayout()
        band.addWidget(self.total, LEFT)
        band.addWidget(self.pay, RIGHT)
        columns = self.look.across()
        columns.addWidget(self.basket, LEFT)
        columns.addWidget(self.products, RIGHT)
        page = QVBoxLayout(self)
        page.setContentsMargins(px(MARGIN), px(GAP), px(MARGIN), px(MARGIN))
        for layout in (band, columns, page):
            layout.setSpacing(px(GAP))
        page.addWidget(self.notice)
        page.addLayout(columns, 1)
        page.addLayout(band)

    def _connect(self) -> None:
        on_tap(self.pay, self.pay_asked.emit)
        self.notice.yes.connect(self._yes)
        self.notice.no.connect(self._other)
        self.basket.picked.connect(self._select)
        self.basket.stepped.connect(self._step)
        self.basket.quantity_asked.connect(lambda: self.panels.ask_quantity(self._chosen))
        self.basket.remove_asked.connect(self._remove)
        self.basket.clear_asked.connect(self._ask_to_clear)
        self.products.searched.connect(self._search)
        self.products.typed_code.connect(self.take_scan)
        self.products.picked.connect(self._add)
        self.products.group_opened.connect(self._open_group)
        self.products.left.connect(self.setFocus)
        self.products.strip.check_asked.connect(self.panels.check_price)
        self.products.strip.hand_asked.connect(self._price_by_hand)
        self.products.strip.customer_asked.connect(self.panels.ask_customer)
        self.products.strip.park_asked.connect(self._park_or_recall)

    # what is shown ------------------------------------------------

    @property
    def _chosen(self) -> Line | None:
        chosen = self._aimed or self._state.selected
        return next((line for line in self._state.basket.lines if line.line_item_id == chosen), None)

    def _show_lines(self) -> None:
        chosen, state = self._chosen, self._state
        self.basket.show_lines(
            state.totals.lines,
            chosen.line_item_id if chosen else None,
            state.last_line_item_id,
            self.words.quantity(chosen.quantity, chosen.unit) if chosen else "",
            state.short,
        )

    def show_notice(self) -> None:
        """A question, a doubled scan, a refusal; else the line that was touched last."""
        words, state, bar = self.words, self._state, self.notice
        if self._asking_to_clear:
            detail = {"count": items_of(state.totals), "total": state.totals.total_amount}
            yes, no = words.say("cart.clear-yes"), words.say("cart.clear-no")
            bar.show_message("warn", words.message("ask-clear", detail), yes, no)
        elif state.doubled:
            message = words.message("doubled", {"product_name": state.doubled.product_name})
            bar.show_message("warn", message, words.say("cart.add-one"), words.say("cart.not-add"))
        elif notice := self._told or state.notice:
            message = words.message(notice.code, notice.detail)
            other = words.say("open.offer") if self._unknown_barcode else ""
            if notice.code == HUB_HAS_IT:
                other = words.say("parked.copy")
            bar.show_message(mood_of(notice.kind), message, words.say("notice.close"), other)
        else:
            self._show_last_line()

    def _show_last_line(self) -> None:
        words, touched = self.words, self._state.last_line_item_id
        for rung in self._state.totals.lines:
            if rung.line.line_item_id == touched:
                quantity = words.quantity(rung.line.quantity, rung.line.unit)
                price = words.money(rung.line.unit_price)
                message = Message(rung.line.product_name, f"{quantity} × {price}")
                self.notice.show_message("calm", message, figure=words.money(rung.line_total))
                return
        ready = Message(words.say("cart.ready"), words.say("cart.ready-hint"))
        self.notice.show_message("calm", ready)

    def _ask_for_a_hint(self) -> None:
        """Beside the deeds: the hint may come a moment later, the next scan may not."""
        state = self._state
        if state.totals is self._hinted:
            return
        self._hinted = state.totals
        if state.basket.lines:
            # A basket that has changed meanwhile asks for itself.
            self.look_up(
                lambda: self.desk.hint(state) if self._hinted is state.totals else None,
                lambda hint: self._show_hint(hint) if self._hinted is state.totals else None,
            )
        else:
            self._show_hint(None)

    def _show_hint(self, hint: Hint | None) -> None:
        code = "hint.buy-more" if hint and hint.units else "hint.spend-more"
        figures = {"name": hint.name, "units": hint.units, "amount": hint.amount} if hint else {}
        self.basket.hint.setText(self.words.say(code, **figures) if hint else "")

    # what a person does -------------------------------------------

    def _take_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        deeds = {
            Qt.Key.Key_F3: self.panels.check_price,
            Qt.Key.Key_F4: lambda: self.do(self.desk.add_doubled),
            Qt.Key.Key_F5: lambda: self.panels.sell_open_item(self._unknown_barcode),
            Qt.Key.Key_F6: self._price_by_hand,
            Qt.Key.Key_F7: self.panels.ask_customer,
            Qt.Key.Key_F9: self._park_or_recall,
            Qt.Key.Key_F8: self._yes if self._asking_to_clear else self._ask_to_clear,
            Qt.Key.Key_F12: self.pay_asked.emit,
            Qt.Key.Key_Asterisk: lambda: self.panels.ask_quantity(self._chosen),
            Qt.Key.Key_Delete: self._remove,
            Qt.Key.Key_Escape: self._no,
        }
        if key in STEPS:
            self._step(STEPS[key])
        elif key in MOVES:
            self._move(MOVES[key])
        elif key in deeds:
            if not event.isAutoRepeat():
                deeds[key]()
        else:
            return False
        return True

    def _yes(self) -> None:
        if self._asking_to_clear:
            self._asking_to_clear = False
            self.do(self.desk.clear)
        elif self._state.doubled:
            self.do(self.desk.add_doubled)
        else:
            self._told = None
            self.do(self.desk.dismiss)

    @property
    def _unknown_barcode(self) -> str:
        """The code that was scanned last and that no product has; may be sold as an open item."""
        notice = self._told or self._state.notice
        if notice is None or notice.code != ProductNotFound.code:
            return ""
        return str(notice.detail.get("barcode") or "")

    def _other(self) -> None:
        """The second key of the notice bar."""
        notice = self._state.notice
        if notice is not None and notice.code == HUB_HAS_IT:
            sale_id = UUID(notice.detail["sale_id"])
            self.do(lambda: self.desk.recall_copy(sale_id))
        elif self._unknown_barcode and not (self._asking_to_clear or self._state.doubled):
            self.panels.sell_open_item(self._unknown_barcode)
        else:
            self._no()

    def _price_by_hand(self) -> None:
        chosen = self._chosen
        ids = [rung.line.line_item_id for rung in self._state.totals.lines]
        rung = self._state.totals.lines[ids.index(chosen.line_item_id)] if chosen else None
        self.panels.price_by_hand(rung)

    def _park_or_recall(self) -> None:
        if self._state.basket.lines:
            self.panels.ask_label()
        else:
            self.opens.emit("parked")

    def _no(self) -> None:
        if self._asking_to_clear:
            self._asking_to_clear = False
            self.show_notice()
        elif self._told or self._state.notice or self._state.doubled:
            self._told = None
            self.do(self.desk.dismiss)

    def _ask_to_clear(self) -> None:
        if self._state.basket.lines:
            self._asking_to_clear = True
            self.show_notice()

    def _select(self, line_item_id: UUID) -> None:
        self._aimed = line_item_id
        self._show_lines()
        self.do(lambda: self.desk.select(line_item_id))

    def _move(self, step: int) -> None:
        ids = [line.line_item_id for line in self._state.basket.lines]
        if not ids:
            return
        chosen = self._chosen
        place = ids.index(chosen.line_item_id) + step if chosen else len(ids) - 1
        self._select(ids[max(0, min(place, len(ids) - 1))])
        self.basket.cart.reveal(self._aimed)

    def _step(self, by: int) -> None:
        chosen = self._chosen
        if chosen is not None:
            self.do(lambda: _step_line(self.desk, chosen.line_item_id, by))

    def _remove(self) -> None:
        chosen = self._chosen
        if chosen is not None:
            self.do(lambda: self.desk.remove(chosen.line_item_id))

    def _search(self, text: str) -> None:
        self.look_up(lambda: self.desk.search(text), lambda hits: self.products.show_hits(text, hits))

    def _add(self, sku_id: str) -> None:
        self.products.show_shelf()
        self.do(lambda: self.desk.add_product(sku_id))

    def _open_group(self, group: str) -> None:
        if group:
            self.look_up(lambda: self.desk.shelf(group), lambda hits: self.products.show_group(group, hits))
        else:
            self.look_up(self.desk.groups, self.products.show_groups)


def _step_line(desk: CheckoutDesk, line_item_id: UUID, by: int) -> None:
    """One step up or down from what the line holds when the deed's turn comes; never below one step."""
    for line in desk.state.basket.lines:
        if line.line_item_id == line_item_id:
            step = GRAMS_STEP if line.unit is Unit.GRAM else 1
            desk.set_quantity(line_item_id, max(step, line.quantity + by * step))
