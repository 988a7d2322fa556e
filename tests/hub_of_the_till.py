"""A small hub for tests of the till: real HTTP, the courier's own tables on SQLite, no storehub.

It enrols, gives tokens, takes facts, serves news, pokes, answers for QR payments as a test decides, and
keeps each voucher for one sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from courier import feed, line, problem
from courier.client import HUB_PATHS
from courier.feed import Change
from courier.news import News
from courier.problem import Problem
from courier.stream import Pokes, poke_response
from tests.contract.courier_door import Served
from tests.contract.courier_side import START, TABLES, Side, sqlite_engine

CODE = "K7QM-2F9T"
SECRET = "the till's secret"
PIPE = "STORE_001/POS_01"
FAR = datetime(2099, 1, 1, tzinfo=UTC)


class HubOfTheTill(Served):
    """A hub on a free port, remembering in a file; another one on the same port and file is its restart."""

    def __init__(self, memory: Path, port: int = 0) -> None:
        self.side = Side(sqlite_engine(memory))
        self.pokes = Pokes()
        self.tokens: set[str] = set()
        self._numbers = count(1)
        self.batches: list[int] = []
        self.payments: dict[str, dict[str, Any]] = {}
        self.progress = "PENDING"
        self.version = "0.1.0"
        self.head_office: dict[str, Any] = {
            "state": "online",
            "since": START.isoformat(),
            "last_heard_at": START.isoformat(),
            "waiting": 0,
            "oldest_at": None,
        }
        self.printer: dict[str, Any] = {
            "state": "well",
            "since": START.isoformat(),
            "paper_low": False,
            "drawer_open": False,
            "waiting": 0,
        }
        self.claims: dict[str, str] = {}
        super().__init__(self._app(), self.pokes, port)

    def close(self) -> None:
        """Stop serving and let go of the memory."""
        super().close()
        self.side.engine.dispose()

    def publish(self, pieces: Sequence[News]) -> int:
        """Publish these as one version and poke the till."""
        changes = [Change(piece.kind, piece.key, None if piece.deleted else piece.body) for piece in pieces]
        with self.side.begin() as tx:
            version = feed.publish(tx, TABLES, changes, START)
        self.pokes.poke()
        return version

    def restore_line(self, version: int, pieces: Sequence[News]) -> None:
        """Forget what was published after this version, as a backup does, with these pieces as they were."""
        rows = TABLES.feed
        with self.side.begin() as tx:
            tx.execute(rows.delete().where(rows.c.version > version))
            tx.execute(TABLES.heads.update().where(TABLES.heads.c.name == "feed").values(value=version - 1))
            feed.publish(tx, TABLES, [Change(piece.kind, piece.key, piece.body) for piece in pieces], START)
            line.lift(tx, TABLES, START)
        self.pokes.poke()

    def forget_tokens(self) -> None:
        """All tokens given so far are void."""
        self.tokens.clear()

    def _app(self) -> FastAPI:
        app = FastAPI()
        problem.install(app, lambda _: None)
        self._enrolment_doors(app)
        self._status_doors(app)
        self._courier_doors(app)
        self._payment_doors(app)
        self._voucher_doors(app)
        return app

    def _entitled(self, request: Request) -> None:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Problem(401, "token-expired", "Sign in again")

    def _token(self) -> dict[str, str]:
        token = f"token-{self.port}-{next(self._numbers)}"
        self.tokens.add(token)
        return {"token": token, "expires_at": FAR.isoformat()}

    def _enrolment_doors(self, app: FastAPI) -> None:
        @app.post("/api/v1/enrolments")
        def enrol(body: dict[str, Any]) -> dict[str, str]:
            if body["enrolment_code"] != CODE:
                raise Problem(403, "enrolment-code-unknown", "Unknown enrolment code")
            return {"store_id": "STORE_001", "terminal_id": "POS_01", "secret": SECRET, **self._token()}

        @app.post("/api/v1/auth/token")
        def token(body: dict[str, Any]) -> dict[str, str]:
            if (body["terminal_id"], body["secret"]) != ("POS_01", SECRET):
                raise Problem(401, "secret-wrong", "Enrol again")
            return self._token()

    def _status_doors(self, app: FastAPI) -> None:
        @app.get("/api/v1/till-status")
        def till_status(request: Request) -> dict[str, Any]:
            self._entitled(request)
            return {"hq": self.head_office, "printer": self.printer, "version": self.version}

        @app.post("/api/v1/printer/try-now")
        def print_now(request: Request) -> dict[str, Any]:
            self._entitled(request)
            self.printer |= {"state": "well", "waiting": 0}
            return {"printer": self.printer}

    def _courier_doors(self, app: FastAPI) -> None:
        @app.post(HUB_PATHS.envelopes)
        def envelopes(request: Request, body: dict[str, Any]) -> JSONResponse:
            self._entitled(request)
            if body["events"]:
                self.batches.append(len(body["events"]))
            verdict = self.side.receive(body["events"], body["from_position"], PIPE)
            return JSONResponse(verdict.to_body())

        @app.get(HUB_PATHS.news)
        def news(request: Request, after: int) -> JSONResponse:
            self._entitled(request)
            with self.side.begin() as tx:
                return JSONResponse(feed.page(tx, TABLES, after, "STORE_001").to_body())

        @app.get(HUB_PATHS.stream)
        async def stream(request: Request) -> Any:
            self._entitled(request)
            return poke_response(self.pokes)

        @app.get(HUB_PATHS.ping)
        def ready() -> dict[str, str]:
            return {"status": "ready"}

    def _payment_doors(self, app: FastAPI) -> None:
        @app.post("/api/v1/payments")
        def ask(request: Request, body: dict[str, Any]) -> dict[str, Any]:
            self._entitled(request)
            if body["payment_method"] != "QR_VNPAY":
                raise Problem(422, "unknown-payment-method", "Not taken here")
            self.payments[body["payment_id"]] = body
            return {
                "payment_id": body["payment_id"],
                "qr_text": f"vnpay:{body['amount']}",
                "expires_at": (START + timedelta(seconds=60)).isoformat(),
                "status": "PENDING",
            }

        @app.get("/api/v1/payments/{payment_id}/status")
        def status(request: Request, payment_id: str) -> dict[str, Any]:
            self._entitled(request)
            if payment_id not in self.payments:
                raise Problem(404, "payment-not-found", "No such payment")
            captured = self.progress == "CAPTURED"
            return {"status": self.progress, "provider_txn_id": "VNPAY-7" if captured else None}

        @app.post("/api/v1/payments/{payment_id}/cancel")
        def cancel(request: Request, payment_id: str) -> dict[str, Any]:
            self._entitled(request)
            if payment_id not in self.payments:
                raise Problem(404, "payment-not-found", "No such payment")
            if self.progress == "CAPTURED":
                return {"status": "CAPTURED", "provider_txn_id": "VNPAY-7"}
            return {"status": "CANCELLED", "provider_txn_id": None}

    def _voucher_doors(self, app: FastAPI) -> None:
        @app.put("/api/v1/vouchers/{code}/claims/{sale_id}")
        def claim(request: Request, code: str, sale_id: str) -> dict[str, Any]:
            self._entitled(request)
            if self.claims.setdefault(code, sale_id) != sale_id:
                raise Problem(409, "voucher-used", "It was used")
            return {}

        @app.delete("/api/v1/vouchers/{code}/claims/{sale_id}")
        def release(request: Request, code: str, sale_id: str) -> dict[str, Any]:
            self._entitled(request)
            if self.claims.get(code) == sale_id:
                del self.claims[code]
            return {}
