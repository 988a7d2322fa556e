"""Packed requests: what comes out is what went in, and never more than the door allows."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courier.packing import NotUnpackable, packed, unpacked


@given(st.binary(max_size=3000))
def test_what_was_packed_comes_out_as_it_was(body: bytes) -> None:
    assert unpacked(packed(body), "gzip", 3000) == body


def test_what_was_not_packed_stays_as_it_is() -> None:
    assert unpacked(b"[1]", "", 3) == unpacked(b"[1]", "identity", 3) == b"[1]"


def refusal(body: bytes, encoding: str = "gzip", bytes_max: int = 1000) -> tuple[int, str]:
    with pytest.raises(NotUnpackable) as refused:
        unpacked(body, encoding, bytes_max)
    return refused.value.status, refused.value.code


def test_a_body_that_grows_beyond_the_limit_is_too_large_before_it_is_unpacked() -> None:
    bomb = gzip.compress(b"\x00" * 50_000_000)
    assert len(bomb) < 60_000
    assert refusal(bomb) == (413, "too-large")
    assert unpacked(packed(b"x" * 1000), "gzip", 1000) == b"x" * 1000
    assert refusal(packed(b"x" * 1001)) == (413, "too-large")


@pytest.mark.parametrize(
    "body", [b"", b"no gzip", packed(b"abc")[:-3], packed(b"abc") + packed(b"more")], ids=str
)
def test_a_packed_body_that_is_not_whole_is_refused(body: bytes) -> None:
    assert refusal(body) == (400, "malformed-gzip")


@pytest.mark.parametrize("encoding", ["zstd", "gzip, gzip", "br"])
def test_no_other_packing_is_taken(encoding: str) -> None:
    assert refusal(b"x", encoding) == (415, "unsupported-encoding")
