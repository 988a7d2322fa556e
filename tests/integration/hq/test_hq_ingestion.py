"""The ingestion door: what is accepted, what is a repeat, what is kept aside, and that nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import orjson
import pytest

from courier.packing import packed
from tests import make_hq
from tests.integration.hq.conftest import RunningHq
from tests.make_hq import Chain, altered, batch


def test_a_batch_is_accepted_and_stands_in_the_ledger_word_for_word(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(3)

    answer = store.send(texts)

    assert answer == {"accepted": 3, "duplicates": 0, "errors": [], "next_position": 4}
    rows = hq.sql("SELECT pipe, position, origin, sequence, envelope FROM ledger ORDER BY position")
    assert [row[:4] for row in rows] == [("STORE_001", n, "STORE_001/POS_01", n) for n in (1, 2, 3)]
    assert [row[4] for row in rows] == texts
    assert store.http.get("/v1/ingestion/cursor").json()["next_position"] == 4


def test_the_quick_way_and_the_careful_way_write_the_same(hq: RunningHq) -> None:
    store, tills = hq.store(), [Chain("STORE_001/POS_01"), Chain("STORE_001/POS_02"), Chain("STORE_001")]
    first = [tills[0].sales(1)[0], tills[1].sales(1)[0], tills[2].seal(make_hq.capture())]
    store.send(first)  # the pipe and the origins are new: the careful way

    mixed = [till.sales(1)[0] for _ in range(3) for till in tills]
    answer = store.send(mixed)  # everything fits: the quick way

    assert answer == {"accepted": 9, "duplicates": 0, "errors": [], "next_position": 13}
    ledger = hq.sql("SELECT position, event_id, event_type, store_id, origin, sequence, envelope FROM ledger")
    assert [row[6] for row in sorted(ledger)] == first + mixed
    for position, event_id, event_type, store_id, origin, sequence, envelope in ledger:
        body = orjson.loads(envelope)
        told = (body["event_id"], body["event_type"], body["store_id"], body["origin"], body["sequence"])
        assert (str(event_id), event_type, store_id, origin, sequence) == told, position
    heads = dict(hq.sql("SELECT origin, hash FROM origins"))
    assert heads == {till.origin: till.head for till in tills}


def test_a_long_batch_is_taken_in_parts_and_as_a_whole(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(261)
    store.send(texts[:1])

    answer = store.send(texts[1:])
    again = store.post(batch(texts[1:], 2)).json()

    assert answer == {"accepted": 260, "duplicates": 0, "errors": [], "next_position": 262}
    assert again == {"accepted": 0, "duplicates": 260, "errors": [], "next_position": 262}
    assert [row[0] for row in hq.sql("SELECT envelope FROM ledger ORDER BY position")] == texts
    assert hq.sql("SELECT sequence, hash FROM origins WHERE origin = 'STORE_001/POS_01'") == [
        (261, till.head)
    ]


@pytest.mark.allow_log("fact set aside", "chain broken")
def test_a_long_batch_that_does_not_hold_near_its_end_is_judged_envelope_by_envelope(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(251)
    store.send(texts[:1])

    answer = store.send([*texts[1:220], altered(texts[220], total_amount=1), *texts[221:]])

    assert (answer["accepted"], answer["next_position"]) == (250, 252)
    assert [error["code"] for error in answer["errors"]] == ["chain-altered"]
    assert hq.sql("SELECT count(*) FROM ledger") == [(250,)]


def test_a_long_batch_whose_last_part_does_not_follow_leaves_nothing_half_done(hq: RunningHq) -> None:
    store, till, other = hq.store(), Chain(), Chain("STORE_001/POS_02")
    texts = till.sales(151)
    store.send(texts[:1])

    # The second till is heard of for the first time: the quick way ends there, after a part was written.
    answer = store.send([*texts[1:], *other.sales(20)])

    assert answer == {"accepted": 170, "duplicates": 0, "errors": [], "next_position": 172}
    assert hq.sql("SELECT count(*), count(DISTINCT position) FROM ledger") == [(171, 171)]


def test_a_repeated_batch_is_all_duplicates(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(5)
    store.send(texts)

    again = store.post(batch(texts)).json()
    overlapping = store.post(batch([*texts[2:], *till.sales(2)], 3)).json()

    assert again == {"accepted": 0, "duplicates": 5, "errors": [], "next_position": 6}
    assert overlapping == {"accepted": 2, "duplicates": 3, "errors": [], "next_position": 8}
    assert hq.sql("SELECT count(*) FROM ledger") == [(7,)]


def test_a_batch_that_comes_too_early_is_told_where_to_go_on(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(6)

    early = store.post(batch(texts[3:], 4)).json()
    store.post(batch(texts[:3]))
    late = store.post(batch(texts[3:], 4)).json()

    assert early == {"accepted": 0, "duplicates": 0, "errors": [], "next_position": 1}
    assert late["next_position"] == 7
    assert [row[0] for row in hq.sql("SELECT sequence FROM ledger ORDER BY position")] == [1, 2, 3, 4, 5, 6]


@pytest.mark.allow_log("fact set aside", "chain broken")
def test_an_altered_envelope_is_kept_aside_and_the_stream_goes_on(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(3)
    store.send(texts[:1])

    answer = store.send([altered(texts[1], total_amount=1), texts[2]])

    assert answer["accepted"] == 2
    assert [(error["position"], error["code"]) for error in answer["errors"]] == [(2, "chain-altered")]
    assert hq.sql("SELECT position FROM set_aside") == [(2,)]
    assert hq.sql("SELECT sequence FROM ledger ORDER BY 1") == [(1,), (3,)]


@pytest.mark.allow_log("fact set aside", "chain broken")
def test_two_histories_of_one_till_are_a_fork(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    store.send(till.sales(2))
    other = Chain(sequence=1, head="ab" * 32)

    answer = store.send(other.sales(1))

    assert [error["code"] for error in answer["errors"]] == ["chain-fork"]
    completeness = hq.admin.get("/v1/stores/STORE_001/completeness").json()
    assert completeness["origins"][0]["chain"] == "forked"
    assert completeness["complete"] is False


@pytest.mark.allow_log("fact set aside")
def test_what_is_no_envelope_is_kept_aside_with_a_reason(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()

    answer = store.post(
        b'{"from_position":1,"events":[{"store_id":"STORE_001"},17,%b]}' % till.sales(1)[0].encode()
    )

    assert answer.status_code == 200
    assert answer.json()["accepted"] == 3
    assert [error["code"] for error in answer.json()["errors"]] == ["envelope-not-readable"] * 2
    assert hq.sql("SELECT count(*) FROM ledger") == [(1,)]


def test_a_store_may_send_its_own_facts_only(hq: RunningHq) -> None:
    first, _ = hq.store("STORE_001"), hq.store("STORE_002")
    foreign = Chain("STORE_002/POS_01").sales(2)
    disguised = Chain("STORE_002/POS_01").seal_body("SaleRecorded", {}, store_id="STORE_001")

    for texts in (foreign, [disguised]):
        answer = first.post(batch(texts))
        assert answer.status_code == 403
        assert answer.json()["code"] == "wrong-store"
    plain = make_hq.plain_sale(str(uuid4()), store_id="STORE_002")
    assert first.http.post("/v1/ingestion/events", json={"events": [plain]}).status_code == 403
    assert hq.sql("SELECT count(*) FROM ledger") == [(0,)]


@pytest.mark.allow_log("fact set aside")
def test_a_fact_of_another_store_among_our_own_is_set_aside_and_moves_no_chain(hq: RunningHq) -> None:
    first, second = hq.store("STORE_001"), hq.store("STORE_002")
    other = Chain("STORE_002/POS_01")
    own, foreign = Chain().sales(2), other.sales(2)

    answer = first.send([own[0], *foreign, own[1]])

    assert answer["accepted"] == 4
    assert [(error["position"], error["code"]) for error in answer["errors"]] == [
        (2, "wrong-store"),
        (3, "wrong-store"),
    ]
    assert hq.sql("SELECT origin FROM origins") == [("STORE_001/POS_01",)]
    assert second.send(foreign)["errors"] == []
    plain = [make_hq.plain_sale(str(uuid4()), store_id=name) for name in ("STORE_002", "STORE_001")]
    mixed = first.http.post("/v1/ingestion/events", json={"events": plain}).json()
    assert [error["code"] for error in mixed["errors"]] == ["wrong-store"]


def test_malformed_json_is_a_400(hq: RunningHq) -> None:
    answer = hq.store().post(b'{"from_position": 1, "events": [')

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "malformed-json"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"events": 7}', b'{"from_position": 0, "events": []}'])
def test_json_that_is_no_batch_is_a_422(hq: RunningHq, body: bytes) -> None:
    answer = hq.store().post(body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_an_empty_batch_tells_the_position(hq: RunningHq) -> None:
    store = hq.store()
    store.send(Chain().sales(2))

    assert store.post(b'{"from_position": 1, "events": []}').json()["next_position"] == 3


def test_a_body_of_ten_megabytes_is_refused_unread(hq: RunningHq) -> None:
    store = hq.store()

    whole = store.post(b" " * 10_000_000)
    in_parts = store.http.post("/v1/ingestion/events", content=iter([b" " * 1_000_000] * 10))

    for answer in (whole, in_parts):
        assert answer.status_code == 413
        assert answer.json()["code"] == "too-large"
    assert store.send(Chain().sales(1))["accepted"] == 1


def test_an_expired_token_is_a_401(hq: RunningHq) -> None:
    store = hq.store()
    store.send(Chain().sales(1))

    hq.clock.ahead = timedelta(hours=8, seconds=1)

    answer = store.post(batch(Chain().sales(1)))
    assert (answer.status_code, answer.json()["code"]) == (401, "token-expired")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_without_a_token_or_with_a_wrong_one_nothing_is_taken(hq: RunningHq) -> None:
    body = batch(Chain().sales(1))

    for client in (hq.client(), hq.client("nonsense"), hq.client("a.b.c")):
        answer = client.post("/v1/ingestion/events", content=body)
        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
    assert hq.admin.post("/v1/ingestion/events", content=body).status_code == 403


def test_plain_events_of_a_partner_are_known_by_their_id(hq: RunningHq) -> None:
    store = hq.store()
    event = make_hq.plain_sale(str(uuid4()))
    other = make_hq.plain_sale(str(uuid4()))

    first = store.http.post("/v1/ingestion/events", json={"events": [event]}).json()
    second = store.http.post("/v1/ingestion/events", json={"events": [event, other, other]}).json()

    assert first == {"accepted": 1, "duplicates": 0, "errors": [], "next_position": 2}
    assert second == {"accepted": 1, "duplicates": 2, "errors": [], "next_position": 3}
    assert hq.sql("SELECT pipe, position FROM ledger ORDER BY 2") == [
        ("STORE_001/api", 1),
        ("STORE_001/api", 2),
    ]


@pytest.mark.allow_log("fact set aside")
def test_a_plain_event_that_cannot_be_read_is_kept_aside(hq: RunningHq) -> None:
    store = hq.store()
    good = make_hq.plain_sale(str(uuid4()))
    bad = [{**good, "event_id": "7"}, {**good, "timestamp": "yesterday"}, "hello", {**good, "payload": None}]

    answer = store.http.post("/v1/ingestion/events", json={"events": [*bad, good]}).json()

    assert answer["accepted"] == 5
    assert [error["code"] for error in answer["errors"]] == ["event-not-readable"] * 4
    assert hq.sql("SELECT count(*) FROM set_aside") == [(4,)]


def test_sealed_envelopes_without_a_position_are_judged_by_their_chain(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    bodies = [orjson.loads(text) for text in till.sales(2)]

    first = store.http.post("/v1/ingestion/events", json={"events": bodies}).json()
    again = store.http.post("/v1/ingestion/events", json={"events": bodies}).json()

    assert (first["accepted"], first["duplicates"]) == (2, 0)
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert hq.report()[0]["transaction_count"] == 2


@pytest.mark.allow_log("fact set aside")
def test_events_are_counted_for_prometheus(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(3)
    store.send(texts)
    store.post(batch(texts))
    store.send([till.seal_body("SomethingNew", {})])
    hq.admin.get("/v1/reports/sales", params={"from": "2000-01-01", "to": "2100-01-01"})

    page = hq.client().get("/metrics").text

    assert 'events_received_total{event_type="SaleRecorded",store_id="STORE_001"} 6.0' in page
    assert 'events_received_total{event_type="other",store_id="STORE_001"} 1.0' in page
    assert 'events_duplicate_total{store_id="STORE_001"} 3.0' in page
    assert "events_processing_duration_seconds_count 3.0" in page
    assert 'endpoint="/v1/ingestion/events"' in page


def test_a_packed_batch_is_taken_and_the_answer_tells_the_time(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()

    answer = store.http.post(
        "/v1/ingestion/events", content=packed(batch(till.sales(3))), headers={"content-encoding": "gzip"}
    )

    assert answer.json() == {"accepted": 3, "duplicates": 0, "errors": [], "next_position": 4}
    assert datetime.fromisoformat(answer.headers["everopen-now"]).tzinfo is not None
    assert "everopen-now" in hq.client().get("/health/ready").headers


def test_a_packed_batch_that_grows_beyond_the_limit_is_too_large(hq: RunningHq) -> None:
    store = hq.store()
    bomb = packed(b'{"from_position":1,"events":["' + b" " * 20_000_000 + b'"]}')
    assert len(bomb) < 100_000

    answer = store.http.post("/v1/ingestion/events", content=bomb, headers={"content-encoding": "gzip"})

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert hq.sql("SELECT count(*) FROM ledger") == [(0,)]


@pytest.mark.allow_log("fact set aside", "chain broken")
def test_an_envelope_sealed_over_another_form_than_the_canonical_one_is_not_sound(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    body = orjson.loads(till.sales(1)[0])
    spaced = orjson.dumps({name: value for name, value in body.items() if name != "hash"}).replace(
        b":", b": "
    )
    body["hash"] = sha256(bytes(32) + spaced).hexdigest()
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).replace(b":", b": ").decode()

    answer = store.send([text])

    assert [error["code"] for error in answer["errors"]] == ["chain-altered"]


@pytest.mark.allow_log("fact set aside")
def test_another_event_under_a_known_id_is_a_conflict_and_not_a_silent_duplicate(hq: RunningHq) -> None:
    store = hq.store()
    event = make_hq.plain_sale(str(uuid4()))
    other = {**event, "timestamp": "2026-11-01T05:00:00+00:00"}

    first, second, again = (
        store.http.post("/v1/ingestion/events", json={"events": events}).json()
        for events in ([event], [event, other], [other, event])
    )

    assert (first["accepted"], first["errors"]) == (1, [])
    assert [(error["code"], error["position"]) for error in second["errors"]] == [("event-id-reused", 2)]
    assert (second["accepted"], second["duplicates"], second["next_position"]) == (1, 1, 3)
    assert (again["accepted"], again["duplicates"], again["next_position"]) == (0, 2, 3)
    assert hq.sql("SELECT count(*) FROM ledger") == [(1,)]


def test_the_cursor_tells_every_pipe_that_the_store_can_send(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    store.send(till.sales(2))
    store.http.post("/v1/ingestion/events", json={"events": [make_hq.plain_sale(str(uuid4()))]})

    told = store.http.get("/v1/ingestion/cursor").json()

    assert (told["pipe"], told["next_position"]) == ("STORE_001", 3)
    assert told["pipes"] == {"STORE_001": 3, "STORE_001/api": 2}


@pytest.mark.allow_log("positions on no disk", "chain broken")
def test_a_hub_says_where_its_facts_begin_and_nothing_before_is_wanted(hq: RunningHq) -> None:
    store, till = hq.store(), Chain("STORE_001/POS_01")
    sales = till.sales(5)
    heads = [
        {"origin": "STORE_001", "sequence": 7, "hash": "ab" * 32},
        {"origin": "STORE_001/POS_01", "sequence": 3, "hash": orjson.loads(sales[3])["previous_hash"]},
    ]
    begins = {"position": 11, "heads": heads}

    told = store.http.post("/v1/ingestion/begin", json=begins)

    assert told.json() == {"missing": [[1, 10]], "next_position": 11}
    assert store.post(batch(sales[3:], 11)).json()["accepted"] == 2
    breaks = "SELECT origin, kind, first_sequence, last_sequence FROM chain_breaks ORDER BY 1, 2"
    named = [
        ("STORE_001", "gap", 1, 7),
        ("STORE_001", "positions", 1, 10),
        ("STORE_001/POS_01", "gap", 1, 3),
    ]
    assert hq.sql(breaks) == named
    again = store.http.post("/v1/ingestion/begin", json=begins)
    assert again.json() == {"missing": [], "next_position": 13}
    assert hq.sql(breaks) == named


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"position": 0}, 422),
        ({"position": "11"}, 422),
        ({"position": 2**63}, 422),
        ({"position": 2**60}, 422),
        ({"heads": None}, 422),
        ({"heads": [{"origin": "STORE_001", "sequence": 1, "hash": "ab"}]}, 422),
        ({"heads": [{"origin": "STORE_001\n", "sequence": 1, "hash": "ab" * 32}]}, 422),
        ({"heads": [{"origin": "STORE_002/POS_01", "sequence": 1, "hash": "ab" * 32}]}, 403),
    ],
    ids=str,
)
def test_a_beginning_that_makes_no_sense_or_is_anothers_changes_nothing(
    hq: RunningHq, changed: dict[str, object], status: int
) -> None:
    store = hq.store()
    refused = store.http.post("/v1/ingestion/begin", json={"position": 11, "heads": [], **changed})
    assert refused.status_code == status
    assert store.http.get("/v1/ingestion/cursor").json()["next_position"] == 1
    assert hq.sql("SELECT count(*) FROM chain_breaks") == [(0,)]
