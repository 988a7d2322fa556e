"""Whole tills at a whole hub: one loses its disk, one is replaced while it lives, one's old disk turns up."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from courier.envelope import opened_text
from courier.news import NewsPage
from storehub.people.queries import digest
from terminal.bootstrap import JOURNAL_FILE, RunningTill, build_till, hand_in
from terminal.settings import Settings
from terminal.sync_state import TILL_REPLACED, TILL_SET_BACK
from terminal.till import enrolment
from terminal.till.enrolment import CodeOfAnotherTill, JournalLost, NewCodeRefused
from terminal.till.journal_files import unsent_texts
from terminal.till.old_disk import UNTOLD, Place
from tests import make
from tests.hubs import Hub, MachineClock, running_hub
from tests.patience import eventually
from tests.tills import CASHIER, COLA, SHOP

ORIGIN = f"{make.STORE}/{make.TERMINAL}"
SECONDS = 30.0

OLD_DISK_AT_TILL = "started from an old copy of the disk"
OLD_DISK_AT_HUB = "terminal came with an old disk"

OpenTill = Callable[..., RunningTill]


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    page = NewsPage(1, list(SHOP))
    with running_hub(hub_database_url, tmp_path / "hub", page=page, clock=MachineClock()) as running:
        yield running


@pytest.fixture
def open_till(tmp_path: Path, hub: Hub) -> Iterator[OpenTill]:
    """A till in this folder; without `start` it has no network."""
    tills: list[RunningTill] = []

    def opened(folder: str, code: str = "", *, start: bool = True, **said: Any) -> RunningTill:
        till = build_till(tmp_path / folder, hub.url, code, **said)
        tills.append(till.start() if start else till)
        return till

    yield opened
    for till in tills:
        till.close()


def code_for_the_till(hub: Hub, code: str, terminal_id: str = make.TERMINAL) -> str:
    body = {
        "terminal_id": terminal_id,
        "store_id": make.STORE,
        "enrolment_code_hash": digest(code),
        "enrolment_code_expires_at": (hub.clock() + timedelta(hours=1)).isoformat(),
    }
    version = hub.scalar("SELECT max(version) + 1 FROM feed")
    hub.hear(NewsPage(version, [make.news("terminal", f"{make.STORE}/{terminal_id}", body, version)]))
    return code


def sell(till: RunningTill) -> str:
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None, checkout.state.notice
    desk = till.desks.payment(draft, CASHIER)
    desk.pay_cash(1_000_000)
    assert desk.state.receipt is not None, desk.state.notice
    return desk.state.receipt.receipt_number


def sold(hub: Hub) -> list[int]:
    return [row[0] for row in hub.rows("SELECT local_sequence FROM transactions ORDER BY local_sequence")]


def gaps(hub: Hub) -> list[Any]:
    return hub.rows("SELECT first_sequence, last_sequence FROM chain_breaks WHERE kind = 'gap'")


@pytest.mark.allow_log("chain broken")
def test_a_till_whose_disk_is_lost_sells_on_and_its_disk_is_welcome_when_it_turns_up(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    old = open_till("old", code_for_the_till(hub, "ONE"))
    assert old.lifeline.wait_for_news(SECONDS)
    assert sell(old) == "POS_01-000001"
    assert old.lifeline.wait_until_sent(SECONDS)
    old.close()
    offline = open_till("old", start=False)
    assert [sell(offline) for _ in range(2)] == ["POS_01-000002", "POS_01-000003"]
    offline.close()
    shutil.copytree(tmp_path / "old", tmp_path / "found")
    shutil.rmtree(tmp_path / "old")

    new = open_till("new", code_for_the_till(hub, "TWO"), last_receipt=3)
    assert new.missing == ((2, 3),)
    assert new.lifeline.wait_for_news(SECONDS)
    assert sell(new) == "POS_01-000004"
    assert new.lifeline.wait_until_sent(SECONDS)
    assert (sold(hub), gaps(hub)) == ([1, 4], [(2, 3)])

    verdict = hand_in(Settings(tmp_path / "new", hub.url), tmp_path / "found")
    assert (verdict.accepted, verdict.errors) == (2, ())
    assert (sold(hub), gaps(hub)) == ([1, 2, 3, 4], [])
    assert hub.scalar("SELECT sum(total_amount) FROM transactions") == 4 * 10_000


@pytest.mark.allow_log(
    "chain broken", "fact set aside", "facts rejected", "news rejected", "terminal refused"
)
def test_a_till_in_whose_place_another_was_put_says_so_and_keeps_what_it_has(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    first = open_till("first", code_for_the_till(hub, "ONE"))
    assert first.lifeline.wait_for_news(SECONDS)
    sell(first)
    assert first.lifeline.wait_until_sent(SECONDS)

    second = open_till("second", code_for_the_till(hub, "TWO"))
    assert second.lifeline.wait_for_news(SECONDS)
    sell(first)

    eventually(lambda: first.lifeline.state.trouble == TILL_REPLACED)
    assert first.lifeline.unsent() == 1
    sell(second)
    assert second.lifeline.wait_until_sent(SECONDS)
    assert sold(hub) == [1, 2]
    first.close()

    verdict = hand_in(Settings(tmp_path / "second", hub.url), tmp_path / "first")
    assert [error.code for error in verdict.errors] == ["chain-fork"]
    assert hub.scalar("SELECT code FROM set_aside") == "chain-fork"


def test_a_till_whose_journal_is_gone_does_not_begin_its_numbers_again(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    open_till("till", code_for_the_till(hub, "ONE")).close()
    for file in (tmp_path / "till").glob("till.sqlite*"):
        file.unlink()

    with pytest.raises(JournalLost):
        open_till("till")

    assert open_till("till", code_for_the_till(hub, "TWO")).till.journal.head.sequence == 0


def test_a_till_that_lost_its_secret_alone_keeps_its_journal(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    till = open_till("till", code_for_the_till(hub, "ONE"))
    assert till.lifeline.wait_for_news(SECONDS)
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    till.close()
    (tmp_path / "till" / "enrolment.json").unlink()

    again = open_till("till", code_for_the_till(hub, "TWO"))
    assert sell(again) == "POS_01-000002"
    assert again.lifeline.wait_until_sent(SECONDS)
    assert (sold(hub), gaps(hub)) == ([1, 2], [])


def test_a_new_code_that_is_typed_enrols_the_same_till_anew_with_its_journal(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    till = open_till("till", code_for_the_till(hub, "ONE"))
    assert till.lifeline.wait_for_news(SECONDS)
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    till.close()
    secret = enrolment.read(tmp_path / "till")
    # The code that made it this till is in the shortcut by which it is started, and changes nothing.
    open_till("till", "ONE", code_typed=True).close()
    # Nor does one that only stands in its settings.
    open_till("till", code_for_the_till(hub, "TWO")).close()
    assert enrolment.read(tmp_path / "till") == secret

    anew = open_till("till", "TWO", code_typed=True)

    assert enrolment.read(tmp_path / "till") != secret
    assert sell(anew) == "POS_01-000002"
    assert anew.lifeline.wait_until_sent(SECONDS)
    assert (sold(hub), gaps(hub)) == ([1, 2], [])


def test_a_new_code_that_is_not_good_is_refused_and_the_till_goes_on_without_it(
    hub: Hub, open_till: OpenTill
) -> None:
    open_till("till", code_for_the_till(hub, "ONE")).close()
    with pytest.raises(NewCodeRefused) as refused:
        open_till("till", "NONSENSE", code_typed=True)
    assert refused.value.detail == {
        "store_id": make.STORE,
        "terminal_id": make.TERMINAL,
        "reason": "enrolment-code-not-valid",
    }
    assert open_till("till").lifeline.wait_for_news(SECONDS)


def test_the_code_of_another_till_is_refused_and_stays_good(hub: Hub, open_till: OpenTill) -> None:
    open_till("till", code_for_the_till(hub, "ONE")).close()
    code = code_for_the_till(hub, "OTHER", "POS_02")
    with pytest.raises(CodeOfAnotherTill):
        open_till("till", code, code_typed=True)
    assert open_till("till").lifeline.wait_for_news(SECONDS)
    assert open_till("other", code).terminal_id == "POS_02"


@pytest.mark.allow_log("new enrolment code not used")
def test_a_new_code_waits_while_the_hub_is_away_and_the_till_sells(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    till = open_till("till", code_for_the_till(hub, "ONE"))
    assert till.lifeline.wait_for_news(SECONDS)
    till.close()
    code = code_for_the_till(hub, "TWO")
    with closing(build_till(tmp_path / "till", "http://127.0.0.1:9", code, code_typed=True)) as alone:
        assert alone.code_waits
        assert sell(alone) == "POS_01-000001"
    back = open_till("till", code, code_typed=True)
    assert not back.code_waits
    assert back.lifeline.wait_until_sent(SECONDS)
    assert sold(hub) == [1]


def copied(hub: Hub, open_till: OpenTill, tmp_path: Path, *, later: int) -> None:
    """A till sells two, its disk is copied to `copy`, and it sells so many later; all of it is at the hub."""
    till = open_till("till", code_for_the_till(hub, "ONE"))
    assert till.lifeline.wait_for_news(SECONDS)
    for _ in range(2):
        sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    till.close()
    shutil.copytree(tmp_path / "till", tmp_path / "copy")
    till = open_till("till")
    for _ in range(later):
        sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    till.close()


def set_back(till: RunningTill) -> bool:
    return till.lifeline.state.trouble == TILL_SET_BACK


@pytest.mark.allow_log(OLD_DISK_AT_TILL, OLD_DISK_AT_HUB)
def test_a_till_started_from_an_old_copy_of_its_disk_goes_on_behind_what_the_hub_has_and_says_so(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    copied(hub, open_till, tmp_path, later=2)

    old = open_till("copy")
    eventually(lambda: set_back(old))

    assert sell(old) == "POS_01-000005"
    assert old.lifeline.wait_until_sent(SECONDS)
    assert (sold(hub), gaps(hub)) == ([1, 2, 3, 4, 5], [])
    assert hub.scalar("SELECT count(*) FROM set_aside") == 0
    assert hub.rows("SELECT actor, detail FROM audit_log WHERE deed = 'come with an old disk'") == [
        (make.TERMINAL, {"sequence": 2, "known": 4})
    ]
    old.close()
    again = open_till("copy")
    assert sell(again) == "POS_01-000006"
    assert again.lifeline.wait_until_sent(SECONDS)
    assert not set_back(again)


@pytest.mark.allow_log(OLD_DISK_AT_TILL, OLD_DISK_AT_HUB, "chain broken", "fact set aside")
def test_what_an_old_copy_sold_without_the_hub_is_brought_for_a_person_to_decide(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    copied(hub, open_till, tmp_path, later=2)
    alone = open_till("copy", start=False)
    assert sell(alone) == "POS_01-000003"  # nobody can know better
    alone.close()

    old = open_till("copy")

    eventually(lambda: hub.scalar("SELECT count(*) FROM set_aside") == 1)
    assert hub.rows("SELECT code, origin, sequence FROM set_aside") == [("chain-fork", ORIGIN, 3)]
    assert sell(old) == "POS_01-000005"
    assert old.lifeline.wait_until_sent(SECONDS)
    assert sold(hub) == [1, 2, 3, 4, 5]
    assert set_back(old)
    old.close()
    again = open_till("copy")
    assert again.lifeline.wait_for_news(SECONDS)
    assert again.till.journal.rows(UNTOLD) == []


def test_what_an_old_copy_had_no_time_to_bring_is_brought_off_its_disk(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    """It had heard that its numbers were given out before, went on behind them, and broke."""
    copied(hub, open_till, tmp_path, later=2)
    alone = open_till("copy", start=False)
    sell(alone)
    alone.till.journal.set_straight(Place(4, "a" * 64, 5), make.AT)
    sell(alone)
    alone.close()

    texts = unsent_texts(tmp_path / "copy" / JOURNAL_FILE)

    assert [opened_text(text).sequence for text in texts] == [3, 5]


@pytest.mark.allow_log(OLD_DISK_AT_TILL, "chain broken", "fact set aside")
def test_an_old_copy_that_sold_more_than_the_hub_has_loses_nothing_either(
    hub: Hub, open_till: OpenTill, tmp_path: Path
) -> None:
    copied(hub, open_till, tmp_path, later=1)
    alone = open_till("copy", start=False)
    assert [sell(alone) for _ in range(3)] == [f"POS_01-00000{number}" for number in (3, 4, 5)]
    alone.close()

    old = open_till("copy")

    eventually(lambda: set_back(old))
    assert sell(old) == "POS_01-000006"
    assert old.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: hub.scalar("SELECT count(*) FROM set_aside") == 2)
    assert sold(hub) == [1, 2, 3, 5, 6]
    aside = hub.rows("SELECT code, sequence FROM set_aside ORDER BY sequence")
    assert aside == [("chain-fork", 3), ("chain-fork", 4)]
