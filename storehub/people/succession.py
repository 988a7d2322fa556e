"""A till's new disk goes on where the old one ended (`courier.resume`), and who has to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from courier import cursor
from courier.beginning import Beginning, begin_behind
from courier.chain import ChainHead
from courier.inbox import chain_head_known
from courier.resume import Resumed, announced_head, missing, resume
from retail.refusal import Refusal
from storehub.database import courier
from storehub.people.tables import terminals

STATED_AHEAD_MAX = 20_000
"""A receipt so far beyond what is known was misread: more than a till sells in a month."""


class CodeOfAnotherTerminal(Refusal):
    """The code is for another terminal (`terminal_id`) than the one that the machine is; it is not used."""

    code = "code-of-another-terminal"


class JournalBehind(Refusal):
    """The till brings the journal of an old disk: it ends at `sequence`, and `known` have come from it."""

    code = "journal-behind"


class ReceiptNotPlausible(Refusal):
    """The number said to stand on the last receipt (`stated`) is far beyond what is known (`known`)."""

    code = "receipt-not-plausible"


def succeed(tx: Connection, origin: str, sequence: int | None, stated: int, at: datetime) -> Resumed:
    """Where the till that has just been enrolled goes on, in the transaction of its enrolment.

    `sequence`: where the journal ends that it brings, None when it has none; `stated`: the number on the
    last receipt that anybody has seen, 0 when nobody has. Raises `JournalBehind`, `ReceiptNotPlausible`.
    """
    known = chain_head_known(tx, courier, origin)
    received = known.sequence if known is not None else 0
    if stated > received + STATED_AHEAD_MAX:
        raise ReceiptNotPlausible(stated=stated, known=received)
    if sequence is None:
        return resume(tx, courier, pipe=origin, origin=origin, stated=stated, at=at)
    if sequence < received:
        raise JournalBehind(sequence=sequence, known=received)
    last = cursor.read(tx, courier.sync_cursors, cursor.pipe_cursor(origin))
    return Resumed(sequence, known.hash if known else "", last + 1, missing(tx, courier, origin))


def place_of(tx: Connection, origin: str) -> Resumed:
    """How far a terminal's facts are here: the highest number received or announced. Nothing is changed."""
    head = chain_head_known(tx, courier, origin) or ChainHead(origin)
    announced = announced_head(tx, courier, origin)
    if announced is not None and announced.sequence > head.sequence:
        head = announced
    last = cursor.read(tx, courier.sync_cursors, cursor.pipe_cursor(origin))
    return Resumed(head.sequence, head.hash, last + 1, missing(tx, courier, origin))


def go_on_behind(tx: Connection, origin: str, beginning: Beginning, at: datetime) -> tuple[int, int] | None:
    """A till has no fact before this beginning (see `beginning.begin_behind`). Raises `ReceiptNotPlausible`
    where it is far beyond what is known."""
    known = chain_head_known(tx, courier, origin) or ChainHead(origin)
    stated = max([beginning.position - 1, *(head.sequence for head in beginning.heads)])
    if stated > known.sequence + STATED_AHEAD_MAX:
        raise ReceiptNotPlausible(stated=stated, known=known.sequence)
    return begin_behind(tx, courier, pipe=origin, beginning=beginning, at=at)


def untold(tx: Connection) -> list[dict[str, Any]]:
    """The enrolments that head office has not been told of, as it takes them."""
    c = terminals.c
    rows = tx.execute(
        select(c.terminal_id, c.secret_hash, c.used_code_hash, c.enrolled_at)
        .where(c.secret_hash.is_not(None), c.secret_hash.is_distinct_from(c.told_hash))
        .order_by(c.terminal_id)
    )
    return [
        {
            "terminal_id": row.terminal_id,
            "secret_hash": row.secret_hash,
            "used_code_hash": row.used_code_hash,
            "enrolled_at": row.enrolled_at.isoformat(),
        }
        for row in rows
    ]


def tell_again(tx: Connection) -> None:
    """Tell head office of every enrolment once more: it may have been restored from a backup of before it was
    told, and says so to nobody. What it knows changes nothing."""
    tx.execute(update(terminals).where(terminals.c.told_hash.is_not(None)).values(told_hash=None))


def told(tx: Connection, enrolment: Mapping[str, Any]) -> None:
    """Head office knows this enrolment."""
    tx.execute(
        update(terminals)
        .where(terminals.c.terminal_id == enrolment["terminal_id"])
        .values(told_hash=enrolment["secret_hash"])
    )
