"""States, permissions, stock and refusals: the small tables of the shop."""

from __future__ import annotations

from itertools import product
from uuid import UUID

import pytest

from retail.refusal import Refusal, all_refusals
from retail.sale import MOVES, Deed, DeedNotAllowed, SaleState, moved, state_table
from retail.staff import PERMISSIONS, Permission, PermissionDenied, Role, demand, may, permission_table
from retail.stock import AdjustmentType, Movement, movements_of_sale
from tests.unit.retail_strategies import line


@pytest.mark.parametrize(("state", "deed"), list(product(SaleState, Deed)), ids=str)
def test_every_deed_moves_every_state_as_the_table_says_or_is_refused(state: SaleState, deed: Deed) -> None:
    if (state, deed) in MOVES:
        assert moved(state, deed) is MOVES[state, deed]
        return
    with pytest.raises(DeedNotAllowed) as caught:
        moved(state, deed)
    assert caught.value.detail == {"state": state.value, "deed": deed.value}


def test_the_states_are_the_six_of_the_specification() -> None:
    assert [state.value for state in SaleState] == [
        "DRAFT",
        "PENDING_PAYMENT",
        "PAID",
        "VOID",
        "REFUND_REQUESTED",
        "REFUNDED",
    ]


def test_every_state_can_be_reached_from_a_draft_and_two_are_the_end() -> None:
    reached, fresh = {SaleState.DRAFT}, {SaleState.DRAFT}
    while fresh:
        fresh = {after for (state, _), after in MOVES.items() if state in fresh} - reached
        reached |= fresh
    assert reached == set(SaleState)
    assert set(SaleState) - {state for state, _ in MOVES} == {SaleState.VOID, SaleState.REFUNDED}


def test_only_a_payment_makes_a_sale_paid() -> None:
    ways = {(state, deed) for (state, deed), after in MOVES.items() if after is SaleState.PAID}
    assert ways == {
        (SaleState.PENDING_PAYMENT, Deed.CONFIRM_PAYMENT),
        (SaleState.REFUND_REQUESTED, Deed.DECLINE_REFUND),
        (SaleState.REFUND_REQUESTED, Deed.REFUND_PART),
    }


def test_the_table_has_a_row_for_every_state_and_a_column_for_every_deed() -> None:
    rows = [row.strip("| ").split(" | ") for row in state_table().splitlines()]
    assert len(rows) == len(SaleState) + 2
    assert rows[0] == ["state", *Deed]


@pytest.mark.parametrize(("role", "permission"), list(product(Role, Permission)), ids=str)
def test_a_role_may_what_its_row_says_and_nothing_else(role: Role, permission: Permission) -> None:
    if permission in PERMISSIONS[role]:
        assert may(role, permission)
        demand(role, permission)
        return
    assert not may(role, permission)
    with pytest.raises(PermissionDenied) as caught:
        demand(role, permission)
    assert caught.value.detail == {"role": role.value, "permission": permission.value}


def test_a_manager_may_all_a_cashier_may_and_an_admin_everything() -> None:
    assert PERMISSIONS[Role.CASHIER] < PERMISSIONS[Role.MANAGER] < PERMISSIONS[Role.ADMIN]
    assert PERMISSIONS[Role.ADMIN] == set(Permission)
    assert not may(Role.CASHIER, Permission.VOID)
    assert not may(Role.CASHIER, Permission.PRICE_OVERRIDE)


def test_the_permissions_print_themselves() -> None:
    assert "| void |  | yes | yes |  |" in permission_table().splitlines()


def test_a_sale_moves_each_thing_once_and_packs_move_what_they_are_made_of() -> None:
    lines = [
        line(sku_id="COLA", quantity=2),
        line(line_item_id=UUID(int=2), sku_id="COLA6", quantity=3, pack_of="COLA", pack_size=6),
        line(line_item_id=UUID(int=3), sku_id="TEA", quantity=1),
        line(line_item_id=UUID(int=4), sku_id="COLA", quantity=1),
    ]
    assert movements_of_sale(lines) == [
        Movement("COLA", -21, AdjustmentType.SALE),
        Movement("TEA", -1, AdjustmentType.SALE),
    ]


def test_a_void_puts_back_exactly_what_the_sale_took() -> None:
    lines = [line(quantity=2), line(line_item_id=UUID(int=2), sku_id="TEA", quantity=5)]
    taken, back = movements_of_sale(lines), movements_of_sale(lines, AdjustmentType.VOID)
    assert [(m.sku_id, -m.quantity_delta) for m in taken] == [(m.sku_id, m.quantity_delta) for m in back]
    assert {movement.adjustment_type for movement in back} == {AdjustmentType.VOID}


def test_no_two_refusals_of_the_shop_share_a_code() -> None:
    ours = [refusal for refusal in all_refusals() if refusal.__module__.startswith("retail.")]
    codes = [refusal.code for refusal in ours]
    assert len(codes) == len(set(codes)) > 20
    assert Refusal.code not in codes
    for refusal in ours:
        assert refusal.code == refusal.code.lower().replace(" ", "-")
        assert refusal.__doc__


def test_a_refusal_names_its_figures() -> None:
    refusal = DeedNotAllowed(state="PAID", deed="ask payment")
    assert refusal.detail == {"state": "PAID", "deed": "ask payment"}
    assert str(refusal) == "deed-not-allowed(state=PAID, deed=ask payment)"
