"""The sender's decisions: where to go on, how much at once, when to try again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courier.sender import (
    Answered,
    Ask,
    Begin,
    Begun,
    Called,
    CursorHeard,
    Event,
    Failed,
    NothingWaiting,
    PositionsMissing,
    Send,
    SenderPolicy,
    SenderState,
    TryNow,
    Wait,
    after,
    next_step,
    started,
)

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
POLICY = SenderPolicy()


def longest() -> float:
    return 1.0


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def state_after(*events: Event, state: SenderState | None = None, now: datetime = START) -> SenderState:
    state = state or started(POLICY)
    for event in events:
        state = after(state, now, event, POLICY, longest)
    return state


def step_of(state: SenderState, now: datetime = START) -> object:
    return next_step(state, now, POLICY)


def test_a_sender_begins_by_asking_the_receiver() -> None:
    assert step_of(started(POLICY)) == Ask()


def test_it_sends_from_where_the_receiver_wants_it() -> None:
    assert step_of(state_after(CursorHeard(101))) == Send(101, 500, 2_000_000)


def test_it_goes_on_where_the_answer_says() -> None:
    assert step_of(state_after(CursorHeard(101), Answered(101, 151))) == Send(151, 500, 2_000_000)


def test_it_goes_back_at_once_when_the_receiver_was_restored() -> None:
    assert step_of(state_after(CursorHeard(101), Answered(101, 7))) == Send(7, 500, 2_000_000)


def test_with_nothing_to_send_it_waits_for_a_call_or_its_own_next_look() -> None:
    idle = state_after(CursorHeard(101), NothingWaiting(100))
    assert step_of(idle) == Wait(at(5))
    assert step_of(idle, at(5)) == Send(101, 500, 2_000_000)
    assert step_of(state_after(Called(), state=idle)) == Send(101, 500, 2_000_000)
    assert idle.trouble is None


def test_an_outage_is_waited_out_longer_each_time_and_then_it_asks_again() -> None:
    state = state_after(CursorHeard(101))
    waits = []
    for _ in range(12):
        state = state_after(Failed("refused"), state=state)
        step = step_of(state)
        assert isinstance(step, Wait)
        waits.append((step.until - START).total_seconds())
        assert step_of(state, step.until) == Ask()
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert state.trouble == "refused"


def test_a_new_fact_does_not_end_a_back_off_but_a_poke_does() -> None:
    failing = state_after(CursorHeard(101), Failed("timeout"))
    assert step_of(state_after(Called(), state=failing)) == Wait(at(1))
    assert step_of(state_after(TryNow(), state=failing)) == Ask()


def test_a_cursor_alone_does_not_forget_the_failures_but_an_accepted_batch_does() -> None:
    failing = state_after(CursorHeard(101), Failed("timeout"), Failed("timeout"))
    asked = state_after(TryNow(), CursorHeard(101), state=failing)
    assert asked.failures == 2
    sent = state_after(Answered(101, 102), state=asked)
    assert (sent.failures, sent.trouble) == (0, None)


def test_an_empty_queue_forgets_the_failures_too() -> None:
    failing = state_after(CursorHeard(101), Failed("timeout"))
    assert state_after(TryNow(), CursorHeard(101), NothingWaiting(100), state=failing).failures == 0


@pytest.mark.parametrize("reason", ["timeout", "broken", "server-error", "too-large"])
def test_a_batch_that_does_not_get_through_is_halved_and_grows_again(reason: str) -> None:
    state = state_after(CursorHeard(1), Failed(reason))
    assert state.count == 250
    for _ in range(20):
        state = state_after(TryNow(), CursorHeard(1), Failed(reason), state=state)
    assert state.count == 1
    state = state_after(TryNow(), CursorHeard(1), Answered(1, 2), Answered(2, 4), state=state)
    assert state.count == 4
    for number in range(10):
        state = state_after(Answered(10 + number, 11 + number), state=state)
    assert state.count == 500


@pytest.mark.parametrize("reason", ["refused", "unreachable", "rejected"])
def test_a_batch_is_not_halved_for_what_is_not_its_fault(reason: str) -> None:
    assert state_after(CursorHeard(1), Failed(reason)).count == 500


def test_a_question_that_failed_says_nothing_about_the_size_of_batches() -> None:
    assert state_after(Failed("timeout")).count == 500


def test_a_receiver_that_is_back_is_asked_where_it_is() -> None:
    idle = state_after(CursorHeard(101), NothingWaiting(100))
    assert step_of(state_after(TryNow(), state=idle)) == Ask()


def test_a_receiver_that_has_everything_is_asked_now_and_then_whether_it_still_has() -> None:
    state = state_after(CursorHeard(101))
    now = START
    while next_step(state, now, POLICY) != Ask():
        state = after(state, now, NothingWaiting(100), POLICY, longest)
        step = next_step(state, now, POLICY)
        now = step.until if isinstance(step, Wait) else now
    assert now == at(300)


def test_a_receiver_that_stands_still_is_not_hammered() -> None:
    stuck = state_after(CursorHeard(101), Answered(101, 101))
    assert step_of(stuck) == Wait(at(1))
    assert stuck.trouble == "no-progress"


def test_a_receiver_that_wants_what_was_never_sent_is_asked_again_later() -> None:
    ahead = state_after(CursorHeard(1043), NothingWaiting(12))
    assert step_of(ahead) == Wait(at(1))
    assert ahead.trouble == "receiver-ahead"
    assert step_of(ahead, at(1)) == Ask()


def test_a_receiver_that_wants_what_is_no_longer_kept_is_asked_again_later() -> None:
    missing = state_after(CursorHeard(3), PositionsMissing())
    assert step_of(missing) == Wait(at(1))
    assert missing.trouble == "positions-missing"
    assert step_of(missing, at(1)) == Ask()
    assert step_of(state_after(CursorHeard(2), state=missing)) == Send(2, 500, 2_000_000)


def test_a_receiver_that_wants_it_still_is_told_where_we_begin() -> None:
    still = state_after(CursorHeard(3), PositionsMissing(), CursorHeard(3))
    assert step_of(still) == Begin(3)
    assert still.trouble == "positions-missing"
    deaf = state_after(Failed("timeout"), CursorHeard(3), state=still)
    assert step_of(deaf) == Begin(3)
    assert step_of(state_after(Begun(101), state=still)) == Send(101, 500, 2_000_000)


def test_a_receiver_that_heard_where_we_begin_and_wants_it_all_the_same_is_not_hammered() -> None:
    state, waits = started(POLICY), []
    for _ in range(3):
        state = state_after(CursorHeard(3), PositionsMissing(), state=state)
        step = step_of(state)
        assert isinstance(step, Wait)
        waits.append((step.until - START).total_seconds())
        state = state_after(CursorHeard(3), Begun(3), state=state)
        assert step_of(state) == Send(3, 500, 2_000_000)
    assert waits == [1, 2, 4]


class World:
    """A sender's outbox, a receiver and a bad line between them, with no input and no output."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.now = START
        self.outbox: list[int] = []
        self.ledger: list[int] = []
        self.saved: list[list[int]] = [[]]
        self.state = started(POLICY)

    def turn(self, faults: bool) -> None:
        """One step of the sender, after whatever the world does to it."""
        if faults and self.dice.random() < 0.3:
            self.outbox.append(len(self.outbox) + 1)
            self.state = self.told(Called())
        if faults and self.dice.random() < 0.02:
            self.saved.append(list(self.ledger))
        if faults and self.dice.random() < 0.01:
            self.ledger = list(self.dice.choice(self.saved))
        if faults and self.dice.random() < 0.05:
            self.state = self.told(TryNow())
        if faults and self.dice.random() < 0.02:
            self.state = started(POLICY)
        step = next_step(self.state, self.now, POLICY)
        match step:
            case Wait(until):
                self.now = until
            case Ask():
                if faults and self.dice.random() < 0.3:
                    self.state = self.told(Failed("refused"))
                else:
                    self.state = self.told(CursorHeard(len(self.ledger) + 1))
            case Send(from_position, count_max, _):
                self.state = self.told(self.sent(from_position, count_max, faults))

    def sent(self, from_position: int, count_max: int, faults: bool) -> Event:
        batch = self.outbox[from_position - 1 : from_position - 1 + count_max]
        if not batch:
            return NothingWaiting(len(self.outbox))
        if faults and self.dice.random() < 0.2:
            return Failed("timeout")  # it did not arrive
        if from_position <= len(self.ledger) + 1:
            self.ledger += batch[len(self.ledger) + 1 - from_position :]
        if faults and self.dice.random() < 0.2:
            return Failed("broken")  # it arrived, but the answer did not
        return Answered(from_position, len(self.ledger) + 1)

    def told(self, event: Event) -> SenderState:
        return after(self.state, self.now, event, POLICY, self.dice.random)


@given(st.integers(0, 2**32))
def test_whatever_happens_on_the_way_everything_arrives_once_and_in_order(seed: int) -> None:
    world = World(random.Random(seed))
    for _ in range(300):
        world.turn(faults=True)
    for _ in range(400):
        world.turn(faults=False)
    assert world.ledger == world.outbox
    assert world.state.trouble is None


def drained(count: int) -> Iterator[int]:
    state = state_after(CursorHeard(1))
    while True:
        step = step_of(state)
        if not isinstance(step, Send) or step.from_position > count:
            return
        last = min(count, step.from_position + step.count_max - 1)
        yield last - step.from_position + 1
        state = state_after(Answered(step.from_position, last + 1), state=state)


def test_a_long_queue_is_sent_in_full_batches_without_a_pause() -> None:
    assert list(drained(2500)) == [500, 500, 500, 500, 500]
