"""Problem documents: every error of a door has a code, and none tells what is inside."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from courier import problem
from courier.client import http_client
from courier.problem import Problem
from tests.contract.courier_door import Served


class Pin(BaseModel):
    employee_id: str
    pin: int


class Stubborn(Exception):
    """What a program's own rule would raise."""


def translate(error: Exception) -> Problem | None:
    if isinstance(error, Stubborn):
        return Problem(409, "stubborn", "The shop says no", str(error), amount=5)
    return None


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    app = FastAPI()

    @app.get("/problem")
    def raises_problem() -> None:
        raise Problem(402, "underpaid", "Not enough", "5,000 ₫ are missing", missing=5000)

    @app.get("/rule")
    def raises_rule() -> None:
        raise Stubborn("not today")

    @app.get("/bug")
    def raises_bug() -> None:
        raise ZeroDivisionError("the password is 1234")

    @app.get("/async-bug")
    async def raises_bug_in_the_loop() -> None:
        raise ZeroDivisionError("the password is 1234")

    @app.post("/pin/{place}")
    def takes_pin(place: int, body: Pin) -> dict[str, Any]:
        return {"place": place, "employee_id": body.employee_id}

    @app.post("/raw")
    async def takes_anything(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.post("/import")
    async def takes_more(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.get("/half")
    def breaks_off() -> StreamingResponse:
        def half() -> Iterator[bytes]:
            yield b"half"
            raise ZeroDivisionError

        return StreamingResponse(half())

    problem.install(app, translate, body_bytes_max=1000, larger_bodies={"/import": 5000})
    served = Served(app)
    with http_client(served.url, 10.0) as client:
        yield client
    served.close()


def test_a_problem_is_answered_with_its_code_and_figures(client: httpx.Client) -> None:
    answer = client.get("/problem")

    assert answer.status_code == 402
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:everopen:problem:underpaid",
        "title": "Not enough",
        "status": 402,
        "code": "underpaid",
        "detail": "5,000 ₫ are missing",
        "missing": 5000,
    }


def test_a_rule_of_the_program_is_translated(client: httpx.Client) -> None:
    answer = client.get("/rule")
    assert (answer.status_code, answer.json()["code"], answer.json()["amount"]) == (409, "stubborn", 5)


@pytest.mark.allow_log("request failed")
@pytest.mark.parametrize("path", ["/bug", "/async-bug"])
def test_a_bug_is_answered_with_a_reference_and_nothing_from_inside(
    client: httpx.Client, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get(path)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (500, "internal-error")
    assert "1234" not in answer.text
    assert "ZeroDivision" not in answer.text
    (record,) = [r for r in caplog.records if r.name.startswith("courier")]
    assert record.reference == body["reference"]  # type: ignore[attr-defined]  # structlog's extra


def test_a_wrong_field_is_named_and_what_was_sent_is_not_repeated(client: httpx.Client) -> None:
    answer = client.post("/pin/counter", json={"employee_id": "E1", "pin": "secret"})

    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "invalid-request")
    assert [error["field"] for error in body["errors"]] == ["place", "pin"]
    assert "pin: Input should be a valid integer" in body["detail"]
    assert "secret" not in answer.text


@pytest.mark.parametrize("content", ["{", '{"a":', "\x00"], ids=repr)
def test_a_body_that_is_no_json_is_malformed(client: httpx.Client, content: str) -> None:
    answer = client.post("/pin/1", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")


@pytest.mark.parametrize("content", ['["list"]', "null", "7", ""], ids=repr)
def test_a_body_that_is_not_what_was_asked_for_is_invalid(client: httpx.Client, content: str) -> None:
    answer = client.post("/pin/1", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_a_body_that_is_no_text_is_invalid(client: httpx.Client) -> None:
    answer = client.post("/pin/1", content=b"\xff\xfe\x00", headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == "invalid-request"


def test_an_unknown_path_and_a_wrong_method_are_problems_too(client: httpx.Client) -> None:
    unknown, wrong = client.get("/nowhere"), client.put("/rule")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert wrong.headers["allow"] == "GET"
    assert unknown.headers["content-type"] == wrong.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/raw", "/pin/1"])
def test_a_body_that_says_it_is_too_large_is_not_read(client: httpx.Client, path: str) -> None:
    answer = client.post(path, content=b"x" * 1001)
    assert (answer.status_code, answer.json()["code"], answer.json()["bytes_max"]) == (413, "too-large", 1000)


@pytest.mark.parametrize("path", ["/raw", "/pin/1"])
def test_a_body_that_turns_out_too_large_is_dropped(client: httpx.Client, path: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    answer = client.post(path, content=pieces())
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_ten_megabytes_are_refused_in_words(client: httpx.Client) -> None:
    answer = client.post("/raw", content=b"x" * 10_000_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_body_of_the_largest_size_is_taken(client: httpx.Client) -> None:
    assert client.post("/raw", content=b"x" * 1000).json() == {"bytes": 1000}


def test_a_path_may_have_a_limit_of_its_own(client: httpx.Client) -> None:
    assert client.post("/import", content=b"x" * 5000).json() == {"bytes": 5000}
    assert client.post("/import", content=b"x" * 5001).json()["bytes_max"] == 5000


def test_a_caller_who_hangs_up_in_the_middle_of_a_body_is_no_error(client: httpx.Client) -> None:
    """Nothing goes to the log that somebody would be called for (the tripwire of every test)."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=30) as end:
        end.sendall(b"POST /raw HTTP/1.1\r\nhost: here\r\ncontent-length: 1000\r\n\r\nhalf of it")

    assert client.post("/raw", content=b"all of it").status_code == 200


def test_an_answer_under_way_is_broken_off_not_mended(client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/half")
