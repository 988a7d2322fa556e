"""Who may do what, whose yes counts, and how a sale moves."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.approval import (
    REASON_LIMIT,
    Approval,
    ApprovalDoesNotCover,
    ApprovalNeeded,
    ReasonNeeded,
    approve,
    authorise,
    reason_given,
)
from retail.sale import (
    MOVES,
    TABLE,
    Deed,
    DeedNotAllowed,
    LoggedMove,
    SaleState,
    move,
    moved,
)
from retail.staff import PERMISSIONS, Permission, PermissionDenied, Role, demand, may
from tests.make_returns import AT, approval

roles = st.sampled_from(Role)
permissions = st.sampled_from(Permission)
MANAGER_ONLY = {
    Permission.OPEN_DRAWER,
    Permission.MOVE_CASH,
    Permission.CLOSE_SHIFT_OF_OTHERS,
    Permission.ACCEPT_DIFFERENCE,
    Permission.PRICE_OVERRIDE,
    Permission.VOID,
    Permission.REFUND,
    Permission.REFUND_WITHOUT_RECEIPT,
    Permission.SELL_OFFLINE_LONG,
    Permission.ADJUST_STOCK,
    Permission.VIEW_REPORTS,
    Permission.SETTLE_FACTS,
}
ADMIN_ONLY = {
    Permission.LATE_REFUND,
    Permission.EDIT_CATALOGUE,
    Permission.EDIT_PROMOTIONS,
    Permission.MANAGE_PEOPLE,
    Permission.MANAGE_MEMBERS,
    Permission.MANAGE_DEVICES,
    Permission.VIEW_AUDIT,
}


def test_a_manager_may_what_a_cashier_may_and_an_admin_everything() -> None:
    cashier, manager, admin = (PERMISSIONS[role] for role in (Role.CASHIER, Role.MANAGER, Role.ADMIN))
    assert cashier < manager < admin == set(Permission)
    assert manager - cashier == MANAGER_ONLY
    assert admin - manager == ADMIN_ONLY


def test_an_auditor_sees_and_changes_nothing() -> None:
    assert PERMISSIONS[Role.AUDITOR] == {Permission.VIEW_REPORTS, Permission.VIEW_AUDIT}


@given(roles, permissions)
def test_what_a_role_may_not_is_refused_with_role_and_permission(role: Role, permission: Permission) -> None:
    if may(role, permission):
        demand(role, permission)
        return
    with pytest.raises(PermissionDenied) as refused:
        demand(role, permission)
    assert refused.value.detail == {"role": role.value, "permission": permission.value}


# ---------------------------------------------------------------------------------- approvals


def test_an_approval_names_who_what_how_much_and_why() -> None:
    yes = approve(
        Permission.REFUND, 50_000, approved_by="minh", role=Role.MANAGER, reason=" torn  bag ", at=AT
    )
    assert yes == Approval("minh", Permission.REFUND, 50_000, "torn bag", AT)
    assert Approval.from_body(yes.to_body()) == yes
    with pytest.raises(PermissionDenied):
        approve(Permission.REFUND, 1, approved_by="lan", role=Role.CASHIER, reason="please", at=AT)
    with pytest.raises(ReasonNeeded) as refused:
        approve(Permission.REFUND, 1, approved_by="minh", role=Role.MANAGER, reason=" \n", at=AT)
    assert refused.value.detail == {"permission": "refund"}


def test_a_reason_is_one_line_that_a_log_can_hold() -> None:
    assert reason_given("a\n b", Permission.VOID) == "a b"
    assert reason_given("x" * 300, Permission.VOID) == "x" * REASON_LIMIT


@given(roles, permissions, permissions, st.integers(0, 100), st.integers(0, 100))
def test_a_yes_counts_for_its_own_act_and_up_to_its_amount(
    role: Role, act: Permission, approved: Permission, amount: int, covered: int
) -> None:
    yes = approval(approved, covered)
    if may(role, act):
        authorise(role, act, amount)
        authorise(role, act, amount, yes)
        return
    with pytest.raises(ApprovalNeeded) as needed:
        authorise(role, act, amount)
    assert needed.value.detail == {"permission": act.value, "amount": amount}
    if approved is act and covered >= amount:
        authorise(role, act, amount, yes)
    else:
        with pytest.raises(ApprovalDoesNotCover) as wrong:
            authorise(role, act, amount, yes)
        assert wrong.value.detail == {
            "permission": act.value,
            "amount": amount,
            "approved_amount": covered,
        }


# ------------------------------------------------------------------------------------- states


@pytest.mark.parametrize("state", SaleState)
@pytest.mark.parametrize("deed", Deed)
def test_every_deed_in_every_state_moves_by_the_table_or_is_refused(state: SaleState, deed: Deed) -> None:
    if (state, deed) in TABLE:
        row = TABLE[state, deed]
        assert moved(state, deed) is row.to is MOVES[state, deed]
        done = move(state, deed, Role.ADMIN, reason="asked for")
        assert done == LoggedMove(state, deed, row.to, row.audit, "asked for", None)
    else:
        for deny in (lambda: moved(state, deed), lambda: move(state, deed, Role.ADMIN, reason="no")):
            with pytest.raises(DeedNotAllowed) as refused:
                deny()
            assert refused.value.detail == {"state": state.value, "deed": deed.value}


def test_a_sale_that_is_void_or_refunded_stays_so() -> None:
    assert {state for state, _ in TABLE} == set(SaleState) - {SaleState.VOID, SaleState.REFUNDED}


def test_every_move_has_an_audit_code_of_its_own() -> None:
    assert len({row.audit for row in TABLE.values()}) == len(TABLE)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", row.audit) for row in TABLE.values())


def test_whatever_undoes_a_paid_sale_needs_words_and_nothing_before_it_does() -> None:
    late = {SaleState.PAID, SaleState.REFUND_REQUESTED}
    assert {place for place, row in TABLE.items() if row.reason_needed} == {
        place for place in TABLE if place[0] in late
    }
    with pytest.raises(ReasonNeeded):
        move(SaleState.PAID, Deed.VOID, Role.MANAGER)
    assert move(SaleState.DRAFT, Deed.VOID, Role.CASHIER).reason == ""


def test_a_cashier_voids_a_paid_sale_with_a_managers_yes_and_the_log_says_whose() -> None:
    with pytest.raises(ApprovalNeeded):
        move(SaleState.PAID, Deed.VOID, Role.CASHIER, reason="double", amount=5)
    yes = approval(Permission.VOID, 5)
    done = move(SaleState.PAID, Deed.VOID, Role.CASHIER, reason="double", amount=5, approval=yes)
    assert done == LoggedMove(
        SaleState.PAID, Deed.VOID, SaleState.VOID, "sale-voided", "double", approved_by="minh"
    )
    with pytest.raises(ApprovalDoesNotCover):
        move(SaleState.PAID, Deed.VOID, Role.CASHIER, reason="double", amount=6, approval=yes)
    alone = move(SaleState.PAID, Deed.VOID, Role.MANAGER, reason="double", amount=5, approval=yes)
    assert alone.approved_by is None, "who may do it alone needed nobody"
