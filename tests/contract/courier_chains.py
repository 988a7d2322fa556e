"""What every receiver of a pipe makes of its origins' chains, whatever database is under it."""

from __future__ import annotations

import orjson
import pytest

from courier import inbox
from courier.chain import ChainHead
from tests.contract.courier_side import START, TABLES, Origin, Side

POS_01 = "STORE_001/POS_01"


class ChainContract:
    """Run it with a fixture `side`."""

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
    def test_what_does_not_belong_to_its_chain_is_not_passed_on(self, side: Side) -> None:
        side.carries = True
        till = Origin()
        facts = till.facts(3)
        facts[1]["payload"]["number"] = 99

        side.receive(facts, 1)

        assert [pending.text for pending in side.pending()] == [till.sealed[0].text, till.sealed[2].text]

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
