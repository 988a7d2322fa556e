"""Reading conflicts: what was told in facts, and what was set aside because two do not agree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

PAGE_MAX = 1_000
COLUMNS = ("kind", "store_id", "subject", "found_at", "detail", "decision")

_CONFLICTS = text("""
    WITH used AS (
        SELECT u.*, coalesce(v.max_uses, 1) AS max_uses,
            row_number() OVER (PARTITION BY u.code ORDER BY u.used_at, u.transaction_id) AS use,
            jsonb_agg(jsonb_build_object('transaction_id', u.transaction_id, 'store_id', u.store_id,
                'terminal_id', u.terminal_id, 'used_at', u.used_at)) OVER (PARTITION BY u.code) AS uses
        FROM voucher_uses u LEFT JOIN vouchers v USING (code)
        WHERE NOT u.given_back AND u.code IN (
            SELECT code FROM voucher_uses WHERE NOT given_back GROUP BY code HAVING count(*) > 1)
    ), found AS (
        SELECT kind, store_id, subject, found_at, detail, NULL::text AS decision, pipe, position
        FROM conflicts
        UNION ALL
        SELECT k.kind, split_part(a.pipe, '/', 1),
            coalesce(a.origin, a.pipe) || ' ' || coalesce(a.sequence, 0), a.set_aside_at,
            jsonb_build_object('code', a.code, 'detail', a.detail, 'event_id', a.event_id),
            a.decision, a.pipe, a.position
        FROM set_aside a JOIN (VALUES ('chain-fork', 'fork'), ('chain-altered', 'altered'),
            ('already-recorded', 'duplicate-transaction')) AS k(code, kind) USING (code)
        UNION ALL
        SELECT k.kind, s.store_id, coalesce(s.origin, s.pipe) || ' ' || coalesce(s.sequence, 0),
            s.set_aside_at, jsonb_build_object('code', s.code, 'detail', s.detail, 'event_id', s.event_id),
            s.decision, s.pipe, s.position
        FROM store_set_aside s JOIN (VALUES ('chain-fork', 'fork'), ('chain-altered', 'altered'))
            AS k(code, kind) USING (code)
        UNION ALL
        SELECT 'voucher-used-twice', store_id, code, used_at,
            jsonb_build_object('promo_id', promo_id, 'transaction_id', transaction_id,
                'terminal_id', terminal_id, 'max_uses', max_uses, 'use', use, 'uses', uses),
            NULL, pipe, position
        FROM used WHERE use > max_uses
    )
    SELECT kind, store_id, subject, found_at, detail, decision FROM found
    WHERE (cast(:stores AS text[]) IS NULL OR store_id = ANY(:stores))
      AND (cast(:kind AS text) IS NULL OR kind = :kind)
      AND (cast(:first AS timestamptz) IS NULL OR found_at >= :first)
      AND (cast(:until AS timestamptz) IS NULL OR found_at < :until)
    ORDER BY found_at DESC, pipe, position
    LIMIT :limit
""")


def conflicts_found(
    tx: Connection,
    *,
    store_ids: Sequence[str] | None,
    kind: str | None,
    first: datetime | None,
    until: datetime | None,
    limit: int = PAGE_MAX,
) -> list[dict[str, Any]]:
    """Conflicts found from `first` up to `until` (excluded), the newest first."""
    values = {
        "stores": list(store_ids) if store_ids is not None else None,
        "kind": kind,
        "first": first,
        "until": until,
        "limit": limit,
    }
    return [
        {**row, "found_at": row["found_at"].isoformat()} for row in tx.execute(_CONFLICTS, values).mappings()
    ]
