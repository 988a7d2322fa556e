"""One connection to Postgres for one prepared statement, driven by the event loop itself.

The tills' door cannot afford more: measured against the bare call, with 1 and 5 tills (p50 × / throughput ×):
a blocking psycopg call in the loop 1.7/0.60 and 1.4/0.74, a thread 1.9/0.54 and 1.2/0.90, asyncpg 1.9/0.54
and 1.2/0.86, psycopg's own async 2.1/0.51 and 1.2/0.95, this one 1.7/0.59 and 1.0/1.04. With the sales of
several tills in one call (`storehub.sales.clerk`) it is 0.8/1.42 for five.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from courier.outage import Outage
from storehub.database import server_options

ANSWER_SECONDS = 5.0
"""A database that says nothing for so long is as good as gone; the till hears so and tries again."""

_STATEMENT = b"statement"


class StatementFailed(Exception):
    """Postgres understood the statement and refused it (`sqlstate`); nothing of it was done."""

    def __init__(self, sqlstate: str, message: str) -> None:
        self.sqlstate = sqlstate
        super().__init__(f"{sqlstate}: {message}")


class Wire:
    """Calls one statement, one call at a time; connects when it is first needed and after every outage.

    `statement` names its parameters `:name`, in `parameters` in the order in which they are sent.
    """

    def __init__(self, url: str, statement: str, parameters: Sequence[str]) -> None:
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._conninfo = make_conninfo(address, **server_options("storehub tills", int(ANSWER_SECONDS)))
        self._statement = numbered(statement, parameters).encode()
        self._parameters = tuple(parameters)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._descriptor = -1
        self._answer: asyncio.Future[pq.abc.PGresult] | None = None
        self._result: pq.abc.PGresult | None = None

    async def call(self, parameters: dict[str, str]) -> list[str]:
        """Run the statement and return the first column of its rows, as text.

        It has been committed when this returns. Raises `StatementFailed`, or `Outage` when the database
        is away; whether the statement was done is then unknown.
        """
        values = [parameters[name].encode() for name in self._parameters]
        if self._connection is None:
            await self._connect()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                result = await self._exchange(values)
        except TimeoutError as late:
            self.close()
            raise Outage("timeout", f"no answer in {ANSWER_SECONDS:g} s") from late
        except psycopg.OperationalError as broken:
            self.close()
            raise Outage("broken", str(broken)) from broken
        except asyncio.CancelledError:
            self.close()
            raise
        if result.status == pq.ExecStatus.TUPLES_OK:
            return [(result.get_value(row, 0) or b"").decode() for row in range(result.ntuples)]
        raise self._failure(result)

    def close(self) -> None:
        """Give the connection up; the next call makes a new one."""
        if self._connection is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._connection.close()
            self._connection = None

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            connection = await loop.run_in_executor(None, self._connected)
        except psycopg.OperationalError as away:
            raise Outage("unreachable", str(away).strip()) from away
        connection.pgconn.nonblocking = 1
        self._connection, self._descriptor = connection, connection.pgconn.socket
        loop.add_reader(self._descriptor, self._heard)

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(self._conninfo, autocommit=True)
        prepared = connection.pgconn.prepare(_STATEMENT, self._statement)
        if prepared.status != pq.ExecStatus.COMMAND_OK:
            error = prepared.get_error_message()
            connection.close()
            raise psycopg.OperationalError(error)
        return connection

    async def _exchange(self, values: Sequence[bytes]) -> pq.abc.PGresult:
        assert self._connection is not None
        assert self._answer is None, "one call at a time"
        pgconn = self._connection.pgconn
        self._answer = asyncio.get_running_loop().create_future()
        try:
            pgconn.send_query_prepared(_STATEMENT, values)
            while pgconn.flush():
                await self._writable()
            return await self._answer
        finally:
            self._answer = None

    async def _writable(self) -> None:
        """Wait until the socket takes more: a long batch does not fit it at once."""
        loop = asyncio.get_running_loop()
        writable = asyncio.Event()
        loop.add_writer(self._descriptor, writable.set)
        try:
            await writable.wait()
        finally:
            loop.remove_writer(self._descriptor)

    def _heard(self) -> None:
        """The socket has something to read: collect it, and answer the call when it is complete."""
        assert self._connection is not None
        pgconn, answer = self._connection.pgconn, self._answer
        try:
            pgconn.consume_input()
            while answer is not None and not answer.done() and not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    assert self._result is not None
                    answer.set_result(self._result)
                    break
                self._result = result
        except psycopg.OperationalError as broken:
            if answer is not None and not answer.done():
                answer.set_exception(broken)
            else:
                self.close()

    def _failure(self, result: pq.abc.PGresult) -> Exception:
        sqlstate = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        error = StatementFailed(sqlstate, result.get_error_message())
        # 57: the server is going down or was told to stop us; no state: the connection broke on the way.
        if sqlstate and not sqlstate.startswith("57"):
            return error
        with suppress(psycopg.OperationalError):
            self.close()
        return Outage("broken", str(error))


def numbered(statement: str, parameters: Sequence[str]) -> str:
    """The statement with `:name` written as libpq wants it: `$1` for the first of `parameters`, and so on."""
    numbers = {name: f"${number}" for number, name in enumerate(parameters, start=1)}
    return re.sub(r"(?<!:):([a-z_]+)\b", lambda match: numbers[match[1]], statement)
