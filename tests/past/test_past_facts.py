"""One sealed envelope per fact version, as it was written when the version was new.

To add one, write the sealed text of a real fact into `facts/<event type>.<version>.json`, without a line
feed at the end. A file that is here is never changed: somewhere a till has such a fact in its journal.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from courier.decision import NOTICES, Notice
from courier.envelope import opened, opened_and_verified, opened_text
from retail.facts import READERS, Fact, SaleRecorded, read_fact

FOLDER = Path(__file__).parent / "facts"
FILES = sorted(FOLDER.glob("*.json"))
EVERY_READER: dict[tuple[str, int], Callable[[Any], Fact | Notice]] = {**READERS, **NOTICES}
"""Of the shop's facts and of the courier's own."""

HASHES = {
    "AccessDecided.1": "37920a6148e3ea39d8321abd24cac4bdf17d90aa5e6b8490106ded9e3be985e4",
    "CashMoved.1": "dddbb140be98962785044c5e8cd16a21cd84de4216d8dd5898cb2876ed93d8a1",
    "FactSetAside.1": "c871bc145ef10520d2f697ec2387a02177825ac039323b46ef9c36d3e150811c",
    "InventoryAdjusted.1": "7622725308d90ac0cfdbe73ef47a24e33e93cd65eb9fcd8d343ac93544246f0a",
    "NewsOverruled.1": "603746f1136362903592790caa5bc7401629b32cea6784f4851a1fcafce8c12b",
    "PaymentCaptured.1": "0035411cde32efb11543a4d2b9aa1186e2187095993d905a808a13acfa5c2543",
    "PaymentSettled.1": "05a078f7330de8c3499f29f87d588678d7bde5244d0474c01767a2485b3be965",
    "PriceDiscrepancyFound.1": "351a9ddba1dfcad9944bff8e91c025dd896a6d13636815c5604e92523ffc2d2e",
    "PromotionDiscrepancyFound.1": "8fab93b310c732a5dc0e440998c8394948d3e4b9fcb6904af7b0f6eabf8c7cce",
    "RefundRecorded.1": "19ae41419c4cd702beccbfe77441785a7591873286510146a81df8f5bfb27a99",
    "SaleRecorded.1": "dfc3d2e8b33600aaf109828554786c9a0b3c8c53ed2517cc7ef29ce6867b5086",
    "SetAsideDecided.1": "7664bae88648c6afe3e80b25fa446a6b9f3bd91f3ec5326adea3f6ef61b4f908",
    "ShiftClosed.1": "299bbfb3c9604b3580c1cad4af3c95c99ff12e357c4e8f834363e63e9bbf5cac",
    "ShiftOpened.1": "4020f1632c9bcac0db516e59da189c3c95c7f901bb26821d904c8d63b0e864d9",
    "TransactionVoided.1": "2ecd8c06d3a08349e6018fcf7afdc2095f6f890f94959a9f1eef202b05154ffa",
}
"""What seals them; kept apart, so that nobody mends a file and its hash in one go."""


def test_every_version_that_can_be_read_has_its_recorded_fact() -> None:
    assert {file.stem for file in FILES} == {f"{kind}.{version}" for kind, version in EVERY_READER}
    assert set(HASHES) == {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_seal_of_an_old_fact_still_holds_and_its_text_is_unchanged(file: Path) -> None:
    text = file.read_text("utf-8")

    envelope, intact = opened_and_verified(orjson.loads(text))

    assert intact
    assert envelope.hash == HASHES[file.stem]
    assert envelope.text == text
    assert opened_text(text) == opened(orjson.loads(text))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_old_fact_can_be_read_and_nothing_it_said_is_lost(file: Path) -> None:
    envelope = opened_text(file.read_text("utf-8"))

    fact = EVERY_READER[envelope.event_type, envelope.version](envelope.payload)

    assert _says_all(fact.to_body(), envelope.payload)


def test_the_money_of_the_old_sale_is_what_it_was() -> None:
    envelope = opened_text((FOLDER / "SaleRecorded.1.json").read_text("utf-8"))
    sale = read_fact("SaleRecorded", 1, envelope.payload)

    assert isinstance(sale, SaleRecorded)
    totals = sale.totals
    assert (totals.subtotal, totals.discount_amount, totals.tax_amount, totals.total_amount) == (
        165_166,
        5_000,
        11_667,
        160_166,
    )
    assert [rung.line_total for rung in totals.lines] == [30_000, 55_166, 75_000]
    assert [rung.tax_amount for rung in totals.lines] == [2_222, 2_627, 6_818]
    assert [(tender.payment_method, tender.amount, tender.change) for tender in sale.tenders] == [
        ("QR_VNPAY", 100_000, 0),
        ("CASH", 60_166, 4_834),
    ]


def _says_all(today: object, then: object) -> bool:
    """Whether today's body has everything the old one had (it may have more)."""
    if isinstance(then, dict):
        assert isinstance(today, dict)
        return all(name in today and _says_all(today[name], part) for name, part in then.items())
    if isinstance(then, list):
        assert isinstance(today, list)
        return len(then) == len(today) and all(map(_says_all, today, then))
    return today == then
