"""`hq verify`: what was deleted, altered or booked wrongly behind everybody's back is found and named."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from hq.bootstrap import main
from retail.facts import Fact
from retail.voucher import RedeemedVoucher
from tests import make_hq
from tests.integration.hq.conftest import RunningHq
from tests.make_hq import NOON, Chain, altered, line, refund, sale, void

POS_01, POS_02 = "STORE_001/POS_01", "STORE_001/POS_02"


def verified(hq: RunningHq, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """The exit code of `hq verify` and the lines that somebody has to look at."""
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HQ_DATABASE_URL", hq.database_url)
        code = main(["verify", *arguments])
    lines = capsys.readouterr().out.splitlines()
    return code, [line.removeprefix("LOOK  ") for line in lines if line.startswith("LOOK")]


def tampered(hq: RunningHq, statement: str, *parameters: object) -> None:
    """Somebody with the database's password does this."""
    hq.sql("ALTER TABLE ledger DISABLE TRIGGER ledger_only_added_to")
    hq.sql(statement, *parameters)


def a_day(hq: RunningHq) -> tuple[Chain, list[str]]:
    """Two tills and the hub itself; the first till's chain and facts."""
    store, first, second, hub = hq.store(), Chain(POS_01), Chain(POS_02), Chain("STORE_001")
    voided, returned = sale(terminal_id="POS_02"), sale(terminal_id="POS_02")
    texts = first.sales(5)
    facts: list[Fact] = [voided, void(voided), returned, refund(returned)]
    store.send([*texts, *second.sales(2), *map(second.seal, facts)])
    store.send([hub.seal(make_hq.adjustment()), hub.seal(make_hq.capture())])
    plain = make_hq.plain_sale("018f3c6e-7f6b-7c1e-9a55-0d2f8e6b4a11")
    assert store.http.post("/v1/ingestion/events", json={"events": [plain]}).status_code == 200
    hq.report()
    return first, texts


def test_what_is_whole_holds(hq: RunningHq, capsys: pytest.CaptureFixture[str]) -> None:
    a_day(hq)
    assert verified(hq, capsys) == (0, [])
    assert verified(hq, capsys, "--store", "STORE_001", "--since", "2026-11-01") == (0, [])
    assert verified(hq, capsys, "--since", "2100-01-01") == (0, [])


def test_the_table_names_every_origin_and_the_speed(
    hq: RunningHq, capsys: pytest.CaptureFixture[str]
) -> None:
    till, _ = a_day(hq)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HQ_DATABASE_URL", hq.database_url)
        main(["verify"])
    said = capsys.readouterr().out.splitlines()
    row = next(line for line in said if line.startswith(POS_01))
    assert row.split() == [POS_01, "5", "1", "5", "5", "50000", "intact", till.head[:8]]
    assert said[-1].startswith("14 facts read again in ")
    assert said[-1].endswith("everything holds")


def test_a_deleted_fact_is_named_by_its_number_and_its_day(
    hq: RunningHq, capsys: pytest.CaptureFixture[str]
) -> None:
    a_day(hq)
    tampered(hq, "DELETE FROM ledger WHERE origin = %s AND sequence IN (2, 3)", POS_01)

    code, found = verified(hq, capsys)

    assert code == 1
    assert found[0] == f"{POS_01} 2-3 deleted: received once, and gone"
    assert "STORE_001 2026-11-20: the facts say 7 sales, 70000 in all; the books 9, 90000" in found


def test_the_last_fact_cannot_be_deleted_unseen(hq: RunningHq, capsys: pytest.CaptureFixture[str]) -> None:
    a_day(hq)
    tampered(hq, "DELETE FROM ledger WHERE origin = %s AND sequence = 5", POS_01)
    assert verified(hq, capsys, "--store", "STORE_001")[1][0] == (
        f"{POS_01} 5 deleted: received once, and gone"
    )


def test_an_altered_fact_is_named(hq: RunningHq, capsys: pytest.CaptureFixture[str]) -> None:
    _, texts = a_day(hq)
    forged = altered(texts[1], total_amount=1)
    tampered(hq, "UPDATE ledger SET envelope = %s WHERE origin = %s AND sequence = 2", forged, POS_01)

    code, found = verified(hq, capsys)

    assert code == 1
    assert found[0] == f"{POS_01} 2 altered: not what the hash was made of"


def test_a_fact_sealed_anew_does_not_fit_its_neighbours(
    hq: RunningHq, capsys: pytest.CaptureFixture[str]
) -> None:
    _, texts = a_day(hq)
    before = orjson.loads(texts[0])["hash"]
    forged = Chain(POS_01, sequence=1, head=before).seal(sale())
    tampered(hq, "UPDATE ledger SET envelope = %s WHERE origin = %s AND sequence = 2", forged, POS_01)
    assert verified(hq, capsys)[1] == [f"{POS_01} 2 replaced: the chain names another hash"]


def test_books_that_were_changed_by_hand_are_named_by_store_and_day(
    hq: RunningHq, capsys: pytest.CaptureFixture[str]
) -> None:
    a_day(hq)
    hq.sql(
        "UPDATE transactions SET total_amount = total_amount - 1000 WHERE pipe = 'STORE_001' AND position = 1"
    )
    assert verified(hq, capsys)[1] == [
        "STORE_001 2026-11-20: the facts say 9 sales, 90000 in all; the books 9, 89000"
    ]
    hq.sql("UPDATE origin_sums SET sales_count = 4 WHERE origin = %s", POS_01)
    assert f"{POS_01}: the facts say 5 sales, 50000 in all; its sums 4, 50000" in verified(hq, capsys)[1]


def test_a_deleted_plain_event_is_named_by_its_id(hq: RunningHq, capsys: pytest.CaptureFixture[str]) -> None:
    a_day(hq)
    ((event_id,),) = hq.sql("SELECT event_id FROM ledger WHERE origin IS NULL")
    tampered(hq, "DELETE FROM ledger WHERE origin IS NULL")
    assert (
        f"plain event {event_id} (SaleRecorded) deleted: received once, and gone" in verified(hq, capsys)[1]
    )


def test_one_transaction_on_two_days_is_named(hq: RunningHq, capsys: pytest.CaptureFixture[str]) -> None:
    store, till = hq.store(), Chain(POS_01)
    once = sale()
    again = sale(sold_at=NOON + timedelta(days=1))
    object.__setattr__(again, "transaction_id", once.transaction_id)
    store.send([till.seal(once), till.seal(again)])
    hq.report()
    code, found = verified(hq, capsys)
    assert code == 1
    assert found[-1] == f"transaction {once.transaction_id} is booked 2 times: 2026-11-20, 2026-11-21"


@pytest.mark.allow_log("chain broken", "fact set aside")
def test_what_never_arrived_is_not_called_deleted(hq: RunningHq, capsys: pytest.CaptureFixture[str]) -> None:
    store, till = hq.store(), Chain(POS_01)
    texts = till.sales(5)
    store.send([texts[0], texts[3], texts[4]])
    hq.report()
    assert verified(hq, capsys) == (1, [f"{POS_01} 2-3 never arrived"])


def test_what_is_kept_up_beside_the_books_is_held_against_the_facts(
    hq: RunningHq, capsys: pytest.CaptureFixture[str]
) -> None:
    store, till = hq.store(), Chain(POS_01)
    tet = (RedeemedVoucher("TET-1", "TET"),)
    kept, gone = (sale(member_id="M001", points_earned=10, vouchers=tet) for _ in range(2))
    back = sale(line(quantity=2), member_id="M001", points_earned=20)
    facts: list[Fact] = [kept, gone, void(gone), back, refund(back, lines=1)]
    store.send([till.seal(fact) for fact in facts])
    hq.report()
    assert verified(hq, capsys) == (0, [])

    hq.sql("UPDATE stock_levels SET current_stock = 5")
    hq.sql("UPDATE point_balances SET points = points + 1")
    hq.sql("UPDATE member_points SET points_earned = 12 WHERE transaction_id = %s", gone.transaction_id)
    hq.sql("UPDATE voucher_uses SET given_back = false")
    hq.sql("DELETE FROM voucher_uses WHERE transaction_id = %s", kept.transaction_id)
    hq.sql("UPDATE refund_lines SET line_amount = 1")

    ((refund_id,),) = hq.sql("SELECT id FROM refunds")
    assert verified(hq, capsys) == (
        1,
        [
            "STORE_001 SKU_COLA: the movements make -2, the level says 5",
            "member M001: the sales make 22 points, the balance says 21",
            "member M001: the facts say 40 points earned, the books 42",
            "voucher TET-1: the facts say 2 uses, the books 1",
            f"transaction {gone.transaction_id} is void, and its points or vouchers are not given back",
            f"refund {refund_id}: 10000 in all, 1 by its lines, 10000 by its tenders",
        ],
    )
