"""The sales report (FR-7.2): figures of paid sales in any mix of groups, to the last đồng.

A sale counts on its own business day, for ever. A void counts on the day it was made, as
`refund_amount`, under the groups of the sale it cancels. Lines of a sale belong to its tenders in
proportion where it was paid with several; every line is shared out without a remainder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

FIGURES = (
    "transaction_count",
    "item_quantity",
    "subtotal",
    "discount_amount",
    "tax_amount",
    "total_amount",
    "refund_amount",
)


class Group(StrEnum):
    """What a report can be broken down by."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    STORE = "store"
    SKU = "sku"
    CATEGORY = "category"
    CASHIER = "cashier"
    TENDER = "tender"


# Each group's column in the answer and its expression. `t` is the sale, `l` its line, `p` its payment;
# {day} and {at} are the business day and moment of what is counted, the sale or its void.
_COLUMNS = {
    Group.HOUR: ("hour", "extract(hour FROM {at} AT TIME ZONE :timezone)::int"),
    Group.DAY: ("day", "to_char({day}, 'YYYY-MM-DD')"),
    Group.WEEK: ("week", """to_char({day}, 'IYYY-"W"IW')"""),
    Group.MONTH: ("month", "to_char({day}, 'YYYY-MM')"),
    Group.STORE: ("store_id", "t.store_id"),
    Group.SKU: ("sku_id", "l.sku_id"),
    Group.CATEGORY: ("category", "l.category"),
    Group.CASHIER: ("cashier_id", "t.cashier_id"),
    Group.TENDER: ("payment_method", "p.payment_method"),
}
_BY_LINE = frozenset({Group.SKU, Group.CATEGORY})

_LINES = "JOIN line_items l ON l.transaction_id = t.id AND l.business_date = t.business_date"
_TENDER = """SELECT transaction_id, payment_method, payment_number, amount,
        sum(amount) OVER (PARTITION BY transaction_id ORDER BY payment_number) AS upto FROM payments"""
_TENDERS_OF_SALES = f"""LEFT JOIN ({_TENDER} WHERE business_date >= :first AND business_date < :until) p
        ON p.transaction_id = t.id"""
_TENDERS_OF_VOIDS = f"""LEFT JOIN LATERAL
        ({_TENDER} WHERE transaction_id = t.id AND business_date = t.business_date) p ON true"""
_STORES = "(:every_store OR t.store_id = ANY(:stores))"

_REPORT = """
SELECT {names} count(DISTINCT sale_id) AS transaction_count,
    coalesce(sum(item_quantity), 0)::bigint AS item_quantity,
    coalesce(sum(subtotal), 0)::bigint AS subtotal,
    coalesce(sum(discount_amount), 0)::bigint AS discount_amount,
    coalesce(sum(tax_amount), 0)::bigint AS tax_amount,
    coalesce(sum(total_amount), 0)::bigint AS total_amount,
    coalesce(sum(refund_amount), 0)::bigint AS refund_amount
FROM (
    SELECT {sale_groups} t.id AS sale_id, {item_quantity} AS item_quantity, {subtotal} AS subtotal,
        {discount} AS discount_amount, {tax} AS tax_amount, {total} AS total_amount, 0 AS refund_amount
    FROM transactions t {lines} {tenders_of_sales}
    WHERE t.business_date >= :first AND t.business_date < :until AND {stores}
    UNION ALL
    SELECT {void_groups} NULL, 0, 0, 0, 0, 0, {total}
    FROM voids v JOIN transactions t ON t.id = v.transaction_id AND t.business_date = v.sale_date
        {lines} {tenders_of_voids}
    WHERE v.business_date >= :first AND v.business_date < :until AND {stores}
) AS counted
{grouped}
"""


@dataclass(frozen=True, slots=True)
class SalesReport:
    """Rows by column name: the groups in the order asked for, then the figures (minor units)."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]


def sales_report(
    tx: Connection,
    first: date,
    until: date,
    groups: Sequence[Group],
    timezone: str,
    store_ids: Sequence[str] | None = None,
) -> SalesReport:
    """Sales of the business days from `first` up to, but not including, `until`.

    `timezone`: the zone of the hours; `store_ids`: only these stores (None: all).
    """
    found = tx.execute(
        text(_statement(groups)),
        {
            "first": first,
            "until": until,
            "timezone": timezone,
            "every_store": store_ids is None,
            "stores": list(store_ids or ()),
        },
    )
    columns = (*(_COLUMNS[group][0] for group in groups), *FIGURES)
    return SalesReport(columns, [dict(row) for row in found.mappings()])


def _statement(groups: Sequence[Group]) -> str:
    by_line, by_tender = bool(_BY_LINE.intersection(groups)), Group.TENDER in groups

    def figure(of_sale: str, of_line: str) -> str:
        amount = f"l.{of_line}" if by_line else f"t.{of_sale}"
        return _shared(amount) if by_tender else amount

    def expressions(day: str, at: str) -> str:
        return "".join(
            f"{_COLUMNS[group][1].format(day=day, at=at)} AS {_COLUMNS[group][0]}, " for group in groups
        )

    names = ", ".join(_COLUMNS[group][0] for group in groups)
    return _REPORT.format(
        names=f"{names}," if groups else "",
        sale_groups=expressions("t.business_date", "t.sold_at"),
        void_groups=expressions("v.business_date", "v.voided_at"),
        item_quantity=figure("item_quantity", "item_quantity"),
        subtotal=figure("subtotal", "line_subtotal"),
        discount=figure("discount_amount", "line_discount"),
        tax=figure("tax_amount", "tax_amount"),
        total=figure("total_amount", "line_amount"),
        lines=_LINES if by_line else "",
        tenders_of_sales=_TENDERS_OF_SALES if by_tender else "",
        tenders_of_voids=_TENDERS_OF_VOIDS if by_tender else "",
        stores=_STORES,
        grouped=f"GROUP BY {names} ORDER BY {names}" if groups else "",
    ).replace("::", "\\:\\:")


def _shared(amount: str) -> str:
    """The part of an amount that a tender pays: what is due up to it, less what was due before it.

    The parts add up to the amount, and the parts of a total are the tenders' own amounts. Where nothing
    was to be paid, everything belongs to the first tender, or to none.
    """
    upto = f"div({amount}::numeric * p.upto, t.total_amount)"
    before = f"div({amount}::numeric * (p.upto - p.amount), t.total_amount)"
    free = f"CASE WHEN coalesce(p.payment_number, 1) = 1 THEN {amount} ELSE 0 END"
    return f"(CASE WHEN t.total_amount = 0 THEN {free} ELSE {upto} - {before} END)"
