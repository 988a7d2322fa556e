"""Random shops for the tests of `retail`: lines, baskets, sales."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from retail.basket import Basket, Line, ring_up
from retail.facts import SaleRecorded
from retail.payment import Tender, cash_tender
from retail.quantity import Unit, extended
from retail.voucher import RedeemedVoucher

START = datetime(2026, 7, 1, tzinfo=UTC)
VND_RATES = [Decimal(0), Decimal("0.05"), Decimal("0.08"), Decimal("0.10")]
RATES = st.sampled_from(VND_RATES) | st.integers(0, 10_000).map(lambda points: Decimal(points) / 10_000)
NAMES = st.sampled_from(["Cà phê sữa đá", "Bánh mì thịt nướng", "Nước suối 500ml", "„₫“ 🧊", "a"])
MOMENTS = st.integers(0, 15 * 366 * 86_400 * 10**6).map(
    lambda microseconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
IDS = st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number))


@st.composite
def line_strategy(draw: st.DrawFn, rates: st.SearchStrategy[Decimal] = RATES) -> Line:
    """A line that a till may have."""
    unit = draw(st.sampled_from(Unit))
    quantity = draw(st.integers(1, 9_999 if unit is Unit.PIECE else 999_999))
    list_price = draw(st.integers(0, 10_000_000))
    overridden = draw(st.booleans())
    unit_price = draw(st.integers(0, 10_000_000)) if overridden else list_price
    most = extended(unit_price, quantity, unit)
    pack_of = draw(st.none() | st.just("SKU_UNIT"))
    return Line(
        line_item_id=draw(IDS),
        sku_id=draw(st.sampled_from(["SKU_1", "SKU_2", "SKU_3"])),
        barcode="8934680083898",
        product_name=draw(NAMES),
        category=draw(st.sampled_from(["", "Đồ uống"])),
        quantity=quantity,
        unit_price=unit_price,
        list_price=list_price,
        tax_rate=draw(rates),
        unit=unit,
        price_version=draw(st.integers(0, 10_000)),
        line_discount=draw(st.just(0) | st.integers(0, most)),
        override_reason="REPLAY" if overridden else None,
        pack_of=pack_of,
        pack_size=draw(st.integers(2, 24)) if pack_of else 1,
        age_restricted=draw(st.booleans()),
    )


@st.composite
def basket_strategy(draw: st.DrawFn, lines_max: int = 8) -> Basket:
    """A basket of up to so many lines, usually with a few rates."""
    rates = st.sampled_from(draw(st.lists(RATES, min_size=1, max_size=3)))
    lines = draw(st.lists(line_strategy(rates), max_size=lines_max))
    return Basket(draw(st.booleans()), lines=tuple(lines))


@st.composite
def sale_strategy(draw: st.DrawFn) -> SaleRecorded:
    """A recorded sale, paid in cash, by QR or by both."""
    basket = draw(basket_strategy())
    totals = ring_up(basket)
    at = draw(MOMENTS)
    member_id = draw(st.none() | st.sampled_from(["M001", "thành viên 2"]))
    codes = st.lists(st.sampled_from(["TET-1", "V7", "0001"]), unique=True)
    return SaleRecorded(
        transaction_id=draw(IDS),
        store_id="STORE_001",
        terminal_id="POS_03",
        cashier_id="CASHIER_007",
        receipt_number="POS_03-001042",
        business_date=at.date(),
        sold_at=at,
        currency="VND",
        prices_include_tax=basket.prices_include_tax,
        lines=basket.lines,
        totals=totals,
        tenders=draw(tender_strategy(totals.total_amount)),
        external_reference=draw(st.none() | st.just("basket 17")),
        rung_up_at=draw(st.none() | st.just(at)),
        member_id=member_id,
        points_earned=draw(st.integers(0, 10_000)) if member_id is not None else 0,
        vouchers=tuple(RedeemedVoucher(code, f"P-{code}") for code in draw(codes)),
    )


@st.composite
def tender_strategy(draw: st.DrawFn, total: int) -> tuple[Tender, ...]:
    """Tenders that cover a total exactly."""
    if total == 0:
        return ()
    by_qr = draw(st.integers(0, total))
    tenders = []
    if by_qr:
        tenders.append(Tender(draw(IDS), "QR_VNPAY", by_qr, provider="VNPAY", provider_txn_id="VN 1"))
    if total > by_qr:
        due = total - by_qr
        tenders.append(cash_tender(draw(IDS), due, due + draw(st.integers(0, 500_000))))
    return tuple(tenders)


def line(**members: Any) -> Line:
    """One can of cola at 10,000 ₫, VAT 8 %, but for what the test says."""
    values: dict[str, Any] = {
        "line_item_id": UUID(int=1),
        "sku_id": "COLA",
        "barcode": "8934680083898",
        "product_name": "Coca-Cola 330ml",
        "category": "Đồ uống",
        "quantity": 1,
        "unit_price": 10_000,
        "tax_rate": Decimal("0.08"),
    } | members
    return Line(**({"list_price": values["unit_price"]} | values))


def sale(
    lines: tuple[Line, ...] | None = None, *, prices_include_tax: bool = True, **members: Any
) -> SaleRecorded:
    """A sale of these lines paid in cash, but for what the test says."""
    sold = (line(),) if lines is None else lines
    totals = ring_up(Basket(prices_include_tax, lines=sold))
    values: dict[str, Any] = {
        "transaction_id": UUID(int=100),
        "store_id": "STORE_001",
        "terminal_id": "POS_01",
        "cashier_id": "CASHIER_007",
        "receipt_number": "POS_01-000001",
        "business_date": date(2026, 11, 1),
        "sold_at": datetime(2026, 11, 1, 4, 30, 45, tzinfo=UTC),
        "currency": "VND",
        "prices_include_tax": prices_include_tax,
        "lines": sold,
        "totals": totals,
        "tenders": (cash_tender(UUID(int=200), totals.total_amount, totals.total_amount),),
    } | members
    return SaleRecorded(**values)
