"""What every receiver of a pipe promises, whatever database is under it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from courier import inbox
from courier.envelope import FIRST_HASH, opened, seal
from courier.inbox import NotApplicable
from tests.contract.courier_side import START, TABLES, Origin, Side, known_hash

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

    @pytest.mark.allow_log("fact set aside", "chain broken")
    def test_two_senders_of_one_identity_are_told_apart_at_once_and_nothing_is_lost(self, side: Side) -> None:
        till = Origin()
        side.receive(till.facts(2), 1)
        twin = till.forked()
        own, other = till.facts(3), twin.facts(3)
        side.receive(own[:1], 3)

        first = side.receive(other[:1], 3)  # a position that was taken, another envelope

        assert (first.accepted, first.duplicates, first.next_position) == (1, 0, 4)
        assert [error.code for error in first.errors] == ["chain-fork"]
        side.receive(other[1:2], 4)
        assert side.receive(own[1:], 4).to_body() == {
            "accepted": 2,
            "duplicates": 0,
            "errors": [],
            "next_position": 6,
        }
        side.receive(other[2:], 5)
        assert sorted(side.numbers()) == [1, 2, 3, 4, 5]
        aside = [body["event_id"] for body in other]
        assert sorted(side.aside_ids()) == sorted(aside)
        repeats = [side.receive(other, 3), side.receive(own, 3)]
        assert [repeat.duplicates for repeat in repeats] == [3, 3]
        assert sorted(side.aside_ids()) == sorted(aside)

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
            ("event_type", "a\x00b"),
            ("origin", "STORE_001/\x00"),
            ("terminal_id", "POS\n01"),
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

    def test_a_nought_character_in_a_name_is_carried(self, side: Side) -> None:
        side.carries = True
        till = Origin()

        verdict = side.receive([till.fact(name="a\x00b"), till.fact()], 1)

        assert (verdict.accepted, verdict.errors) == (2, ())
        assert [pending.text for pending in side.pending()] == [fact.text for fact in till.sealed]

    @pytest.mark.allow_log("fact set aside", "chain broken")
    def test_what_is_taken_from_aside_is_never_called_known_when_nobody_can_tell(self, side: Side) -> None:
        till = Origin()
        side.receive([till.fact()], 1)
        own, other = till.forked().fact(), till.fact(note="another history")
        side.receive([own, other], 2)

        def taken(body: Any, known: inbox.KnownHash) -> str:
            try:
                with side.begin() as tx:
                    inbox.take_from_aside(
                        tx, TABLES, body=body, position=3, effect=side.effect, known_hash=known, at=START
                    )
            except NotApplicable as still:
                return still.code
            return "taken"

        assert taken(other, known_hash) == "chain-fork"
        assert taken(other, lambda *_: None) == "number-forgotten"
        assert taken(own, known_hash) == "taken"
        assert side.numbers() == [1, 2]
