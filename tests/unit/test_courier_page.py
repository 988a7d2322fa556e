"""The courier's page is true: its worked example, its limits and its table can be relied on by a stranger."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from courier.client import HQ_PATHS, HUB_PATHS
from courier.envelope import (
    ENVELOPE_BYTES_LIMIT,
    EVENT_TYPE_LIMIT,
    FIRST_HASH,
    MEMBERS,
    ORIGIN_LIMIT,
    STORE_ID_LIMIT,
    TIMESTAMP_LIMIT,
    opened_and_verified,
)
from courier.link import link_table
from courier.packing import WORTH_BYTES
from courier.sender import SenderPolicy
from courier.skew import HEADER
from hq.intake import EVENTS_BYTES_MAX
from storehub.api.door import BODY_BYTES_MAX

PAGE = (Path(__file__).parents[2] / "courier" / "README.md").read_text("utf-8")
UNSEALED, SEALED = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)


def test_the_worked_example_holds_by_the_recipe_alone() -> None:
    written = json.dumps(json.loads(UNSEALED), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert written == UNSEALED
    own_hash = hashlib.sha256(bytes(32) + UNSEALED.encode()).hexdigest()
    assert f"`{own_hash}`" in PAGE
    assert json.loads(SEALED) == json.loads(UNSEALED) | {"hash": own_hash}


def test_the_courier_takes_the_worked_example() -> None:
    envelope, intact = opened_and_verified(json.loads(SEALED))
    assert intact
    assert (envelope.text, envelope.previous_hash) == (SEALED, FIRST_HASH)
    assert set(json.loads(SEALED)) == MEMBERS


def test_the_limits_on_the_page_are_those_of_the_program() -> None:
    policy = SenderPolicy()
    assert EVENTS_BYTES_MAX == BODY_BYTES_MAX
    for said in (
        f"| an envelope | {ENVELOPE_BYTES_LIMIT:,} bytes |",
        f"{BODY_BYTES_MAX:,} bytes (this sender: {policy.count_max} envelopes or {policy.bytes_max:,} bytes)",
        f"{EVENT_TYPE_LIMIT} · {ORIGIN_LIMIT} · {STORE_ID_LIMIT} · {TIMESTAMP_LIMIT} printable",
        f"from {WORTH_BYTES:,} bytes on",
        f"`{HEADER}`",
        f"POST {HUB_PATHS.envelopes}",
        f"POST {HQ_PATHS.envelopes}",
        f"`GET {HQ_PATHS.cursor}`",
        link_table(),
    ):
        assert said in PAGE
