"""The sync light: online, doubtful, offline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from courier.link import (
    MOVES,
    LinkHealth,
    LinkPolicy,
    LinkState,
    Sign,
    doubted,
    flaps,
    heard,
    link_table,
    missed,
    ping_wait,
)

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
POLICY = LinkPolicy()


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def online() -> LinkHealth:
    return heard(LinkHealth(since=START), START, POLICY)


@pytest.mark.parametrize(("state", "sign"), list(product(LinkState, Sign)))
def test_every_state_knows_what_to_do_with_every_sign(state: LinkState, sign: Sign) -> None:
    after = MOVES[state, sign]
    if sign is Sign.HEARD:
        assert after is LinkState.ONLINE
    elif sign is Sign.MISSED_LAST:
        assert after is LinkState.OFFLINE
    else:
        assert after is (LinkState.OFFLINE if state is LinkState.OFFLINE else LinkState.DOUBTFUL)


def test_a_link_nobody_has_used_yet_is_doubtful_and_pinged_at_once() -> None:
    health = LinkHealth(since=START)
    assert health.state is LinkState.DOUBTFUL
    assert health.ping_at is None
    assert health.last_heard_at is None


def test_one_answer_makes_it_online_and_the_next_ping_is_due_in_ten_seconds() -> None:
    health = heard(LinkHealth(since=START), at(1), POLICY)
    assert health.state is LinkState.ONLINE
    assert (health.since, health.last_heard_at, health.ping_at) == (at(1), at(1), at(11))


def test_three_misses_in_a_row_are_offline() -> None:
    health = online()
    states = []
    for seconds in (10, 20, 30, 40):
        health = missed(health, at(seconds), POLICY)
        states.append(health.state)
    assert states == [LinkState.DOUBTFUL, LinkState.DOUBTFUL, LinkState.OFFLINE, LinkState.OFFLINE]
    assert health.since == at(30)
    assert health.last_heard_at == START
    assert health.ping_at == at(50)


def test_an_answer_in_between_starts_the_count_anew() -> None:
    health = missed(missed(online(), at(10), POLICY), at(20), POLICY)
    health = heard(health, at(25), POLICY)
    health = missed(missed(health, at(35), POLICY), at(45), POLICY)
    assert health.state is LinkState.DOUBTFUL


def test_the_number_of_misses_and_the_seconds_are_settings() -> None:
    policy = LinkPolicy(ping_seconds=2, misses_max=1)
    health = missed(online(), at(2), policy)
    assert health.state is LinkState.OFFLINE
    assert health.ping_at == at(4)


def test_a_failed_batch_makes_it_doubtful_and_asks_for_a_ping_at_once() -> None:
    health = doubted(online(), at(3), POLICY)
    assert (health.state, health.misses, health.ping_at) == (LinkState.DOUBTFUL, 0, at(3))


def test_failed_batches_alone_neither_make_it_offline_nor_hurry_the_pings() -> None:
    health = missed(doubted(online(), at(3), POLICY), at(3), POLICY)
    for seconds in range(4, 9):
        health = doubted(health, at(seconds), POLICY)
    assert (health.state, health.misses, health.ping_at) == (LinkState.DOUBTFUL, 1, at(13))


def test_what_fails_while_offline_changes_nothing() -> None:
    health = online()
    for seconds in (10, 20, 30):
        health = missed(health, at(seconds), POLICY)
    assert doubted(health, at(31), POLICY) == health


def test_a_link_that_flaps_is_pinged_less_often_and_recovers_its_pace() -> None:
    health = online()
    waits = []
    for flap in range(8):
        health = doubted(health, at(20 * flap + 1), POLICY)
        health = heard(health, at(20 * flap + 2), POLICY)
        waits.append(ping_wait(health, at(20 * flap + 2), POLICY).total_seconds())
    assert waits[0] == 10
    assert waits == sorted(waits)
    assert waits[-1] == 60
    calm = heard(health, at(1000), POLICY)
    assert ping_wait(calm, at(1000), POLICY) == timedelta(seconds=10)


def test_a_steady_link_keeps_no_history() -> None:
    health = online()
    for seconds in range(10, 10_000, 10):
        health = heard(health, at(seconds), POLICY)
    assert health.changes == (START,)


def test_the_table_prints_itself() -> None:
    assert link_table().splitlines() == [
        "| state | heard | doubted | missed | missed for the last time |",
        "| --- | --- | --- | --- | --- |",
        "| online | online | doubtful | doubtful | offline |",
        "| doubtful | online | doubtful | doubtful | offline |",
        "| offline | online | offline | offline | offline |",
    ]


def test_a_link_whose_answers_and_failures_take_turns_flaps_until_it_is_quiet() -> None:
    """What the carrier asks before a link that is back ends every wait: a hub whose disk is full answers
    each ping and refuses each batch."""
    health = heard(LinkHealth(START), START, POLICY)
    assert not flaps(health, START, POLICY)
    for turn in range(3):
        health = heard(doubted(health, at(turn), POLICY), at(turn), POLICY)
    assert flaps(health, at(3), POLICY)
    assert not flaps(health, at(3 + POLICY.flap_seconds), POLICY)
