"""Chains: how an envelope stands to what is known of its origin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courier.chain import UNKNOWN_HASH, ChainHead, Gap, Link, advanced, fills, gap_before, link_of, rest_of
from courier.envelope import FIRST_HASH, Envelope, opened
from tests.contract.courier_side import Origin

ORIGIN = "STORE_001/POS_01"


def chain(length: int) -> list[Envelope]:
    return [opened(body) for body in Origin(ORIGIN).facts(length)]


def head_after(envelopes: list[Envelope]) -> ChainHead:
    head = ChainHead(ORIGIN)
    for envelope in envelopes:
        head = advanced(head, envelope)
    return head


def test_a_chain_begins_behind_sixty_four_noughts() -> None:
    assert ChainHead(ORIGIN) == ChainHead(ORIGIN, 0, FIRST_HASH)
    assert link_of(ChainHead(ORIGIN), chain(1)[0], intact=True) is Link.NEXT


def test_every_envelope_of_a_chain_is_the_next() -> None:
    envelopes = chain(5)
    for number, envelope in enumerate(envelopes):
        assert link_of(head_after(envelopes[:number]), envelope, intact=True) is Link.NEXT


def test_a_repeat_is_a_duplicate_whether_or_not_the_old_one_is_still_at_hand() -> None:
    envelopes = chain(3)
    head = head_after(envelopes)
    assert link_of(head, envelopes[1], intact=True, known_hash=envelopes[1].hash) is Link.DUPLICATE
    assert link_of(head, envelopes[1], intact=True, known_hash=None) is Link.DUPLICATE


def test_another_hash_under_a_known_number_is_a_fork() -> None:
    envelopes = chain(3)
    assert link_of(head_after(envelopes), envelopes[1], intact=True, known_hash="ab" * 32) is Link.FORK


def test_the_next_number_behind_another_predecessor_is_a_fork() -> None:
    envelopes = chain(3)
    head = ChainHead(ORIGIN, 2, "ab" * 32)
    assert link_of(head, envelopes[2], intact=True) is Link.FORK


def test_the_first_of_a_new_disk_follows_the_old_one_that_turned_up_before_it() -> None:
    envelope = opened(Origin(ORIGIN, 2, UNKNOWN_HASH).fact())
    assert link_of(ChainHead(ORIGIN, 2, "ab" * 32), envelope, intact=True) is Link.NEXT
    assert link_of(ChainHead(ORIGIN, 3, "ab" * 32), envelope, True, known_hash="ab" * 32) is Link.FORK


def test_a_number_too_high_leaves_a_gap() -> None:
    envelopes = chain(5)
    head = head_after(envelopes[:1])
    assert link_of(head, envelopes[4], intact=True) is Link.GAP
    assert gap_before(head, envelopes[4]) == Gap(ORIGIN, 2, 4, envelopes[3].hash)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_does_not_hold_is_altered_wherever_it_stands(number: int) -> None:
    envelopes = chain(3)
    assert link_of(head_after(envelopes[:1]), envelopes[number], intact=False) is Link.ALTERED


@given(st.integers(1, 8), st.data())
def test_a_gap_closes_in_whatever_order_its_envelopes_come(length: int, data: st.DataObject) -> None:
    envelopes = chain(length + 2)
    missing = envelopes[1:-1]
    gaps = [gap_before(head_after(envelopes[:1]), envelopes[-1])]
    for envelope in data.draw(st.permutations(missing)):
        (gap,) = (g for g in gaps if g.first_sequence <= envelope.sequence <= g.last_sequence)
        assert fills(gap, envelope, hash_before=None)
        assert fills(gap, envelope, hash_before=envelope.previous_hash)
        gaps.remove(gap)
        gaps.extend(rest_of(gap, envelope))
    assert gaps == []


def test_only_the_awaited_hash_closes_the_end_of_a_gap() -> None:
    envelopes = chain(4)
    gap = Gap(ORIGIN, 2, 3, "ab" * 32)
    assert fills(gap, envelopes[1], envelopes[0].hash)
    assert not fills(gap, envelopes[1], "cd" * 32)
    assert not fills(gap, envelopes[2], envelopes[1].hash)


def test_what_stays_of_a_gap_awaits_the_predecessor_of_what_came() -> None:
    envelopes = chain(6)
    gap = Gap(ORIGIN, 2, 5, envelopes[4].hash)
    assert rest_of(gap, envelopes[3]) == (
        Gap(ORIGIN, 2, 3, envelopes[2].hash),
        Gap(ORIGIN, 5, 5, envelopes[4].hash),
    )
