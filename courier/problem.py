"""Errors of a door as problem documents (RFC 9457) with a stable `code`, and nothing from inside."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courier.packing import NotUnpackable, unpacked

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
BODY_BYTES_MAX = 5_000_000

CODES = {
    400: "invalid-request",
    401: "not-authenticated",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    409: "conflict",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-request",
    429: "too-many-requests",
    500: "internal-error",
    503: "unavailable",
}


class Problem(Exception):
    """An answer that is an error: HTTP `status`, stable `code`, `title` of the kind of problem, `detail`
    of this one, and any further members of the document. Raise it anywhere below a door."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.headers = headers
        self.extra = extra
        super().__init__(f"{status} {code}: {detail or title}")

    def to_body(self) -> dict[str, Any]:
        """The members of the document."""
        body = {
            **self.extra,
            "type": f"urn:everopen:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        return {**body, "detail": self.detail} if self.detail else body

    def response(self) -> Response:
        """The answer itself."""
        try:
            content = orjson.dumps(self.to_body(), default=str)
        except orjson.JSONEncodeError:  # a figure of more than 64 bits, of whoever asked for it
            content = json.dumps(self.to_body(), default=str).encode()
        return Response(
            content,
            status_code=self.status,
            media_type=MEDIA_TYPE,
            headers=dict(self.headers) if self.headers else None,
        )


Translate = Callable[[Exception], Problem | None]


def install(
    app: FastAPI,
    translate: Translate,
    body_bytes_max: int = BODY_BYTES_MAX,
    larger_bodies: Mapping[str, int] | None = None,
) -> None:
    """Make every error of this app a problem document; call it after all other middleware is added.

    `translate` turns the program's own errors (a `Refusal`) into a `Problem`, None for what it does not
    know: that is logged with a reference and answered 500 with the reference only. A body above
    `body_bytes_max` (`larger_bodies` has other limits by path) is answered 413 without being kept.
    """
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_middleware(
        _ProblemDoor, translate=translate, body_bytes_max=body_bytes_max, larger_bodies=larger_bodies or {}
    )


def _invalid(_: Request, error: Exception) -> Response:
    """Name the field and what is wrong with it; never repeat what was sent (it may be a PIN)."""
    assert isinstance(error, RequestValidationError)
    if any(found["type"] == "json_invalid" for found in error.errors()):
        return Problem(400, "malformed-json", "The request body is not JSON").response()
    fields = [
        {"field": ".".join(str(part) for part in found["loc"][1:] or found["loc"]), "message": found["msg"]}
        for found in error.errors()
    ]
    detail = "; ".join(f"{found['field']}: {found['message']}" for found in fields)
    return Problem(422, "invalid-request", "The request is not valid", detail, errors=fields).response()


def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    detail = "" if error.detail == phrase else str(error.detail)
    code = CODES.get(error.status_code, "http-error")
    return Problem(error.status_code, code, phrase, detail, headers=error.headers).response()


class _ProblemDoor:
    """Pure ASGI middleware: turns what endpoints raise into problems and limits the body."""

    def __init__(
        self, app: ASGIApp, translate: Translate, body_bytes_max: int, larger_bodies: Mapping[str, int]
    ) -> None:
        self._app = app
        self._translate = translate
        self._body_bytes_max = body_bytes_max
        self._larger_bodies = larger_bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger_bodies.get(scope["path"], self._body_bytes_max)
        started = False
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # FastAPI would make a 400 of it; `watched` drops that and the 413 goes out instead.
                raise _too_large(limit)
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if received <= limit:
                started = True
                await send(message)

        try:
            if _announced(scope) > limit:
                raise _too_large(limit)
            await self._app(scope, counted, watched)
            if received > limit and not started:
                raise _too_large(limit)
        except ClientDisconnect:
            # Networks do that in the middle of a body. Nobody is left to answer, and nothing was taken.
            log.info("caller hung up", method=scope["method"], path=scope["path"])
        except Exception as error:
            if started:
                raise
            problem = error if isinstance(error, Problem) else self._translate(error)
            if problem is None:
                problem = _internal_error()
                log.exception(
                    "request failed",
                    reference=problem.extra["reference"],
                    method=scope["method"],
                    path=scope["path"],
                )
            await problem.response()(scope, receive, send)


def _announced(scope: Scope) -> int:
    """How many bytes the request says it has; 0 when it does not say."""
    return max(
        (int(value) for name, value in scope["headers"] if name == b"content-length" and value.isdigit()),
        default=0,
    )


def unpacked_body(body: bytes, encoding: str, bytes_max: int) -> bytes:
    """The body behind its `content-encoding`; raises a `Problem` (400, 413, 415)."""
    try:
        return unpacked(body, encoding, bytes_max)
    except NotUnpackable as refused:
        title = "The packed body is not taken"
        raise Problem(refused.status, refused.code, title, refused.detail) from refused


def _too_large(limit: int) -> Problem:
    # The rest of the body is not read, so the connection cannot be used again.
    return Problem(
        413,
        "too-large",
        "The request body is too large",
        f"at most {limit} bytes",
        headers={"connection": "close"},
        bytes_max=limit,
    )


def _internal_error() -> Problem:
    # A door is an edge: the reference only has to differ from the others in the log.
    reference = os.urandom(6).hex()
    return Problem(
        500,
        "internal-error",
        "Something went wrong on our side",
        "The log has more under this reference.",
        reference=reference,
    )
