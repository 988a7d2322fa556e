"""Stock: movements with reasons, levels, counts with the 5 % flag, and what to order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.basket import Line
from retail.refund import BroughtBack, RefundRules, refund
from retail.stock import (
    REASONS,
    AdjustmentType,
    BadStockCount,
    CountResult,
    Movement,
    NotEnoughStock,
    ReorderRule,
    StockLevel,
    StockReason,
    StockReasonNotAllowed,
    counted,
    demand_stock,
    levels_of,
    movement_for,
    movement_of_count,
    movements_of_refund,
    movements_of_sale,
    reorder,
)
from tests.make_returns import counter, line, number, sale

SIX: dict[str, Any] = {"pack_of": "cola", "pack_size": 6}
skus = st.sampled_from(["cola", "rice", "water"])
movements = st.lists(
    st.builds(Movement, skus, st.integers(-50, 50), st.sampled_from(AdjustmentType)), max_size=20
)


def test_a_sale_takes_out_single_pieces_and_packs_of_the_same_goods() -> None:
    lines = [line("cola", 2), line("rice", 1, n=2), line("cola6", 3, n=3, **SIX)]
    assert movements_of_sale(lines) == [
        Movement("cola", -20, AdjustmentType.SALE),
        Movement("rice", -1, AdjustmentType.SALE),
    ]
    assert movements_of_sale(lines, AdjustmentType.VOID) == [
        Movement("cola", 20, AdjustmentType.VOID),
        Movement("rice", 1, AdjustmentType.VOID),
    ]


def test_a_refund_brings_goods_in_and_writes_spoilt_ones_off() -> None:
    sold = sale(line("cola", 2), line("cola6", 2, 50_000, n=2, **SIX))
    back = [BroughtBack(number(1), 2), BroughtBack(number(2), 1), BroughtBack(number(2), 1, restock=False)]
    part = refund(sold, [], back, counter(), RefundRules(), refund_id=number(9))
    assert movements_of_refund(part.lines) == [
        Movement("cola", 14, AdjustmentType.REFUND),
        Movement("cola", -6, AdjustmentType.SHRINKAGE),
    ]


@pytest.mark.parametrize("reason", StockReason)
def test_every_reason_moves_stock_in_its_direction_only(reason: StockReason) -> None:
    rule = REASONS[reason]
    for delta, allowed in ((1, rule.comes_in), (-1, rule.goes_out), (0, False)):
        if allowed:
            assert movement_for("cola", delta, reason) == Movement("cola", delta, rule.adjustment_type)
        else:
            with pytest.raises(StockReasonNotAllowed) as refused:
                movement_for("cola", delta, reason)
            assert refused.value.detail == {"reason": reason.value, "quantity_delta": delta}


def test_what_is_gone_for_good_is_shrinkage_and_a_delivery_is_receiving() -> None:
    shrinks = {reason for reason, rule in REASONS.items() if rule.adjustment_type is AdjustmentType.SHRINKAGE}
    assert shrinks == {StockReason.DAMAGED, StockReason.EXPIRED, StockReason.STOLEN}
    assert movement_for("cola", 24, StockReason.DELIVERY).adjustment_type is AdjustmentType.RECEIVING
    inward = {reason for reason, rule in REASONS.items() if rule.comes_in}
    assert inward == {
        StockReason.DELIVERY,
        StockReason.TRANSFER_IN,
        StockReason.FOUND,
        StockReason.COUNTED,
    }
    assert {reason for reason, rule in REASONS.items() if rule.comes_in and rule.goes_out} == {
        StockReason.COUNTED
    }


def test_a_level_knows_what_open_baskets_hold() -> None:
    moved = [Movement("cola", 24, AdjustmentType.RECEIVING), Movement("cola", -4, AdjustmentType.SALE)]
    levels = levels_of(moved, [line("cola", 2), line("cola6", 1, n=2, **SIX), line("rice", 1, n=3)])
    assert levels == {"cola": StockLevel("cola", 20, 8), "rice": StockLevel("rice", 0, 1)}
    assert (levels["cola"].available, levels["rice"].available) == (12, -1)
    demand_stock(levels["cola"], 12)
    with pytest.raises(NotEnoughStock) as refused:
        demand_stock(levels["cola"], 13)
    assert refused.value.detail == {"sku_id": "cola", "available_quantity": 12}


@given(movements, st.data())
def test_a_level_is_the_sum_of_its_movements_in_any_order(moved: list[Movement], data: st.DataObject) -> None:
    levels = levels_of(moved)
    assert levels == levels_of(data.draw(st.permutations(moved)))
    assert list(levels) == sorted({movement.sku_id for movement in moved})
    for sku_id, level in levels.items():
        assert level.on_hand == sum(m.quantity_delta for m in moved if m.sku_id == sku_id)


@given(st.lists(st.builds(line, skus, st.integers(1, 9)), max_size=8))
def test_a_void_puts_back_exactly_what_the_sale_took(lines: list[Line]) -> None:
    both = [*movements_of_sale(lines), *movements_of_sale(lines, AdjustmentType.VOID)]
    assert all(level.on_hand == 0 for level in levels_of(both).values())


@pytest.mark.parametrize(
    ("system", "found", "flagged"),
    [(100, 95, False), (100, 94, True), (100, 105, False), (100, 106, True), (0, 0, False), (0, 1, True)],
)
def test_a_count_more_than_five_percent_off_is_flagged(system: int, found: int, flagged: bool) -> None:
    result = counted("cola", system, found)
    assert (result.sku_id, result.flagged, result.difference) == ("cola", flagged, found - system)
    assert result.shrinkage == max(0, system - found)


def test_where_the_figures_say_less_than_nothing_every_count_is_flagged() -> None:
    assert counted("cola", -2, 0).flagged
    assert counted("cola", -2, 0).shrinkage == 0
    assert not counted("cola", 100, 90, threshold_percent=10).flagged
    assert counted("cola", 0, 1, threshold_percent=100).flagged
    with pytest.raises(BadStockCount) as refused:
        counted("cola", 5, -1)
    assert refused.value.detail == {"sku_id": "cola", "quantity": -1}


@given(st.integers(-100, 1000), st.integers(0, 1000))
def test_after_a_count_the_figures_are_what_was_counted(system: int, found: int) -> None:
    result = counted("cola", system, found)
    movement = movement_of_count(result)
    assert system + (movement.quantity_delta if movement else 0) == found
    if movement is not None:
        assert movement.sku_id == "cola"
        missing = movement.quantity_delta < 0
        assert movement.adjustment_type is (AdjustmentType.SHRINKAGE if missing else AdjustmentType.COUNT)


def test_a_count_that_fits_moves_nothing() -> None:
    assert movement_of_count(CountResult("cola", 5, 5, flagged=False)) is None


def test_an_order_lasts_for_its_days_and_comes_in_whole_cases() -> None:
    rule = ReorderRule(low_quantity=10, safety_quantity=5, lead_days=2, cover_days=7, case_size=24)
    # 3 a day: 6 until the order is here, 27 until the end of its days, and 5 for safety.
    advice = reorder(StockLevel("cola", 11), 42, 14, rule)
    assert (advice.low, advice.reorder_point, advice.order_quantity) == (False, 11, 24)
    assert reorder(StockLevel("cola", 12), 42, 14, rule).order_quantity == 0
    assert reorder(StockLevel("cola", 10), 42, 14, rule).low
    assert reorder(StockLevel("cola", 12, reserved=2), 42, 14, rule).low, (
        "what is reserved is as good as gone"
    )
    assert reorder(StockLevel("cola", 0), 42, 14, rule).order_quantity == 48
    assert reorder(StockLevel("cola", -20), 42, 14, rule).order_quantity == 72
    assert reorder(StockLevel("cola", 5), 1, 30, ReorderRule(lead_days=1)).reorder_point == 1, "rounded up"
    assert reorder(StockLevel("cola", 0), 0, 1, ReorderRule()).order_quantity == 0
    assert reorder(StockLevel("cola", 0), 0, 1, ReorderRule()).low
    one = ReorderRule(safety_quantity=1, lead_days=0, cover_days=0)
    assert reorder(StockLevel("cola", 0), 0, 1, one).order_quantity == 1, "one is worth an order"


@pytest.mark.parametrize(("sold", "days"), [(1, 0), (1, -1), (-1, 1)])
def test_a_demand_that_cannot_be_is_a_mistake_of_the_program(sold: int, days: int) -> None:
    with pytest.raises(ValueError, match="must be positive and"):
        reorder(StockLevel("cola", 5), sold, days, ReorderRule())


@given(
    st.integers(-50, 500),
    st.integers(0, 500),
    st.integers(1, 60),
    st.builds(
        ReorderRule,
        st.integers(0, 50),
        st.integers(0, 50),
        st.integers(0, 10),
        st.integers(0, 30),
        st.integers(1, 48),
    ),
)
def test_what_is_ordered_fills_up_to_the_target_and_less_than_a_case_beyond(
    stock: int, sold: int, days: int, rule: ReorderRule
) -> None:
    level = StockLevel("cola", stock)
    advice = reorder(level, sold, days, rule)
    target = -(-sold * (rule.lead_days + rule.cover_days) // days) + rule.safety_quantity
    assert advice.order_quantity % rule.case_size == 0
    if advice.order_quantity:
        assert stock <= advice.reorder_point
        assert target <= stock + advice.order_quantity < target + rule.case_size
    else:
        assert stock > advice.reorder_point or stock >= target
