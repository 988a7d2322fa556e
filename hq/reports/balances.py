"""What is kept up beside the books, held against what made it: stock, points, uses of vouchers, refunds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

_STOCK = text("""
    SELECT store_id, sku_id, coalesce(l.current_stock, 0) AS kept, coalesce(m.moved, 0) AS made
    FROM stock_levels l FULL JOIN (
        SELECT store_id, sku_id, sum(quantity_delta)::bigint AS moved FROM stock_movements GROUP BY 1, 2
    ) m USING (store_id, sku_id)
    WHERE coalesce(l.current_stock, 0) <> coalesce(m.moved, 0) ORDER BY 1, 2
""")
_BALANCES = text("""
    SELECT member_id, coalesce(b.points, 0) AS kept, coalesce(p.points, 0) AS made
    FROM point_balances b FULL JOIN (
        SELECT member_id, sum(points_earned - points_taken_back)::bigint AS points
        FROM member_points GROUP BY 1
    ) p USING (member_id)
    WHERE coalesce(b.points, 0) <> coalesce(p.points, 0) ORDER BY 1
""")
_EARNED = text("SELECT member_id, sum(points_earned)::bigint AS made FROM member_points GROUP BY 1")
_USES = text("SELECT code, count(*) AS made FROM voucher_uses GROUP BY 1")
_NOT_UNDONE = text("""
    SELECT v.transaction_id FROM voids v
    WHERE EXISTS (SELECT FROM member_points p
            WHERE p.transaction_id = v.transaction_id AND p.points_taken_back <> p.points_earned)
        OR EXISTS (SELECT FROM voucher_uses u
            WHERE u.transaction_id = v.transaction_id AND NOT u.given_back)
    ORDER BY 1
""")
_REFUNDS = text("""
    SELECT r.id, r.total_amount AS kept,
        (SELECT coalesce(sum(l.line_amount), 0) FROM refund_lines l WHERE l.refund_id = r.id)::bigint
            AS lines,
        (SELECT coalesce(sum(t.amount), 0) FROM refund_tenders t WHERE t.refund_id = r.id)::bigint
            - r.rounding_amount AS tenders
    FROM refunds r ORDER BY 1
""")


def unequal_balances(tx: Connection, earned: Mapping[str, int], uses: Mapping[str, int]) -> Iterator[str]:
    """What does not come out, in sentences; `earned` by member and `uses` by voucher as the facts say."""
    for row in tx.execute(_STOCK):
        yield f"{row.store_id} {row.sku_id}: the movements make {row.made}, the level says {row.kept}"
    for row in tx.execute(_BALANCES):
        yield f"member {row.member_id}: the sales make {row.made} points, the balance says {row.kept}"
    booked = {row.member_id: row.made for row in tx.execute(_EARNED)}
    for member_id in sorted(booked.keys() | earned.keys()):
        facts, books = earned.get(member_id, 0), booked.get(member_id, 0)
        if facts != books:
            yield f"member {member_id}: the facts say {facts} points earned, the books {books}"
    used = {row.code: row.made for row in tx.execute(_USES)}
    for code in sorted(used.keys() | uses.keys()):
        facts, books = uses.get(code, 0), used.get(code, 0)
        if facts != books:
            yield f"voucher {code}: the facts say {facts} uses, the books {books}"
    for row in tx.execute(_NOT_UNDONE):
        yield f"transaction {row.transaction_id} is void, and its points or vouchers are not given back"
    for row in tx.execute(_REFUNDS):
        if not row.kept == row.lines == row.tenders:
            by = f"{row.lines} by its lines, {row.tenders} by its tenders"
            yield f"refund {row.id}: {row.kept} in all, {by}"
