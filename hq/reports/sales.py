"""The sales report (FR-7.2): figures of paid sales in any mix of groups, to the last đồng.

A sale counts on its own business day, for ever. A void or refund counts on the day it was made, as
`refund_amount`, under the groups of the sale it is of, and under the tender that paid it back. Lines of
a sale belong to its tenders in proportion where it was paid with several; every line is shared out
without a remainder.
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


# Each group's column in the answer and its expression: `s` is what is counted (a sale, a void with the
# figures of the sale it cancels, or a refund) on its own day and moment, `l` one of its lines.
_COLUMNS = {
    Group.HOUR: ("hour", "extract(hour FROM s.at AT TIME ZONE :timezone)::int"),
    Group.DAY: ("day", "to_char(s.day, 'YYYY-MM-DD')"),
    Group.WEEK: ("week", """to_char(s.day, 'IYYY-"W"IW')"""),
    Group.MONTH: ("month", "to_char(s.day, 'YYYY-MM')"),
    Group.STORE: ("store_id", "s.store_id"),
    Group.SKU: ("sku_id", "l.sku_id"),
    Group.CATEGORY: ("category", "l.category"),
    Group.CASHIER: ("cashier_id", "s.cashier_id"),
    Group.TENDER: ("payment_method", "s.payment_method"),
}
_BY_LINE = frozenset({Group.SKU, Group.CATEGORY})

# Only tables are joined, each by an index that begins with the sale's id: a subquery in their place can
# end in a join of everything with everything while a new month has no statistics (measured: minutes).
_LINES = "JOIN line_items l ON l.transaction_id = s.id AND l.business_date = s.business_date"
_TENDERS = "LEFT JOIN payments p ON p.transaction_id = t.id AND p.business_date = t.business_date"
_REFUND_LINES = "JOIN refund_lines l ON l.refund_id = s.id AND l.business_date = s.business_date"
_REFUND_TENDERS = "LEFT JOIN refund_tenders p ON p.refund_id = t.id AND p.business_date = t.business_date"
_OF_TENDERS = """, p.payment_method, p.payment_number, p.amount,
        sum(p.amount) OVER (PARTITION BY t.id) AS paid,
        sum(p.amount) OVER (PARTITION BY t.id ORDER BY p.payment_number) AS upto"""

_REPORT = """
SELECT {names} count(DISTINCT sale_id) AS transaction_count,
    coalesce(sum(item_quantity), 0)::bigint AS item_quantity,
    coalesce(sum(subtotal), 0)::bigint AS subtotal,
    coalesce(sum(discount_amount), 0)::bigint AS discount_amount,
    coalesce(sum(tax_amount), 0)::bigint AS tax_amount,
    coalesce(sum(total_amount), 0)::bigint AS total_amount,
    coalesce(sum(refund_amount), 0)::bigint AS refund_amount
FROM (
    SELECT {groups} s.id AS sale_id, {item_quantity} AS item_quantity, {subtotal} AS subtotal,
        {discount} AS discount_amount, {tax} AS tax_amount, {total} AS total_amount, 0 AS refund_amount
    FROM (
        SELECT t.*, t.business_date AS day, t.sold_at AS at {of_tenders}
        FROM transactions t {tenders}
        WHERE t.business_date >= :first AND t.business_date < :until
            AND (:every_store OR t.store_id = ANY(:stores))
    ) AS s {lines}
    UNION ALL
    SELECT {groups} NULL, 0, 0, 0, 0, 0, {total}
    FROM (
        SELECT t.*, v.business_date AS day, v.voided_at AS at {of_tenders}
        FROM voids v
            JOIN transactions t ON t.id = v.transaction_id AND t.business_date = v.sale_date {tenders}
        WHERE v.business_date >= :first AND v.business_date < :until
            AND (:every_store OR v.store_id = ANY(:stores))
    ) AS s {lines}
    UNION ALL
    SELECT {groups} NULL, 0, 0, 0, 0, 0, {total}
    FROM (
        SELECT t.*, t.business_date AS day, t.refunded_at AS at {of_tenders}
        FROM refunds t {refund_tenders}
        WHERE t.business_date >= :first AND t.business_date < :until
            AND (:every_store OR t.store_id = ANY(:stores))
    ) AS s {refund_lines}
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
        amount = f"l.{of_line}" if by_line else f"s.{of_sale}"
        return _shared(amount) if by_tender else amount

    columns = [_COLUMNS[group] for group in groups]
    names = ", ".join(name for name, _ in columns)
    return _REPORT.format(
        names=f"{names}," if groups else "",
        groups="".join(f"{expression} AS {name}, " for name, expression in columns),
        item_quantity=figure("item_quantity", "item_quantity"),
        subtotal=figure("subtotal", "line_subtotal"),
        discount=figure("discount_amount", "line_discount"),
        tax=figure("tax_amount", "tax_amount"),
        total=figure("total_amount", "line_amount"),
        lines=_LINES if by_line else "",
        refund_lines=_REFUND_LINES if by_line else "",
        tenders=_TENDERS if by_tender else "",
        refund_tenders=_REFUND_TENDERS if by_tender else "",
        of_tenders=_OF_TENDERS if by_tender else "",
        grouped=f"GROUP BY {names} ORDER BY {names}" if groups else "",
    ).replace("::", "\\:\\:")


def _shared(amount: str) -> str:
    """The part of an amount that a tender pays: what is due up to it, less what was due before it.

    The parts add up to the amount, and the parts of a total are the tenders' own amounts where cash was
    not rounded. Where nothing was paid, everything belongs to the first tender, or to none.
    """
    upto = f"div({amount}::numeric * s.upto, s.paid)"
    before = f"div({amount}::numeric * (s.upto - s.amount), s.paid)"
    free = f"CASE WHEN coalesce(s.payment_number, 1) = 1 THEN {amount} ELSE 0 END"
    return f"(CASE WHEN coalesce(s.paid, 0) = 0 THEN {free} ELSE {upto} - {before} END)"
