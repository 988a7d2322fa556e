"""Envelopes: one text, one hash, on every machine and in every language."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courier.envelope import (
    ENVELOPE_BYTES_LIMIT,
    FIRST_HASH,
    Envelope,
    EnvelopeNotReadable,
    opened,
    opened_and_verified,
    opened_text,
    seal,
    seal_holds,
)

AT = datetime(2026, 11, 1, 8, 0, 5, 250_000, tzinfo=UTC)

# Any language's standard library writes these values the same way, so Python's json is a second opinion.
whole_numbers = st.integers(-(2**53), 2**53)
words = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.none() | st.booleans() | whole_numbers | words
keys = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xD7FF))
payloads = st.dictionaries(
    keys, st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=12)
)


def sealed(payload: dict[str, Any] | None = None, **members: Any) -> Envelope:
    values: dict[str, Any] = {
        "event_id": UUID("0192e4a0-7c00-7000-8000-000000000001"),
        "event_type": "SaleRecorded",
        "version": 1,
        "origin": "STORE_001/POS_01",
        "sequence": 1,
        "previous_hash": FIRST_HASH,
        "store_id": "STORE_001",
        "terminal_id": "POS_01",
        "timestamp": AT,
        "payload": {"total_amount": 55000} if payload is None else payload,
    }
    return seal(**(values | members))


def test_the_sealed_text_of_a_small_fact_is_this_to_the_letter() -> None:
    envelope = sealed({"name": "Cà phê", "amount": 25000})

    assert envelope.text == (
        '{"event_id":"0192e4a0-7c00-7000-8000-000000000001","event_type":"SaleRecorded",'
        '"hash":"c6eb03b9c1b3b50e73e8b1175f81c8efc5df8af7b9c864a17318f100da7e23f1",'
        '"origin":"STORE_001/POS_01","payload":{"amount":25000,"name":"Cà phê"},'
        '"previous_hash":"0000000000000000000000000000000000000000000000000000000000000000",'
        '"sequence":1,"store_id":"STORE_001","terminal_id":"POS_01",'
        '"timestamp":"2026-11-01T08:00:05.250000+00:00","version":1}'
    )


@given(payloads)
def test_the_text_is_what_another_writer_of_canonical_json_writes(payload: dict[str, Any]) -> None:
    envelope = sealed(payload)

    body = json.loads(envelope.text)
    assert envelope.text == json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@given(payloads)
def test_the_hash_is_of_the_predecessor_and_the_text_without_the_hash(payload: dict[str, Any]) -> None:
    envelope = sealed(payload, previous_hash="ab" * 32)

    body = json.loads(envelope.text)
    del body["hash"]
    unsealed = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert envelope.hash == hashlib.sha256(bytes.fromhex("ab" * 32) + unsealed.encode()).hexdigest()


@given(payloads)
def test_an_envelope_survives_the_way_byte_for_byte(payload: dict[str, Any]) -> None:
    envelope = sealed(payload)

    again, intact = opened_and_verified(orjson.loads(orjson.dumps(orjson.loads(envelope.text))))

    assert again == envelope
    assert again.text == envelope.text
    assert intact
    assert opened_text(envelope.text) == envelope


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("event_id", "0192e4a0-7c00-7000-8000-000000000002"),
        ("event_type", "RefundRecorded"),
        ("version", 2),
        ("origin", "STORE_001/POS_02"),
        ("sequence", 2),
        ("previous_hash", "1" + FIRST_HASH[1:]),
        ("store_id", "STORE_002"),
        ("terminal_id", "POS_02"),
        ("terminal_id", None),
        ("timestamp", "2026-11-01T08:00:05.250001+00:00"),
        ("payload", {"total_amount": 54999}),
        ("hash", "0" * 64),
        ("more", "than was sealed"),
        ("a_member_before_the_hash", {"hash": "0" * 64}),
    ],
)
def test_any_change_of_any_member_breaks_the_seal(member: str, value: object) -> None:
    body = orjson.loads(sealed().text)
    assert seal_holds(body)

    body[member] = value

    assert not seal_holds(body)


@pytest.mark.parametrize(
    "payload",
    [
        {"hash": "00"},
        {"hash": {"hash": "00"}},
        {"note": '"hash":"00",'},
        {},
    ],
    ids=str,
)
def test_what_looks_like_the_hash_inside_the_payload_does_not_matter(payload: dict[str, Any]) -> None:
    assert seal_holds(orjson.loads(sealed(payload).text))
    assert seal_holds(orjson.loads(sealed(payload, event_type='x","hash":"' + "0" * 64).text))


def test_members_that_a_newer_version_added_are_carried_and_sealed() -> None:
    body = orjson.loads(sealed().text)
    del body["hash"]
    body |= {"a_hint": {"hash": "x"}, "zone": "Asia/Ho_Chi_Minh"}
    unsealed = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    body["hash"] = hashlib.sha256(bytes(32) + unsealed).hexdigest()

    envelope, intact = opened_and_verified(body)

    assert intact
    assert '"zone":"Asia/Ho_Chi_Minh"' in envelope.text


def test_the_hub_s_own_facts_name_no_terminal() -> None:
    envelope = sealed(terminal_id=None, origin="STORE_001")

    assert envelope.terminal_id is None
    assert "terminal_id" not in envelope.text
    assert seal_holds(orjson.loads(envelope.text))


@pytest.mark.parametrize("payload", [{"amount": 1.0}, {"lines": [{"amount": 0.5}]}, {"rates": (1, 0.1)}])
def test_a_float_cannot_be_sealed(payload: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="never a float"):
        sealed(payload)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"big": 2**64}, "64-bit"),
        ({"text": "\ud800"}, "surrogates"),
        ({1: "not a key"}, "must be str"),
        ({"thing": object()}, "not JSON serializable"),
    ],
    ids=["number", "text", "key", "thing"],
)
def test_what_json_cannot_say_cannot_be_sealed(payload: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        sealed(payload)


def test_an_envelope_that_no_receiver_would_take_cannot_be_sealed() -> None:
    with pytest.raises(ValueError, match="bytes at most"):
        sealed({"note": "x" * ENVELOPE_BYTES_LIMIT})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"text"', "{}", '{"event_id": 1}', b"\xff\xfe"])
def test_a_text_that_is_no_envelope_says_so(text: str | bytes) -> None:
    with pytest.raises(EnvelopeNotReadable):
        opened_text(text)


def test_the_message_names_what_is_missing() -> None:
    with pytest.raises(EnvelopeNotReadable, match="no event_id, event_type, hash"):
        opened({"origin": "S"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_whatever_is_in_a_member_an_envelope_opens_or_is_called_unreadable(data: st.DataObject) -> None:
    body = orjson.loads(sealed().text)
    member = data.draw(st.sampled_from(sorted(body)))
    body[member] = data.draw(json_values)
    try:
        envelope, intact = opened_and_verified(body)
    except EnvelopeNotReadable:
        return
    assert intact == (envelope == sealed())
