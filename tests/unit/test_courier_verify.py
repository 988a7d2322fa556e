"""Walking a chain again: what is missing, deleted, altered or replaced is named with its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from courier.chain import UNKNOWN_HASH, ChainHead
from courier.verify import Harm, Kept, Noted, walk
from tests.make_hq import Chain, altered

ORIGIN = "STORE_001/POS_01"


def kept(texts: list[str], origin: str = ORIGIN) -> list[Kept]:
    return [Kept("STORE_001", n, origin, n, text) for n, text in enumerate(texts, start=1)]


def story(rows: list[Kept], noted: Noted) -> list[tuple[str, int, int]]:
    flaws = [flaw for walked in walk(rows, {ORIGIN: noted}, lambda *_: None) for flaw in walked.flaws]
    return [(flaw.harm.value, flaw.first_sequence, flaw.last_sequence) for flaw in flaws]


def sold(count: int = 6) -> tuple[list[Kept], Noted]:
    till = Chain(ORIGIN)
    rows = kept(till.sales(count))
    return rows, Noted(ChainHead(ORIGIN, till.sequence, till.head))


def test_a_whole_chain_has_no_flaw_and_every_envelope_is_looked_at() -> None:
    rows, noted = sold()
    seen: list[int] = []

    def look(row: Kept, body: Any) -> None:
        seen.append(body["sequence"])

    (walked,) = walk(rows, {ORIGIN: noted}, look)

    assert noted.head is not None
    assert (walked.count, walked.first, walked.last, walked.hash) == (6, 1, 6, noted.head.hash)
    assert (walked.flaws, seen) == ((), [1, 2, 3, 4, 5, 6])


def test_what_was_here_once_is_deleted_and_what_never_came_is_missing() -> None:
    rows, noted = sold()
    noted = replace(noted, gaps=((2, 3),), aside=frozenset({5}))
    assert story([rows[0], *rows[5:]], noted) == [("missing", 2, 3), ("deleted", 4, 4)]


def test_the_first_and_the_last_cannot_be_deleted_unseen() -> None:
    rows, noted = sold()
    assert story(rows[2:], noted) == [("deleted", 1, 2)]
    assert story(rows[:4], noted) == [("deleted", 5, 6)]
    assert story([], noted) == [("deleted", 1, 6)]


def test_a_new_disk_that_could_name_nothing_before_it_is_no_flaw() -> None:
    rows, _ = sold(3)
    new = Chain(ORIGIN, sequence=3, head=UNKNOWN_HASH)
    rows += [replace(row, sequence=row.sequence + 3) for row in kept(new.sales(2))]
    assert story(rows, Noted(ChainHead(ORIGIN, new.sequence, new.head))) == []


def test_an_altered_envelope_is_named_alone() -> None:
    rows, noted = sold()
    rows[2] = replace(rows[2], text=altered(rows[2].text, total_amount=1))
    assert story(rows, noted) == [("altered", 3, 3)]


def test_an_envelope_under_another_number_is_altered() -> None:
    rows, noted = sold()
    rows[3] = replace(rows[3], text=rows[2].text)
    assert story(rows, noted) == [("altered", 4, 4)]


def test_text_that_is_no_envelope_is_altered() -> None:
    rows, noted = sold()
    for text in ("", "17", "[]", "{}", '{"hash":', rows[3].text.replace('"hash":"', '"hash":"zz')):
        assert story([*rows[:3], replace(rows[3], text=text), *rows[4:]], noted) == [("altered", 4, 4)]


def test_an_envelope_sealed_anew_by_somebody_is_replaced() -> None:
    rows, noted = sold()
    before = orjson.loads(rows[1].text)
    forged = Chain(ORIGIN, sequence=2, head=before["hash"]).sales(1)[0]
    assert story([*rows[:2], replace(rows[2], text=forged), *rows[3:]], noted) == [("replaced", 3, 3)]

    last = Chain(ORIGIN, sequence=5, head=orjson.loads(rows[4].text)["hash"]).sales(1)[0]
    assert story([*rows[:5], replace(rows[5], text=last)], noted) == [("replaced", 6, 6)]


def test_rows_behind_the_head_were_put_there_by_somebody() -> None:
    rows, noted = sold()
    assert noted.head is not None
    head = ChainHead(ORIGIN, 4, orjson.loads(rows[3].text)["hash"])
    assert story(rows, replace(noted, head=head)) == [("replaced", 5, 6)]


def test_a_walk_that_begins_in_the_middle_holds_on_to_what_came_before() -> None:
    rows, noted = sold()
    body = orjson.loads(rows[2].text)
    assert story(rows[3:], replace(noted, before=ChainHead(ORIGIN, 3, body["hash"]))) == []
    assert story(rows[3:], replace(noted, before=ChainHead(ORIGIN, 3, "ab" * 32))) == [("replaced", 3, 3)]
    assert story(rows[4:], replace(noted, before=ChainHead(ORIGIN, 3, body["hash"]))) == [("deleted", 4, 4)]
    assert story(rows[3:], replace(noted, before=None)) == []


def test_a_flaw_is_a_sentence() -> None:
    rows, noted = sold()
    (walked,) = walk([rows[0], *rows[3:]], {ORIGIN: noted}, lambda *_: None)
    assert [str(flaw) for flaw in walked.flaws] == ["STORE_001/POS_01 2-3 deleted: received once, and gone"]
    assert walked.flaws[0].harm is Harm.DELETED
