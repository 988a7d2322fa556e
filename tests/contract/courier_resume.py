"""What becomes of an origin's chain when its disk was lost, whatever database is under the receiver."""

from __future__ import annotations

from typing import Any

import pytest

from courier import inbox, resume
from courier.chain import UNKNOWN_HASH, ChainHead
from courier.resume import Resumed
from courier.verdict import Verdict
from tests.contract.courier_side import START, TABLES, Origin, Side, known_hash

POS_01 = "STORE_001/POS_01"


def resumed(side: Side, stated: int = 0) -> Resumed:
    with side.begin() as tx:
        return resume.resume(tx, TABLES, pipe="pipe", origin=POS_01, stated=stated, at=START)


def announce(side: Side, fact: dict[str, Any]) -> bool:
    head = ChainHead(POS_01, fact["sequence"], fact["hash"])
    with side.begin() as tx:
        return resume.keep_announced(tx, TABLES, head, START)


def late(side: Side, facts: list[dict[str, Any]]) -> Verdict:
    with side.begin() as tx:
        return inbox.receive_late(
            tx,
            TABLES,
            pipe=POS_01,
            bodies=facts,
            effect=side.effect,
            known_hash=known_hash,
            at=START,
        )


def new_disk(begins: Resumed) -> Origin:
    # One sealed before, so that its ids are others than those of the old disk.
    used = Origin()
    used.fact()
    return Origin(POS_01, begins.sequence, begins.hash, used.sealed)


class ResumeContract:
    """Run it with a fixture `side`."""

    def test_a_new_disk_goes_on_where_the_receiver_is(self, side: Side) -> None:
        facts = Origin().facts(3)
        side.receive(facts, 1)

        begins = resumed(side)

        assert begins == Resumed(3, facts[2]["hash"], 4)
        assert side.receive(new_disk(begins).facts(2), 4).errors == ()
        assert (side.numbers(), side.breaks()) == ([1, 2, 3, 4, 5], [])

    def test_an_origin_nobody_has_heard_of_begins_at_its_beginning(self, side: Side) -> None:
        assert resumed(side) == Resumed(0, UNKNOWN_HASH, 1)

    def test_what_was_received_is_no_announcement(self, side: Side) -> None:
        facts = Origin().facts(3)
        side.receive(facts, 1)
        assert announce(side, facts[2]) is False

    @pytest.mark.allow_log("chain broken")
    def test_what_was_announced_and_never_came_is_missing_by_number(self, side: Side) -> None:
        facts = Origin().facts(5)
        side.receive(facts[:3], 1)
        assert announce(side, facts[4]) is True
        assert announce(side, facts[3]) is False

        begins = resumed(side)

        assert begins == Resumed(5, facts[4]["hash"], 6, ((4, 5),))
        assert side.receive(new_disk(begins).facts(1), 6).errors == ()
        assert (side.numbers(), side.breaks()) == ([1, 2, 3, 6], [("gap", 4, 5)])

    @pytest.mark.allow_log("chain broken")
    @pytest.mark.parametrize("announced", [True, False])
    def test_an_old_disk_that_comes_back_closes_the_gap(self, side: Side, announced: bool) -> None:
        facts = Origin().facts(5)
        side.receive(facts[:3], 1)
        if announced:
            announce(side, facts[4])
        begins = resumed(side, stated=5)
        side.receive(new_disk(begins).facts(1), 6)

        assert late(side, facts[2:]).to_body() == {
            "accepted": 2,
            "duplicates": 1,
            "errors": [],
            "next_position": 3,
        }
        assert (sorted(side.numbers()), side.breaks()) == ([1, 2, 3, 4, 5, 6], [])
        assert late(side, facts[2:]).duplicates == 3

    def test_whoever_hears_of_both_disks_in_order_finds_nothing_missing(self, side: Side) -> None:
        """Head office, when the hub had the old disk's facts before the new disk's first."""
        old = Origin().facts(5)
        side.receive(old, 1)

        verdict = side.receive(new_disk(Resumed(5, UNKNOWN_HASH, 6)).facts(2), 6)

        assert (verdict.accepted, verdict.errors) == (2, ())
        assert (side.numbers(), side.breaks()) == ([1, 2, 3, 4, 5, 6, 7], [])

    @pytest.mark.allow_log("chain broken", "fact set aside")
    def test_an_old_disk_that_sold_on_is_another_history_and_is_kept(self, side: Side) -> None:
        facts = Origin().facts(6)
        side.receive(facts[:3], 1)
        begins = resumed(side)
        again = new_disk(begins).facts(1)
        side.receive(again, 4)

        verdict = late(side, facts[3:])

        assert [error.code for error in verdict.errors] == ["chain-fork"] * 3
        assert late(side, facts[3:]).to_body()["duplicates"] == 3
        assert side.numbers() == [1, 2, 3, 4]
        assert len(side.set_aside()) == 3
        assert side.receive(new_disk(Resumed(4, again[0]["hash"], 5)).facts(1), 5).errors == ()

    @pytest.mark.allow_log("chain broken", "fact set aside")
    def test_behind_what_was_set_aside_last_no_position_is_used_twice(self, side: Side) -> None:
        facts = Origin().facts(2)
        altered = Origin().facts(3)[2] | {"payload": {"number": 7}}
        side.receive([*facts, altered], 1)

        assert resumed(side) == Resumed(3, UNKNOWN_HASH, 4, ((3, 3),))

    @pytest.mark.allow_log("chain broken", "fact set aside")
    def test_what_a_copied_disk_brings_both_in_the_pipe_and_outside_of_it_waits_once(
        self, side: Side
    ) -> None:
        """Two cases for one fact would be decided twice, and may be counted twice."""
        till = Origin()
        side.receive(till.facts(2), 1, POS_01)
        copy = till.forked()
        side.receive(till.facts(4), 3, POS_01)
        sold = copy.facts(4)

        assert [error.code for error in side.receive(sold[:2], 3, POS_01).errors] == ["chain-fork"] * 2
        brought = late(side, sold)
        assert (brought.accepted, brought.duplicates) == (2, 2)
        again = side.receive(sold, 3, POS_01)

        assert (again.accepted, again.duplicates) == (0, 4)
        assert sorted(side.aside_ids()) == sorted(body["event_id"] for body in sold)

    @pytest.mark.allow_log("fact set aside")
    def test_what_an_old_disk_brings_under_a_forgotten_number_is_kept_and_not_called_known(
        self, side: Side
    ) -> None:
        facts = Origin().facts(3)
        side.receive(facts, 1)

        def brought() -> Verdict:
            with side.begin() as tx:
                return inbox.receive_late(
                    tx,
                    TABLES,
                    pipe=POS_01,
                    bodies=facts[1:2],
                    effect=side.effect,
                    known_hash=lambda *_: None,
                    at=START,
                )

        first, again = brought(), brought()
        assert [error.code for error in first.errors] == ["number-forgotten"]
        assert (again.accepted, again.duplicates) == (0, 1)
        assert (side.numbers(), side.breaks()) == ([1, 2, 3], [])
        assert late(side, facts[:1]).duplicates == 1
