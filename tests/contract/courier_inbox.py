"""What every receiver of a pipe promises, whatever database is under it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from courier import inbox
from courier.chain import ChainHead
from courier.envelope import FIRST_HASH, opened, seal
from tests.contract.courier_side import START, TABLES, Origin, Side

POS_01 = "STORE_001/POS_01"


class InboxContract:
    """Run it with a fixture `side`."""

    def test_a_batch_is_applied_in_order_and_the_answer_names_the_next_position(self, side: Side) -> None:
        till = Origin()

        verdict = side.receive(till.facts(3), 1)

        assert verdict.to_body() == {"accepted": 3, "duplicates": 0, "errors": [], "next_position": 4}
        assert side.numbers() == [1, 2, 3]
        assert side.cursor() == 3

    def test_a_repeated_batch_changes_nothing(self, side: Side) -> None:
        facts = Origin().facts(3)
        side.receive(facts, 1)

        verdict = side.receive(facts, 1)

        assert verdict.to_body() == {"accepted": 0, "duplicates": 3, "errors": [], "next_position": 4}
        assert side.numbers() == [1, 2, 3]

    def test_of_an_overlapping_batch_only_the_new_part_is_taken(self, side: Side) -> None:
        facts = Origin().facts(5)
        side.receive(facts[:3], 1)

        verdict = side.receive(facts[1:], 2)

        assert (verdict.accepted, verdict.duplicates, verdict.next_position) == (2, 2, 6)
        assert side.numbers() == [1, 2, 3, 4, 5]

    def test_a_batch_that_came_too_early_is_not_taken_and_the_answer_says_where_to_go_on(
        self, side: Side
    ) -> None:
        facts = Origin().facts(6)
        side.receive(facts[:2], 1)

        verdict = side.receive(facts[4:], 5)

        assert verdict.to_body() == {"accepted": 0, "duplicates": 0, "errors": [], "next_position": 3}
        assert side.numbers() == [1, 2]
        assert side.receive(facts[2:], 3).next_position == 7
        assert side.numbers() == [1, 2, 3, 4, 5, 6]

    def test_an_empty_batch_asks_for_the_cursor(self, side: Side) -> None:
        assert side.receive([], 1).next_position == 1
        side.receive(Origin().facts(2), 1)
        assert side.receive([], 1).next_position == 3

    def test_after_a_crash_between_commit_and_answer_the_repeat_is_a_duplicate(self, side: Side) -> None:
        facts = Origin().facts(2)
        side.receive(facts, 1)  # committed, and nobody heard the answer

        verdict = side.receive(facts, 1)

        assert (verdict.accepted, verdict.duplicates) == (0, 2)
        assert side.numbers() == [1, 2]

    def test_after_a_crash_before_the_commit_nothing_is_there_and_the_repeat_is_taken(
        self, side: Side
    ) -> None:
        facts = Origin().facts(2)
        side.in_a_power_cut(lambda tx: side.receive_in(tx, facts, 1))

        assert side.numbers() == []
        assert side.cursor() == 0
        assert side.receive(facts, 1).accepted == 2
        assert side.breaks() == []

    def test_pipes_do_not_know_of_each_other(self, side: Side) -> None:
        first, second = Origin("S/POS_01"), Origin("S/POS_02")
        side.receive(first.facts(2), 1, pipe="S/POS_01")

        verdict = side.receive(second.facts(1), 1, pipe="S/POS_02")

        assert (verdict.accepted, verdict.next_position) == (1, 2)
        assert (side.cursor("S/POS_01"), side.cursor("S/POS_02")) == (2, 1)

    def test_one_pipe_carries_the_chains_of_many_origins(self, side: Side) -> None:
        first, second = Origin("S/POS_01"), Origin("S/POS_02")
        mixed = [first.fact(), second.fact(), second.fact(), first.fact()]

        side.receive(mixed, 1)

        assert side.applied() == [("S/POS_01", 1), ("S/POS_02", 1), ("S/POS_02", 2), ("S/POS_01", 2)]
        assert side.breaks() == []

    def test_the_same_fact_by_another_position_is_a_duplicate(self, side: Side) -> None:
        till = Origin()
        fact = till.fact()

        verdict = side.receive([fact, fact, till.fact()], 1)

        assert (verdict.accepted, verdict.duplicates, verdict.next_position) == (2, 1, 4)
        assert side.numbers() == [1, 2]

    @pytest.mark.allow_log("chain broken")
    def test_a_gap_is_noted_and_the_stream_goes_on(self, side: Side) -> None:
        facts = Origin().facts(6)

        verdict = side.receive([facts[0], *facts[4:]], 1)

        assert (verdict.accepted, verdict.errors) == (3, ())
        assert side.numbers() == [1, 5, 6]
        assert side.breaks() == [("gap", 2, 4)]

    @pytest.mark.allow_log("chain broken")
    @pytest.mark.parametrize(
        ("late", "still_missing"),
        [
            ([1], [("gap", 3, 4)]),
            ([3], [("gap", 2, 3)]),
            ([2], [("gap", 2, 2), ("gap", 4, 4)]),
            ([1, 2, 3], []),
            ([3, 2, 1], []),
            ([2, 1, 3], []),
            ([2, 3, 1], []),
        ],
        ids=str,
    )
    def test_late_facts_fill_the_gap_they_left(
        self, side: Side, late: list[int], still_missing: list[tuple[str, int, int]]
    ) -> None:
        facts = Origin().facts(5)
        side.receive([facts[0], facts[4]], 1)

        verdict = side.receive([facts[index] for index in late], 3)

        assert (verdict.accepted, verdict.duplicates, verdict.errors) == (len(late), 0, ())
        assert side.breaks() == still_missing
        assert sorted(side.numbers()) == sorted([1, 5, *(index + 1 for index in late)])

    @pytest.mark.allow_log("chain broken")
    def test_a_chain_that_begins_late_can_be_completed_from_its_beginning(self, side: Side) -> None:
        facts = Origin().facts(3)
        side.receive(facts[2:], 1)
        assert side.breaks() == [("gap", 1, 2)]

        side.receive(facts[:2], 2)

        assert side.breaks() == []
        assert sorted(side.numbers()) == [1, 2, 3]

    @pytest.mark.allow_log("chain broken", "fact set aside")
    @pytest.mark.parametrize("end", [0, 1], ids=["behind what is known", "before what is known"])
    def test_a_late_fact_of_another_history_does_not_fill_the_gap(self, side: Side, end: int) -> None:
        till = Origin()
        first = till.fact()
        stranger = Origin(till.name, 1, "ab" * 32, till.sealed * 2).facts(2)[end]
        facts = till.facts(3)
        side.receive([first, facts[2]], 1)

        verdict = side.receive([stranger], 3)

        assert [error.code for error in verdict.errors] == ["chain-fork"]
        assert ("gap", 2, 3) in side.breaks()
        assert side.numbers() == [1, 4]

    @pytest.mark.allow_log("chain broken", "fact set aside")
    def test_a_second_history_under_the_same_number_is_kept_aside(self, side: Side) -> None:
        till = Origin()
        start = till.fact()
        restored = till.forked()
        side.receive([start, till.fact()], 1)

        verdict = side.receive([restored.fact(note="another sale")], 3)

        assert [(error.position, error.code) for error in verdict.errors] == [(3, "chain-fork")]
        assert side.set_aside() == [(3, "chain-fork")]
        assert side.breaks() == [("fork", 2, 2)]
        assert side.numbers() == [1, 2]
        assert verdict.next_position == 4

    @pytest.mark.allow_log("chain broken", "fact set aside")
    def test_a_fact_that_names_another_predecessor_is_kept_aside(self, side: Side) -> None:
        till = Origin()
        side.receive([till.fact()], 1)
        stranger = Origin(till.name, 1, "ab" * 32)

        verdict = side.receive([stranger.fact()], 2)

        assert [error.code for error in verdict.errors] == ["chain-fork"]
        assert side.receive([till.fact()], 3).errors == ()
        assert side.numbers() == [1, 2]

    @pytest.mark.allow_log("chain broken", "fact set aside")
    def test_an_altered_fact_is_kept_aside_and_leaves_a_gap(self, side: Side) -> None:
        facts = Origin().facts(3)
        facts[1]["payload"]["number"] = 99

        verdict = side.receive(facts, 1)

        assert [(error.position, error.code) for error in verdict.errors] == [(2, "chain-altered")]
        assert (verdict.accepted, verdict.next_position) == (3, 4)
        assert side.numbers() == [1, 3]
        assert side.breaks() == [("altered", 2, 2), ("gap", 2, 2)]

    @pytest.mark.allow_log("chain broken", "fact set aside")
    def test_what_was_altered_on_the_way_is_replaced_when_the_true_one_comes(self, side: Side) -> None:
        facts = Origin().facts(3)
        true = orjson.loads(orjson.dumps(facts[1]))
        facts[1]["payload"]["number"] = 99
        side.receive(facts, 1)

        verdict = side.receive([true], 4)

        assert (verdict.accepted, verdict.errors) == (1, ())
        assert sorted(side.numbers()) == [1, 2, 3]
        assert side.breaks() == [("altered", 2, 2)]

    @pytest.mark.allow_log("fact set aside", "chain broken")
    @pytest.mark.parametrize(
        "torn",
        [
            None,
            "text",
            7,
            [],
            {},
            {"event_id": "no id", "origin": 3, "sequence": -1},
            {"event_id": 12, "sequence": "one", "origin": "x" * 500},
            {"sequence": 10**30, "payload": {"deep": [1.5, None]}},
        ],
        ids=repr,
    )
    def test_an_unreadable_envelope_is_kept_and_the_stream_goes_on(self, side: Side, torn: Any) -> None:
        till = Origin()

        verdict = side.receive([till.fact(), torn, till.fact()], 1)

        assert (verdict.accepted, verdict.next_position) == (3, 4)
        assert [error.code for error in verdict.errors] == ["envelope-not-readable"]
        assert side.set_aside() == [(2, "envelope-not-readable")]
        assert side.numbers() == [1, 2]

    @pytest.mark.allow_log("fact set aside")
    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("sequence", 0),
            ("sequence", True),
            ("sequence", "1"),
            ("sequence", 2**63),
            ("version", "1"),
            ("event_id", "1234"),
            ("event_type", ""),
            ("event_type", "x" * 101),
            ("origin", "x" * 151),
            ("store_id", None),
            ("terminal_id", 5),
            ("timestamp", 1730000000),
            ("previous_hash", "00"),
            ("previous_hash", "zz" * 32),
            ("hash", 5),
            ("payload", "x" * 1_000_000),
        ],
        ids=str,
    )
    def test_an_envelope_with_an_impossible_member_is_kept(
        self, side: Side, member: str, value: object
    ) -> None:
        fact = Origin().fact()
        fact[member] = value

        verdict = side.receive([fact], 1)

        assert [error.code for error in verdict.errors] == ["envelope-not-readable"]
        assert side.set_aside() == [(1, "envelope-not-readable")]

    @pytest.mark.allow_log("fact set aside")
    def test_what_was_set_aside_is_kept_word_for_word(self, side: Side) -> None:
        fact = Origin().fact(unknown=True)
        side.receive([fact], 1)

        with side.begin() as tx:
            row = tx.execute(select(TABLES.set_aside)).one()

        assert opened(orjson.loads(row.payload)) == opened(fact)
        assert row.payload == opened(fact).text
        assert (row.pipe, row.position, row.origin, row.sequence) == ("pipe", 1, POS_01, 1)
        assert (row.event_id, row.code, row.detail) == (
            fact["event_id"],
            "fact-not-readable",
            "of a newer version",
        )
        assert row.set_aside_at == START
        assert row.decision is None

    @pytest.mark.allow_log("fact set aside")
    def test_what_cannot_be_applied_leaves_no_trace_but_is_counted_in_its_chain(self, side: Side) -> None:
        till = Origin()

        verdict = side.receive([till.fact(), till.fact(unknown=True), till.fact()], 1)

        assert (verdict.accepted, verdict.next_position) == (3, 4)
        assert [(error.position, error.code) for error in verdict.errors] == [(2, "fact-not-readable")]
        assert side.numbers() == [1, 3]
        assert side.breaks() == []

    @pytest.mark.allow_log("fact set aside", "fact does not fit")
    def test_a_fact_the_database_will_never_take_does_not_stop_the_stream(self, side: Side) -> None:
        till = Origin()
        side.receive([till.fact()], 1)
        twin = seal(
            event_id=till.sealed[0].event_id,
            event_type="SaleRecorded",
            version=1,
            origin="STORE_001/POS_02",
            sequence=1,
            previous_hash=FIRST_HASH,
            store_id="STORE_001",
            terminal_id="POS_02",
            timestamp=START,
            payload={},
        )

        verdict = side.receive([orjson.loads(twin.text), till.fact()], 2)

        assert [(error.position, error.code) for error in verdict.errors] == [(2, "does-not-fit")]
        assert side.numbers() == [1, 2]

    @pytest.mark.allow_log("fact set aside")
    def test_what_cannot_be_applied_here_is_passed_on_all_the_same(self, side: Side) -> None:
        side.carries = True
        till = Origin()

        side.receive([till.fact(), till.fact(unknown=True)], 1)

        assert side.numbers() == [1]
        assert [pending.text for pending in side.pending()] == [envelope.text for envelope in till.sealed]

    @pytest.mark.allow_log("fact set aside", "chain broken")
    def test_what_does_not_belong_to_its_chain_is_not_passed_on(self, side: Side) -> None:
        side.carries = True
        till = Origin()
        facts = till.facts(3)
        facts[1]["payload"]["number"] = 99

        side.receive(facts, 1)

        assert [pending.text for pending in side.pending()] == [till.sealed[0].text, till.sealed[2].text]

    def test_texts_are_the_same_byte_for_byte_all_along_the_pipe(self, side: Side) -> None:
        side.carries = True
        till = Origin()
        facts = [
            till.fact(name='Trà đá 🧊 „₫“ \u2028 \x7f \\ "', amount=-(2**53)),
            till.fact(empty={}, none=None),
        ]

        side.receive([orjson.loads(orjson.dumps(fact)) for fact in facts], 1)

        sealed = [envelope.text for envelope in till.sealed]
        assert side.texts() == sealed
        assert [pending.text for pending in side.pending()] == sealed

    def test_the_head_of_a_chain_is_known_without_asking_the_facts(self, side: Side) -> None:
        till = Origin()
        side.receive(till.facts(2), 1)

        with side.begin() as tx:
            assert inbox.chain_head_known(tx, TABLES, POS_01) == ChainHead(POS_01, 2, till.hash)
            assert inbox.chain_head_known(tx, TABLES, "STORE_001/POS_09") is None

    def test_a_receiver_that_no_longer_has_old_facts_takes_their_repeat_for_a_duplicate(
        self, side: Side
    ) -> None:
        facts = Origin().facts(2)
        with side.begin() as tx:
            inbox.receive(
                tx,
                TABLES,
                pipe="old",
                from_position=1,
                bodies=facts,
                effect=lambda *_: None,
                known_hash=lambda *_: None,
                at=START,
            )

        verdict = side.receive(facts, 1, pipe="new")

        assert (verdict.accepted, verdict.duplicates) == (0, 2)
