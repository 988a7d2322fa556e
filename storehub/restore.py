"""`storehub restore`: a new, empty hub takes the place of a lost one.

What head office has comes back from it: the chains' heads, the pipe, the tills' secrets, the stock and the
newest facts (for reprints, refunds and open shifts). What it had not got comes from the tills' journals by
itself, as their cursors say where head office is. Facts that head office has are in our outbox under
their own positions, so that nothing is sent a second time and a head office that is restored in its turn
gets them again.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, IntegrityError

from courier import cursor, outbox
from courier.breaks import fill_gap, gap_at, note_break
from courier.chain import UNKNOWN_HASH, ChainHead, Gap, Link
from courier.envelope import Envelope, opened, opened_text
from courier.inbox import NotApplicable, chain_head_known
from courier.outbox import ACKNOWLEDGED, OUTBOX_HEAD
from courier.resume import missing
from retail.facts import PaymentCaptured, PaymentSettled
from retail.refusal import Refusal
from storehub.baskets.commands import begin_life
from storehub.catalog.queries import chain_rules
from storehub.database import AGGREGATES, courier, print_jobs
from storehub.intake import about, apply_fact, fact_in
from storehub.payments.commands import keep_captured
from storehub.payments.orphans import keep_settled
from storehub.people.tables import terminals
from storehub.printers.tables import WAITING
from storehub.recalled_cases import CASES, not_applied_at_once, recall
from storehub.sales.record import Recording
from storehub.sales.review import REVIEWED
from storehub.stock.commands import ROLLED_UP
from storehub.stock.tables import stock_movements

log = structlog.get_logger(__name__)

NOBODY = ChainHead("")
AHEAD = 2_000
"""More facts than a till's batch and all that the hub said of it."""

OPENING = "OPENING"
"""Movement type of the levels that a restored hub begins with."""


class HubNotEmpty(Refusal):
    """The database has facts in it (`origins`): only an empty hub can take another's place."""

    code = "hub-not-empty"


class BackupOutlived(Refusal):
    """Another hub has served this store since the backup was made: a fact of it (`origin`, `sequence`) has
    another position at head office, or never came there though its position was used. What head office
    knows is the store's history, so restore from that alone."""

    code = "backup-outlived"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: where each origin goes on, the numbers that are missing, and how many facts."""

    heads: Mapping[str, int]
    missing: Mapping[str, tuple[tuple[int, int], ...]]
    facts: int
    not_applied: int
    skus: int
    terminals: Sequence[str] = field(default=())


def demand_empty(tx: Connection) -> None:
    """Raises `HubNotEmpty`."""
    known = tx.execute(select(func.count()).select_from(courier.origins)).scalar_one()
    if known or outbox.last_position(tx, courier):
        raise HubNotEmpty(origins=known)


def restore(
    tx: Connection,
    store_id: str,
    known: Mapping[str, Any],
    facts: Iterable[tuple[int, Mapping[str, Any]]],
    at: datetime,
) -> Restored:
    """Fill an empty hub, all of it or nothing, with what head office knows (`GET …/restoration`) and with
    the newest facts of the pipe, in order, each with its position. Raises `HubNotEmpty`."""
    demand_empty(tx)
    last = int(known["next_position"]) - 1
    _take_chains(tx, known, at)
    _take_own_chain(tx, store_id, known, at)
    _take_terminals(tx, known)
    applied, not_applied, first = _take_facts(tx, facts, at)
    _level_pipe(tx, last, last, at)
    _open_stock(tx, known["levels"], (first or last + 1) - 1, at)
    begin_life(tx, at)
    return _what_came_back(tx, known, applied, not_applied)


def catch_up(
    tx: Connection,
    store_id: str,
    known: Mapping[str, Any],
    facts: Iterable[tuple[int, Mapping[str, Any]]],
    at: datetime,
) -> Restored:
    """Bring a hub that came back from its own backup up to what head office knows; `facts`: those behind our
    last position. Without this it would give positions out that head office has had from the lost hub.
    Raises `BackupOutlived`."""
    ours, last = outbox.last_position(tx, courier), int(known["next_position"]) - 1
    facts = list(facts)
    _demand_one_history(tx, facts)
    _demand_known(tx, known, last)
    applied, not_applied, _ = _take_facts(tx, facts, at)
    further = [head for head in known["origins"] if _is_further(tx, head)]
    _take_chains(tx, {**known, "origins": further}, at)
    _take_own_chain(tx, store_id, known, at)
    _take_terminals(tx, known)
    _level_pipe(tx, max(ours, last), last, at)
    begin_life(tx, at)
    # What waited for paper when the backup was made may have got it since.
    tx.execute(update(print_jobs).where(print_jobs.c.status == WAITING).values(maybe_printed=True))
    return _what_came_back(tx, known, applied, not_applied)


def _is_further(tx: Connection, head: Mapping[str, Any]) -> bool:
    """Whether head office knows more of an origin's chain: a later fact, or the hash of its last."""
    ours = chain_head_known(tx, courier, head["origin"]) or NOBODY
    unknown = ours.hash == UNKNOWN_HASH != head["hash"]
    return bool(head["sequence"] > ours.sequence or (unknown and head["sequence"] == ours.sequence))


def _demand_one_history(tx: Connection, facts: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Facts behind our last position are news to us, unless somebody else has numbered since."""
    c = courier.outbox.c
    for _, body in facts:
        ours = select(c.id).where(c.origin == body["origin"], c.sequence == body["sequence"])
        if tx.execute(ours).first() is not None:
            raise BackupOutlived(origin=body["origin"], sequence=body["sequence"])


def _demand_known(tx: Connection, known: Mapping[str, Any], last: int) -> None:
    """What head office has had of our pipe is what we sent, unless somebody else filled those positions: our
    facts were waiting when a hub took our place then, and nobody would send them any more."""
    c = courier.outbox.c
    sent = select(c.origin, c.sequence).where(c.id <= last, c.id.not_in(known.get("set_aside", ())))
    heads = {head["origin"]: head for head in known["origins"]}
    for origin in tx.execute(sent.with_only_columns(c.origin).distinct()).scalars().all():
        head = heads.get(origin, {"sequence": 0, "hash": UNKNOWN_HASH})
        unheard = [c.sequence > head["sequence"]]
        unheard += [
            c.sequence.between(gap["first_sequence"], gap["last_sequence"])
            for gap in known["gaps"]
            if gap["origin"] == origin
        ]
        lost = tx.execute(sent.where(c.origin == origin, or_(*unheard)).order_by(c.sequence)).first()
        if lost is not None:
            raise BackupOutlived(origin=origin, sequence=lost.sequence)
        at_head = select(c.payload).where(c.origin == origin, c.sequence == head["sequence"])
        ours = tx.execute(at_head).scalar()
        if ours is not None and head["hash"] not in (UNKNOWN_HASH, opened_text(ours).hash):
            raise BackupOutlived(origin=origin, sequence=head["sequence"])


def _level_pipe(tx: Connection, last: int, acknowledged: int, at: datetime) -> None:
    """The next position is the one behind `last`; what the lost hub reviewed is not reviewed again."""
    tx.execute(courier.heads.update().where(courier.heads.c.name == OUTBOX_HEAD).values(value=last))
    cursor.move(tx, courier.sync_cursors, ACKNOWLEDGED, acknowledged, at)
    cursor.move(tx, courier.sync_cursors, REVIEWED, last, at)


def _what_came_back(tx: Connection, known: Mapping[str, Any], applied: int, not_applied: int) -> Restored:
    origins = courier.origins.c
    heads = {
        row.origin: row.sequence
        for row in tx.execute(select(origins.origin, origins.sequence).order_by(origins.origin))
    }
    return Restored(
        heads,
        {origin: gaps for origin in heads if (gaps := missing(tx, courier, origin))},
        applied + not_applied,
        not_applied,
        len(known["levels"]),
        [terminal["terminal_id"] for terminal in known["terminals"]],
    )


def _take_chains(tx: Connection, known: Mapping[str, Any], at: datetime) -> None:
    """Heads and gaps as head office has them; a till's pipe counts as its chain does."""
    for head in known["origins"]:
        outbox.set_chain_head(
            tx, courier.origins, ChainHead(head["origin"], head["sequence"], head["hash"]), at
        )
        if "/" in head["origin"]:
            name = cursor.pipe_cursor(head["origin"])
            cursor.move(tx, courier.sync_cursors, name, head["sequence"], at)
    for gap in known["gaps"]:
        where = Gap(gap["origin"], gap["first_sequence"], gap["last_sequence"], gap["awaited_hash"] or "")
        note_break(tx, courier.chain_breaks, Link.GAP, where, at)


def _take_own_chain(tx: Connection, store_id: str, known: Mapping[str, Any], at: datetime) -> None:
    """Go on behind what the lost hub announced of its own facts; what it never sent is missing."""
    for head in known["announced"]:
        own = chain_head_known(tx, courier, store_id) or ChainHead(store_id)
        if head["origin"] == store_id and head["sequence"] > own.sequence:
            gap = Gap(store_id, own.sequence + 1, head["sequence"], head["hash"])
            note_break(tx, courier.chain_breaks, Link.GAP, gap, at)
            announced = ChainHead(store_id, head["sequence"], head["hash"])
            outbox.set_chain_head(tx, courier.origins, announced, at)


def _take_terminals(tx: Connection, known: Mapping[str, Any]) -> None:
    """Every till keeps its secret; who may still come is news."""
    rows = [
        {
            "terminal_id": terminal["terminal_id"],
            "used_code_hash": terminal["used_code_hash"],
            "secret_hash": terminal["secret_hash"],
            "told_hash": terminal["secret_hash"],
            "enrolled_at": datetime.fromisoformat(terminal["enrolled_at"]),
            "is_active": True,
        }
        for terminal in known["terminals"]
    ]
    if rows:
        statement = insert(terminals)
        new = statement.excluded
        names = ("used_code_hash", "secret_hash", "told_hash", "enrolled_at")
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=["terminal_id"],
                set_={name: new[name] for name in names},
                where=func.coalesce(terminals.c.enrolled_at < new.enrolled_at, True),
            ),
            rows,
        )


def _take_facts(
    tx: Connection, facts: Iterable[tuple[int, Mapping[str, Any]]], at: datetime
) -> tuple[int, int, int | None]:
    """Put facts into the outbox and the books; how many were applied, how many not, and the first's place."""
    counted: Counter[bool] = Counter()
    first: int | None = None
    aside: set[str] = set()
    c = courier.chain_breaks.c
    lacking = set(tx.execute(select(c.origin).where(c.kind == Link.GAP.value)).scalars())
    for position, body in _looking_ahead(facts, aside):
        first = position if first is None else first
        envelope = opened(body)
        # Nearly no origin lacks anything; to look for a gap costs a question for every fact.
        gap = envelope.origin in lacking and gap_at(
            tx, courier.chain_breaks, envelope.origin, envelope.sequence
        )
        if gap:
            fill_gap(tx, courier.chain_breaks, gap, envelope, at)
        tx.execute(
            courier.outbox.insert().values(
                id=position,
                event_id=envelope.event_id,
                event_type=envelope.event_type,
                aggregate_type=AGGREGATES.get(envelope.event_type, "Unknown"),
                aggregate_id=about(envelope),
                origin=envelope.origin,
                sequence=envelope.sequence,
                payload=envelope.text,
                created_at=at,
            )
        )
        if envelope.event_type in CASES and "/" not in envelope.origin:
            counted[recall(tx, envelope, position, partial(_applied, tx, at))] += 1
        else:
            counted[str(envelope.event_id) not in aside and _applied(tx, at, envelope)] += 1
    return counted[True], counted[False], first


def _looking_ahead(
    facts: Iterable[tuple[int, Mapping[str, Any]]], aside: set[str]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The same facts, each when `aside` has its id if the lost hub set it aside: it said so in the same
    transaction, so that its word stands close behind."""
    waiting: deque[tuple[int, Mapping[str, Any]]] = deque()
    for fact in facts:
        aside |= not_applied_at_once([fact[1]])
        waiting.append(fact)
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting


def _applied(tx: Connection, at: datetime, envelope: Envelope, position: int | None = None) -> bool:
    """Whether the fact is in the books; one that is about something older than these facts is not.
    `position`: in the outbox, unless its own."""
    try:
        with tx.begin_nested():
            fact = fact_in(envelope)
            apply_fact(tx, envelope, fact, lambda sale: Recording(envelope, sale), at, position)
            if isinstance(fact, PaymentCaptured):
                keep_captured(tx, fact, chain_rules(tx).currency, at)
            elif isinstance(fact, PaymentSettled):
                keep_settled(tx, fact)
    except (NotApplicable, IntegrityError, DataError) as unfit:
        log.info("fact not applied again", origin=envelope.origin, sequence=envelope.sequence, why=str(unfit))
        return False
    return True


def _open_stock(tx: Connection, levels: Mapping[str, int], position: int, at: datetime) -> None:
    """Begin with what makes head office's levels of what the facts have moved since this position."""
    moved = {
        row.sku_id: int(row.delta)
        for row in tx.execute(
            select(stock_movements.c.sku_id, func.sum(stock_movements.c.quantity_delta).label("delta"))
            .where(stock_movements.c.position > position)
            .group_by(stock_movements.c.sku_id)
        )
    }
    rows = [
        {
            "position": position,
            "sku_id": sku_id,
            "quantity_delta": levels.get(sku_id, 0) - moved.get(sku_id, 0),
            "adjustment_type": OPENING,
            "reason": "levels of head office",
            "moved_at": at,
        }
        for sku_id in sorted(levels.keys() | moved.keys())
    ]
    rows = [row for row in rows if row["quantity_delta"]]
    if rows:
        tx.execute(stock_movements.insert(), rows)
    # Behind the cursor is what the roll-up still has to add: the opening itself comes first.
    cursor.move(tx, courier.sync_cursors, ROLLED_UP, position - 1, at)


def facts_of(page: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    """Positions and envelopes of a page of head office's answer."""
    return [(int(fact["position"]), fact["envelope"]) for fact in page["facts"]]


def summary(restored: Restored) -> str:
    """One JSON line for whoever runs the command."""
    return orjson.dumps(
        {
            "restored": {
                "goes_on_behind": dict(restored.heads),
                "missing": {origin: [list(gap) for gap in gaps] for origin, gaps in restored.missing.items()},
                "facts": restored.facts,
                "facts_not_applied": restored.not_applied,
                "skus": restored.skus,
                "terminals": list(restored.terminals),
            }
        }
    ).decode()
