"""What a new hub needs to take the place of a lost one, as head office knows it: one snapshot."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from hq.ledger.queries import next_position, pipe_states

_HEADS = text("""
    SELECT origin, sequence, hash FROM origins
    WHERE split_part(origin, '/', 1) = :store_id ORDER BY origin
""")
_ANNOUNCED = text("""
    SELECT origin, sequence, hash FROM announced
    WHERE split_part(origin, '/', 1) = :store_id ORDER BY origin
""")
_GAPS = text("""
    SELECT origin, first_sequence, last_sequence, awaited_hash FROM chain_breaks
    WHERE kind = 'gap' AND split_part(origin, '/', 1) = :store_id ORDER BY origin, first_sequence
""")
_ASIDE = text("SELECT position FROM set_aside WHERE pipe = :store_id ORDER BY position")
_TERMINALS = text("""
    SELECT terminal_id, secret_hash, used_code_hash, enrolled_at FROM terminal_enrolments
    WHERE store_id = :store_id ORDER BY terminal_id
""")


def restoration(tx: Connection, store_id: str, projection: str, levels: dict[str, int]) -> dict[str, Any]:
    """The store's pipe, chains, gaps, tills and `levels`; wants a transaction with one snapshot.

    `projected`: whether the levels are as of the last position of the pipe. `set_aside`: the positions
    whose facts wait for a person, or did; no chain knows of them.
    """
    of_store = {"store_id": store_id}
    behind = [state for state in pipe_states(tx, projection) if state.pipe == store_id and state.lag > 0]
    return {
        "store_id": store_id,
        "next_position": next_position(tx, store_id),
        "projected": not behind,
        "origins": [dict(row) for row in tx.execute(_HEADS, of_store).mappings()],
        "announced": [dict(row) for row in tx.execute(_ANNOUNCED, of_store).mappings()],
        "gaps": [dict(row) for row in tx.execute(_GAPS, of_store).mappings()],
        "set_aside": list(tx.execute(_ASIDE, of_store).scalars()),
        "terminals": [
            dict(row) | {"enrolled_at": row["enrolled_at"].isoformat()}
            for row in tx.execute(_TERMINALS, of_store).mappings()
        ],
        "levels": levels,
    }
