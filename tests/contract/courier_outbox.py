"""What every outbox promises, whatever database is under it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import orjson
import pytest

from courier import aside, outbox
from courier.envelope import FIRST_HASH, opened, seal_holds
from tests.contract.courier_side import START, TABLES, Origin, Side


class OutboxContract:
    """Run it with a fixture `side`."""

    def test_facts_get_positions_and_a_chain_without_gaps(self, side: Side) -> None:
        for number in range(1, 4):
            side.record(number)

        waiting = side.pending()

        envelopes = [opened(orjson.loads(pending.text)) for pending in waiting]
        assert [pending.position for pending in waiting] == [1, 2, 3]
        assert [envelope.sequence for envelope in envelopes] == [1, 2, 3]
        assert envelopes[0].previous_hash == FIRST_HASH
        assert all(before.hash == behind.previous_hash for before, behind in pairwise(envelopes))
        assert all(seal_holds(orjson.loads(pending.text)) for pending in waiting)

    def test_a_deed_that_is_rolled_back_takes_its_number_with_it(self, side: Side) -> None:
        side.record(1)
        side.in_a_power_cut(lambda tx: side.record_in(tx, 2))
        side.record(3)

        assert [pending.position for pending in side.pending()] == [1, 2]
        last = opened(orjson.loads(side.pending()[1].text))
        assert (last.payload["number"], last.sequence) == (3, 2)

    def test_every_origin_has_its_own_chain_in_one_pipe(self, side: Side) -> None:
        side.record(1, "S/POS_01")
        side.record(2, "S")
        side.record(3, "S/POS_01")

        envelopes = [opened(orjson.loads(pending.text)) for pending in side.pending()]

        assert [(envelope.origin, envelope.sequence) for envelope in envelopes] == [
            ("S/POS_01", 1),
            ("S", 1),
            ("S/POS_01", 2),
        ]
        assert [envelope.terminal_id for envelope in envelopes] == ["POS_01", None, "POS_01"]

    def test_a_batch_ends_at_its_count_or_at_its_bytes_but_holds_at_least_one(self, side: Side) -> None:
        for number in range(1, 6):
            side.record(number)
        size = len(side.pending()[0].text.encode())

        assert [pending.position for pending in side.pending(2, count_max=2)] == [2, 3]
        assert [pending.position for pending in side.pending(1, bytes_max=3 * size)] == [1, 2, 3]
        assert [pending.position for pending in side.pending(3, bytes_max=1)] == [3]
        assert side.pending(6) == []

    def test_the_backlog_shrinks_as_the_receiver_moves_on_and_grows_when_it_falls_back(
        self, side: Side
    ) -> None:
        for number in range(1, 5):
            side.now = START + timedelta(minutes=number)
            side.record(number)

        def backlog_after(next_position: int) -> outbox.Backlog:
            with side.begin() as tx:
                outbox.acknowledge(tx, TABLES, next_position, side.now)
                return outbox.backlog(tx, TABLES)

        with side.begin() as tx:
            assert outbox.backlog(tx, TABLES) == outbox.Backlog(4, START + timedelta(minutes=1))
        assert backlog_after(4) == outbox.Backlog(1, START + timedelta(minutes=4))
        assert backlog_after(5) == outbox.Backlog(0, None)
        assert backlog_after(2) == outbox.Backlog(3, START + timedelta(minutes=2))

    def test_a_receiver_that_claims_more_than_was_sent_is_not_believed(self, side: Side) -> None:
        side.record(1)
        with side.begin() as tx:
            outbox.acknowledge(tx, TABLES, 50, START)
            assert outbox.acknowledged(tx, TABLES) == 1
        side.record(2)

        with side.begin() as tx:
            assert outbox.backlog(tx, TABLES).length == 1

    def test_an_empty_outbox_has_no_backlog(self, side: Side) -> None:
        with side.begin() as tx:
            assert outbox.backlog(tx, TABLES) == outbox.Backlog(0, None)
            assert outbox.last_position(tx, TABLES) == 0

    def test_what_was_acknowledged_long_ago_is_removed_in_small_steps_and_nothing_else(
        self, side: Side
    ) -> None:
        for number in range(1, 8):
            side.now = START + timedelta(days=number)
            side.record(number)

        def pruned(next_position: int, day: int, count_max: int = 500) -> list[int]:
            with side.begin() as tx:
                outbox.acknowledge(tx, TABLES, next_position, side.now)
                outbox.prune(tx, TABLES, START + timedelta(days=day), count_max)
            return [pending.position for pending in side.pending()]

        everything = list(range(1, 8))
        assert pruned(1, day=99) == everything
        assert pruned(8, day=1) == everything
        assert pruned(8, day=99, count_max=2) == everything[2:]
        assert pruned(5, day=99) == everything[4:]
        assert pruned(8, day=6) == everything[5:]
        side.record(8)
        assert side.pending()[-1].position == 8

    @pytest.mark.allow_log("fact set aside")
    def test_a_fact_that_waits_for_a_decision_keeps_its_place_and_all_behind_it(self, side: Side) -> None:
        side.carries = True
        till = Origin()
        side.receive([till.fact(), till.fact(unknown=True), till.fact()], 1)

        def pruned() -> list[int]:
            with side.begin() as tx:
                outbox.acknowledge(tx, TABLES, 4, side.now)
                first = aside.first_undecided(tx, TABLES)
                outbox.prune(tx, TABLES, START + timedelta(days=99), keep_from=first)
            return [pending.position for pending in side.pending()]

        assert pruned() == [2, 3]
        with side.begin() as tx:
            tx.execute(TABLES.set_aside.update().values(decision="annul"))
        assert pruned() == []

    def test_the_chain_goes_on_when_all_of_it_was_removed(self, side: Side) -> None:
        last = side.record(1)
        with side.begin() as tx:
            outbox.acknowledge(tx, TABLES, 2, START)
            assert outbox.prune(tx, TABLES, START + timedelta(days=99)) == 1
            assert outbox.prune(tx, TABLES, START + timedelta(days=99)) == 0
            assert outbox.last_position(tx, TABLES) == 1
            assert outbox.backlog(tx, TABLES) == outbox.Backlog(0, None)

        following = side.record(2)

        assert (following.sequence, following.previous_hash) == (2, last.hash)
