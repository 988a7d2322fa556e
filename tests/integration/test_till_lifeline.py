"""The till and its hub: enrolment, facts up, news down, outages, and a hub that forgot."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from courier import line
from courier.link import LinkState
from courier.outage import Outage
from terminal.bootstrap import RunningTill, build_till
from terminal.sync_state import SyncState
from terminal.till.disk import TillDamaged
from terminal.till.enrolment import EnrolmentNotReadable, EnrolmentRefused, NotEnrolled
from terminal.till.journal import JournalOfAnotherTill
from terminal.till.lock import TillInUse
from tests.hub_of_the_till import CODE, HubOfTheTill
from tests.patience import eventually
from tests.tills import BREAD, CASHIER, COLA, SHOP, deleted, price, promotion, setting

SECONDS = 20.0


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubOfTheTill]:
    hub = HubOfTheTill(tmp_path / "hub.sqlite")
    hub.publish(SHOP)
    yield hub
    hub.close()


OpenTill = Callable[..., RunningTill]


@pytest.fixture
def open_till(tmp_path: Path, hub: HubOfTheTill) -> Iterator[OpenTill]:
    """Starts the till of this test; it is closed with the test."""
    tills: list[RunningTill] = []

    def start(code: str = CODE, folder: str = "till") -> RunningTill:
        tills.append(build_till(tmp_path / folder, hub.url, code).start())
        return tills[-1]

    yield start
    for till in tills:
        till.lifeline.stop()
        till.close()


def sell(till: RunningTill, *barcodes: str, reference: str | None = None) -> str:
    checkout = till.desks.checkout(CASHIER)
    for barcode in barcodes or (COLA, BREAD):
        checkout.scan(barcode)
    draft = checkout.to_pay()
    assert draft is not None, checkout.state.notice
    desk = till.desks.payment(draft, CASHIER, external_reference=reference)
    desk.pay_cash(1_000_000)
    assert desk.state.receipt is not None, desk.state.notice
    return desk.state.receipt.receipt_number


def at_hub(hub: HubOfTheTill) -> list[str]:
    return [orjson.loads(text)["payload"]["receipt_number"] for text in hub.side.texts()]


def test_a_new_till_enrols_learns_the_catalogue_sells_and_sends(hub, open_till):
    till = open_till()
    assert (till.store_id, till.terminal_id) == ("STORE_001", "POS_01")

    assert till.lifeline.wait_for_news(SECONDS)
    assert till.till.catalogue.products_count() == 4
    number = sell(till)

    assert till.lifeline.wait_until_sent(SECONDS)
    assert at_hub(hub) == [number]
    assert till.lifeline.unsent() == 0


def test_a_promotion_reaches_a_basket_that_is_open_and_goes_with_its_sale(hub, open_till):
    till = open_till()
    assert till.lifeline.wait_for_news(SECONDS)
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(BREAD)

    offer = promotion("P1", "Bánh mì nửa giá", "percentage_discount", percent=50, eligible_skus=["BREAD"])
    hub.publish([offer, setting("cash_rounding", "down-1000")])
    assert till.lifeline.wait_for_news(SECONDS)
    checkout.keep_up()
    assert checkout.state.totals.total_amount == 12_500
    draft = checkout.to_pay()
    assert draft is not None
    till.desks.payment(draft, CASHIER).pay_cash(20_000)

    assert till.lifeline.wait_until_sent(SECONDS)
    (fact,) = [orjson.loads(text)["payload"] for text in hub.side.texts()]
    assert (fact["total_amount"], fact["rounding_amount"]) == (12_500, -500)
    assert fact["line_items"][0]["applied_promotions"][0]["promo_id"] == "P1"


def test_the_hub_gets_the_sealed_text_word_for_word(hub, open_till, tmp_path):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    sell(till)
    till.lifeline.wait_until_sent(SECONDS)
    engine = till.till.journal.sender_engine()
    with engine.connect() as tx:
        kept = [row[0] for row in tx.exec_driver_sql("SELECT payload FROM outbox")]
    engine.dispose()

    assert hub.side.texts() == kept


def test_the_secret_is_for_its_owner_only_and_the_code_is_needed_once(open_till, tmp_path):
    open_till().close()
    file = tmp_path / "till" / "enrolment.json"

    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    again = open_till(code="")
    assert again.lifeline.wait_for_news(SECONDS)


@pytest.mark.skipif(os.name != "posix", reason="rights as on Unix")
def test_a_secret_that_others_may_read_is_not_used(open_till, tmp_path):
    open_till().close()
    (tmp_path / "till" / "enrolment.json").chmod(0o644)

    with pytest.raises(EnrolmentNotReadable):
        open_till()


def test_a_till_without_a_code_says_what_it_needs(open_till):
    with pytest.raises(NotEnrolled):
        open_till(code="")


def test_a_wrong_code_is_refused_with_the_hubs_reason(open_till, tmp_path):
    with pytest.raises(EnrolmentRefused) as refused:
        open_till(code="WRONG")

    assert refused.value.detail == {"reason": "enrolment-code-unknown"}
    assert not (tmp_path / "till" / "enrolment.json").exists()


def test_enrolling_without_a_hub_is_an_outage(tmp_path):
    with pytest.raises(Outage):
        build_till(tmp_path / "till", "http://127.0.0.1:1", CODE)


def test_an_enrolled_till_starts_and_sells_without_its_hub(hub, open_till, tmp_path):
    till = open_till()
    assert till.lifeline.wait_for_news(SECONDS)
    till.close()
    hub.close()

    till = open_till(code="")
    numbers = [sell(till), sell(till)]

    assert till.lifeline.unsent() == 2
    assert not till.lifeline.wait_until_sent(0.2)
    assert till.lifeline.state.unsent == 2
    assert till.lifeline.state.oldest_at is not None
    back = HubOfTheTill(tmp_path / "hub.sqlite", port=hub.port)
    till.lifeline.try_now()
    assert till.lifeline.wait_until_sent(SECONDS)
    assert at_hub(back) == numbers
    back.close()


def test_a_hub_killed_in_a_rush_gets_every_sale_once(hub, open_till, tmp_path):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    numbers = [sell(till) for _ in range(5)]
    hub.close()
    numbers += [sell(till) for _ in range(5)]
    back = HubOfTheTill(tmp_path / "hub.sqlite", port=hub.port)
    numbers += [sell(till) for _ in range(5)]

    till.lifeline.try_now()

    assert till.lifeline.wait_until_sent(SECONDS)
    assert at_hub(back) == numbers
    assert back.side.breaks() == []
    back.close()


def test_a_hub_restored_from_nothing_gets_everything_again(hub, open_till, tmp_path):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    numbers = [sell(till) for _ in range(3)]
    assert till.lifeline.wait_until_sent(SECONDS)
    hub.close()

    restored = HubOfTheTill(tmp_path / "new-hub.sqlite", port=hub.port)
    restored.publish(SHOP)
    numbers.append(sell(till))
    till.lifeline.try_now()

    eventually(lambda: at_hub(restored) == numbers)
    assert till.lifeline.wait_until_sent(SECONDS)
    restored.close()


def test_a_void_token_is_renewed_and_nothing_is_lost(hub, open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    hub.forget_tokens()

    number = sell(till)

    assert till.lifeline.wait_until_sent(SECONDS)
    assert at_hub(hub) == [number]
    assert till.lifeline.state.trouble is None


def test_a_poke_brings_a_new_price_to_the_next_scan_and_leaves_the_old_line(hub, open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    eventually(lambda: hub.pokes.listeners == 1)
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)

    hub.publish([price("COLA", 12_500)])

    eventually(lambda: checkout.search("coca")[0].price == 12_500)
    checkout.add_product("COLA")
    assert [line.unit_price for line in checkout.state.basket.lines] == [10_000, 12_500]


def test_what_head_office_takes_away_is_gone_at_the_till(hub, open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)

    hub.publish([deleted("product", "BREAD"), setting("double_scan_seconds", 1)])

    assert till.lifeline.wait_for_news(SECONDS)
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(BREAD)
    assert checkout.state.notice is not None
    assert checkout.state.notice.code == "product-not-found"
    assert till.till.rules().double_scan_seconds == 1


@pytest.mark.allow_log("news line lifted")
def test_a_till_gives_up_what_head_office_lost_with_a_restore(hub, open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    known = hub.publish([])
    hub.publish([price("COLA", 99_000), price("BREAD", 1, price_id="BREAD/lost")])
    assert till.lifeline.wait_for_news(SECONDS)
    checkout = till.desks.checkout(CASHIER)
    eventually(lambda: checkout.search("coca")[0].price == 99_000)

    hub.restore_line(known, [price("COLA", 10_000)])

    eventually(lambda: checkout.search("coca")[0].price == 10_000)
    checkout.scan(BREAD)
    assert [line.unit_price for line in checkout.state.basket.lines] == [25_000]
    eventually(lambda: till.lifeline.state.news_version >= known + line.LIFT)


def test_the_sync_light_tells_link_queue_and_age_of_prices(hub, open_till):
    heard: list[SyncState] = []
    till = open_till()
    till.lifeline.listen(heard.append)
    till.lifeline.wait_for_news(SECONDS)
    eventually(lambda: till.lifeline.state.link is LinkState.ONLINE)
    state = till.lifeline.state
    assert (state.unsent, state.news_version) == (0, 1)
    assert state.news_at is not None

    hub.close()
    sell(till)

    eventually(lambda: till.lifeline.state.link is not LinkState.ONLINE)
    eventually(lambda: any(state.unsent == 1 and state.oldest_at for state in heard))
    assert till.lifeline.state.news_version == 1


def test_a_qr_payment_goes_through_the_hub(hub, open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None
    desk = till.desks.payment(draft, CASHIER)

    desk.ask_qr("QR_MOMO")
    assert desk.state.notice is not None
    assert desk.state.notice.code == "payment-refused"
    hub.forget_tokens()
    desk.ask_qr("QR_VNPAY")
    assert desk.state.qr is not None
    assert desk.state.qr.text == "vnpay:10000"
    hub.progress = "CAPTURED"
    desk.check_qr()

    assert desk.state.receipt is not None
    assert desk.state.receipt.tenders[0].provider_txn_id == "VNPAY-7"


def test_a_payment_that_the_hub_has_lost_is_told_once_more_under_its_id(hub, open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None
    desk = till.desks.payment(draft, CASHIER)
    desk.ask_qr("QR_VNPAY")
    asked = dict(hub.payments)
    hub.payments.clear()

    desk.check_qr()

    assert hub.payments == asked
    assert desk.state.qr is not None
    hub.progress = "CAPTURED"
    desk.check_qr()
    assert desk.state.receipt is not None


def test_a_hub_that_dies_behind_a_qr_code_leaves_cash(hub, open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None
    desk = till.desks.payment(draft, CASHIER)
    hub.close()

    desk.ask_qr("QR_VNPAY")

    assert desk.state.notice is not None
    assert desk.state.notice.code == "hub-away"
    desk.pay_cash(10_000)
    assert desk.state.receipt is not None


def test_the_same_till_is_not_opened_twice(open_till):
    open_till()

    with pytest.raises(TillInUse):
        open_till()


def test_a_till_enrolled_anew_does_not_take_anothers_journal(open_till, tmp_path):
    open_till().close()
    enrolment = tmp_path / "till" / "enrolment.json"
    enrolment.write_bytes(orjson.dumps({**orjson.loads(enrolment.read_bytes()), "terminal_id": "POS_02"}))

    with pytest.raises(JournalOfAnotherTill):
        open_till()


def test_a_damaged_catalogue_is_fetched_anew_and_a_damaged_journal_is_not_touched(open_till, tmp_path):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    till.close()
    folder = tmp_path / "till"
    (folder / "catalogue.sqlite").write_bytes(b"no database" * 1000)

    till = open_till()
    assert till.lifeline.wait_for_news(SECONDS)
    assert till.till.catalogue.products_count() == 4
    assert (folder / "catalogue.sqlite.damaged").exists()
    till.close()

    (folder / "till.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(TillDamaged):
        open_till()
    assert (folder / "till.sqlite").read_bytes() == b"no database" * 1000


def test_sales_go_on_while_a_large_catalogue_arrives(hub, open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    from tests.tills import product

    many = [
        piece
        for number in range(3_000)
        for piece in (product(f"S{number}", f"Nước ngọt số {number}"), price(f"S{number}", 1_000 + number))
    ]
    done = threading.Event()

    def publish() -> None:
        hub.publish(many)
        done.set()

    publisher = threading.Thread(target=publish)
    publisher.start()
    sold = 0
    while not done.is_set() or till.lifeline.state.news_version < 2:
        sell(till, COLA)
        sold += 1
    publisher.join()

    assert till.lifeline.wait_until_sent(SECONDS)
    assert sold == len(at_hub(hub)) > 0
    assert till.till.catalogue.products_count() == 3_004


def test_references_sold_are_known_after_a_restart(open_till):
    till = open_till()
    till.lifeline.wait_for_news(SECONDS)
    sell(till, reference="basket-1")
    till.close()

    assert open_till().till.journal.sold_references() == {"basket-1"}


def test_closing_twice_does_no_harm(open_till):
    till: Any = open_till()
    till.lifeline.stop()
    till.lifeline.stop()
