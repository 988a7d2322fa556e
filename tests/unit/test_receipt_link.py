"""The address of a receipt on a phone: it names one sale, and nobody finds another by guessing."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.receipt_link import (
    TOKEN_LENGTH,
    BadReceiptUrl,
    checked_receipt_url,
    read_token,
    receipt_link,
    token_of,
)

SALE = UUID("019a9f3c-7b1e-7c3a-9d55-0d2f8e6b4a10")
SEALED = hashlib.sha256(b"a sealed sale").hexdigest()


def test_a_link_leads_back_to_its_sale_and_no_other() -> None:
    link = receipt_link("https://receipts.example/r/{token}", SALE, SEALED)
    token = link.removeprefix("https://receipts.example/r/")
    assert len(token) == TOKEN_LENGTH
    assert read_token(token) == SALE
    assert token == token_of(SALE, SEALED)


@given(st.uuids(), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_the_proof_is_part_of_the_token(sale: UUID, one: bytes, other: bytes) -> None:
    tokens = token_of(sale, one.hex()), token_of(sale, other.hex())
    assert (tokens[0] == tokens[1]) == (one[:12] == other[:12])
    assert {read_token(token) for token in tokens} == {sale}


@given(st.text(max_size=60))
def test_a_text_that_is_no_token_is_none(text: str) -> None:
    found = read_token(text)
    assert found is None or len(text) == TOKEN_LENGTH


@pytest.mark.parametrize(
    "url",
    [
        "https://receipts.example/r/{token}",
        "https://everopen.example/{token}?lang=vi",
        "http://127.0.0.1:8000/r/{token}",
        "",
    ],
)
def test_an_address_has_one_place_for_the_token(url: str) -> None:
    assert checked_receipt_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://receipts.example/r/",
        "https://receipts.example/{token}/{token}",
        "http://receipts.example/r/{token}",
        "http://127.0.0.1.receipts.example/r/{token}",
        "javascript:alert('{token}')",
        "https://receipts.example/r e c/{token}",
        "https://hoá-đơn.example/{token}",
        f"https://receipts.example/{'x' * 200}/{{token}}",
    ],
)
def test_an_address_that_no_phone_should_open_is_refused(url: str) -> None:
    with pytest.raises(BadReceiptUrl):
        checked_receipt_url(url)
