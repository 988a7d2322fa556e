"""What opens beside the basket: each panel is made when it is needed first, and tied to the desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from courier.outage import Outage
from retail.approval import Approval
from retail.basket import Line, RungLine
from retail.hand_discount import given_away
from retail.label import WeightNeeded
from retail.quantity import Unit
from retail.refusal import Refusal
from terminal.approval import ApprovalAsk
from terminal.background import Lane
from terminal.checkout.age_panel import AgePanel
from terminal.checkout.by_hand import ACT, Discount, OpenItem
from terminal.checkout.customer_panel import CustomerPanel
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.hand_panel import HandPanel, HandPrice, Kind
from terminal.checkout.open_item_panel import OpenItemPanel
from terminal.checkout.park_panel import ParkPanel
from terminal.checkout.price_check import PriceTag
from terminal.checkout.price_panel import PricePanel
from terminal.checkout.products import Products
from terminal.checkout.state import CheckoutState
from terminal.notice import Notice, notice_of
from terminal.widgets.panel import Panel
from terminal.widgets.screen import Screen

Made = TypeVar("Made", AgePanel, PricePanel, HandPanel, OpenItemPanel, CustomerPanel, ParkPanel)


class Panels:
    """The panels of a checkout page."""

    def __init__(self, page: Screen, desk: CheckoutDesk, products: Products) -> None:
        """`page` does their deeds and asks for approvals; `products` is the side where they open."""
        self._page = page
        self._desk = desk
        self._products = products
        self._made: dict[type[Panel], Panel] = {}
        self._weighed: Notice | None = None

    def show_state(self, state: CheckoutState) -> None:
        """A question of the desk opens its panel, an answered one closes it."""
        open_panel = self._products.panel
        if state.age_asked is not None:
            panel = self._panel(AgePanel, self._tie_age)
            panel.ask(state.age_asked)
            self._products.open_panel(panel)
        elif isinstance(open_panel, AgePanel):
            self._products.show_shelf()
        elif isinstance(open_panel, CustomerPanel):
            open_panel.show_customer(state.customer)
        self._weigh_when_needed(state.notice)

    def ask_quantity(self, line: Line | None) -> None:
        """Ask how many there are of this line, or how many grams."""
        if line is None:
            return
        grams = line.unit is Unit.GRAM
        self._products.ask_number(
            self._page.words.say("pad.grams" if grams else "pad.quantity"),
            line.product_name,
            line.quantity,
            " g" if grams else "",
            lambda number: self._page.do(lambda: self._desk.set_quantity(line.line_item_id, number)),
        )

    def _weigh_when_needed(self, notice: Notice | None) -> None:
        """Goods by weight whose code says none: asked once for each scan."""
        asked = notice is not self._weighed and notice is not None and notice.code == WeightNeeded.code
        self._weighed = notice
        if asked and notice is not None:
            sku_id, name = notice.detail["sku_id"], notice.detail["product_name"]
            self._products.ask_number(
                self._page.words.say("pad.weigh"),
                name,
                0,
                " g",
                lambda grams: self._page.do(lambda: self._desk.add_product(sku_id, grams)),
            )

    def take_scan(self, text: str) -> bool:
        """A price check takes every scan; False where none is under way."""
        if not isinstance(self._products.panel, PricePanel):
            return False
        self._check(text)
        return True

    def check_price(self) -> None:
        """Open the price check, or end it."""
        if isinstance(self._products.panel, PricePanel):
            self._products.show_shelf()
            return
        panel = self._panel(PricePanel, self._tie_price)
        panel.begin()
        self._products.open_panel(panel)

    def price_by_hand(self, line: RungLine | None) -> None:
        """Ask for a discount or a price, of this line or the basket."""
        state = self._desk.state
        if not state.basket.lines:
            return
        panel = self._panel(HandPanel, self._tie_hand)
        panel.begin(line, state.totals)
        self._products.open_panel(panel)

    def sell_open_item(self, barcode: str) -> None:
        """Ask for goods that no catalogue knows."""

        def begin(rates: Sequence[Decimal]) -> None:
            panel = self._panel(OpenItemPanel, self._tie_open_item)
            self._products.open_panel(panel)
            panel.begin(barcode, rates)

        self._page.look_up(self._desk.tax_rates, begin)

    def ask_customer(self) -> None:
        """Open the panel of the customer."""
        panel = self._panel(CustomerPanel, self._tie_customer)
        self._products.open_panel(panel)
        panel.begin(self._desk.state.customer)

    def ask_label(self) -> None:
        """Ask under which label the basket is parked."""
        panel = self._panel(ParkPanel, self._tie_park)
        self._products.open_panel(panel)
        panel.begin()

    # ties ---------------------------------------------------------

    def _panel(self, kind: type[Made], tie: Callable[[Made], None]) -> Made:
        found = self._made.get(kind)
        if found is None:
            found = kind(self._page.look, self._page.words)
            found.left.connect(self._products.show_shelf)
            self._made[kind] = found
            tie(found)
        assert isinstance(found, kind), "each kind is made once"
        return found

    def _tie_age(self, panel: AgePanel) -> None:
        panel.confirmed.connect(lambda: self._page.do(self._desk.confirm_age))
        panel.refused.connect(lambda: self._page.do(self._desk.refuse_age))

    def _tie_price(self, panel: PricePanel) -> None:
        def want(text: str) -> None:
            self._products.show_shelf()
            self._page.do(lambda: self._desk.scan(text))

        panel.wanted.connect(want)

    def _tie_hand(self, panel: HandPanel) -> None:
        panel.asked.connect(self._ask_hand_price)
        panel.restore_asked.connect(self._restore)

    def _tie_open_item(self, panel: OpenItemPanel) -> None:
        panel.asked.connect(self._ask_open_item)

    def _tie_customer(self, panel: CustomerPanel) -> None:
        desk, do = self._desk, self._page.do
        panel.member_typed.connect(lambda text: do(lambda: desk.take_member(text)))
        panel.voucher_typed.connect(lambda text: do(lambda: desk.take_voucher(text)))
        panel.member_dropped.connect(lambda: do(desk.drop_member))
        panel.voucher_dropped.connect(lambda code: do(lambda: desk.drop_voucher(code)))

    def _tie_park(self, panel: ParkPanel) -> None:
        def park(label: str) -> None:
            self._products.show_shelf()
            self._page.do(lambda: self._desk.park(label))

        panel.asked.connect(park)

    # deeds --------------------------------------------------------

    def _check(self, text: str) -> None:
        panel = self._panel(PricePanel, self._tie_price)

        def look() -> PriceTag | Refusal:
            try:
                return self._desk.check_price(text)
            except Refusal as refusal:
                return refusal

        def show(found: PriceTag | Refusal) -> None:
            if isinstance(found, Refusal):
                self._page.tell(notice_of(found))
                return
            panel.show_tag(text, found)
            self._page.look_up(
                lambda: self._available(found.stock_sku),
                lambda available: panel.show_stock(text, available, found.unit),
                Lane.NETWORK,
            )

        self._page.look_up(look, show)

    def _available(self, sku_id: str) -> int | None:
        try:
            return self._desk.available(sku_id)
        except (Refusal, Outage):
            return None

    def _restore(self, line_item_id: UUID) -> None:
        self._products.show_shelf()
        self._page.do(lambda: self._desk.restore_price(line_item_id))

    def _ask_hand_price(self, asked: HandPrice) -> None:
        """Close the panel and have somebody say yes to what it comes to."""
        desk, words = self._desk, self._page.words
        self._products.show_shelf()
        line = asked.line_item_id
        try:
            chosen = desk.state.basket.line(line) if line is not None else None
            percent = asked.kind is Kind.PERCENT
            discount = Discount(percent=asked.number) if percent else Discount(asked.number)
            if asked.kind is Kind.PRICE and chosen is not None:
                worth = given_away(chosen, asked.number, 0)
            else:
                worth = desk.discount_on(line, discount)
        except Refusal as refusal:
            self._page.tell(notice_of(refusal))
            return

        def approved(approval: Approval | None) -> None:
            if line is None:
                self._page.do(lambda: desk.discount_basket(discount, asked.reason, approval))
            elif asked.kind is Kind.PRICE:
                self._page.do(lambda: desk.override(line, asked.number, 0, asked.reason, approval))
            else:
                self._page.do(lambda: desk.discount_line(line, discount, asked.reason, approval))

        subject = chosen.product_name if chosen else words.say("hand.all")
        self._page.ask_approval(desk.cashier.role, ApprovalAsk(ACT, worth, subject, asked.reason), approved)

    def _ask_open_item(self, item: OpenItem) -> None:
        desk, words = self._desk, self._page.words
        self._products.show_shelf()
        reason = words.say("open.reason")
        self._page.ask_approval(
            desk.cashier.role,
            ApprovalAsk(ACT, item.unit_price, f"{item.product_name} {item.barcode}".strip(), reason),
            lambda approval: self._page.do(lambda: desk.sell_open_item(item, reason, approval)),
        )
