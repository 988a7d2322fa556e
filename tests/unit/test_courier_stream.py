"""Pokes on the server's side: heard by all, never piling up, ended for all."""

from __future__ import annotations

import asyncio
import threading

from courier.stream import Pokes, poke_response


async def _next(stream: object) -> str:
    return (await anext(stream)).decode()  # type: ignore[call-overload,no-any-return]  # an async iterator of bytes


def test_every_listener_hears_every_poke() -> None:
    async def story() -> list[str]:
        pokes = Pokes()
        streams = [poke_response(pokes).body_iterator for _ in range(3)]
        said = [await _next(stream) for stream in streams]
        assert pokes.listeners == 3
        pokes.poke()
        said += [await _next(stream) for stream in streams]
        return said

    assert asyncio.run(story()) == [": open\n\n"] * 3 + ["event: poke\ndata: news\n\n"] * 3


def test_pokes_of_one_name_melt_into_one_while_nobody_reads() -> None:
    async def story() -> list[str]:
        pokes = Pokes()
        stream = poke_response(pokes, heartbeat_seconds=0.01).body_iterator
        said = [await _next(stream)]
        for _ in range(1000):
            pokes.poke()
        pokes.poke("payments")
        said += [await _next(stream) for _ in range(3)]
        return said

    assert asyncio.run(story()) == [
        ": open\n\n",
        "event: poke\ndata: news\n\n",
        "event: poke\ndata: payments\n\n",
        ": still here\n\n",
    ]


def test_a_poke_from_another_thread_is_heard() -> None:
    async def story() -> str:
        pokes = Pokes()
        stream = poke_response(pokes).body_iterator
        await _next(stream)
        thread = threading.Thread(target=pokes.poke)
        thread.start()
        said = await _next(stream)
        thread.join()
        return said

    assert asyncio.run(story()) == "event: poke\ndata: news\n\n"


def test_closing_ends_the_streams_that_are_open_and_those_that_open_later() -> None:
    async def story() -> tuple[list[bytes], list[bytes], int]:
        pokes = Pokes()
        early = poke_response(pokes).body_iterator
        await _next(early)
        pokes.close()
        rest = [part async for part in early]
        late = [part async for part in poke_response(pokes).body_iterator]
        return rest, late, pokes.listeners  # type: ignore[return-value]  # bytes, as we write them

    assert asyncio.run(story()) == ([], [b": open\n\n"], 0)


def test_a_listener_whose_loop_has_ended_does_no_harm() -> None:
    pokes = Pokes()

    async def open_and_leave() -> object:
        stream = poke_response(pokes).body_iterator
        await _next(stream)
        return stream

    held = asyncio.run(open_and_leave())
    pokes.poke()
    pokes.close()
    del held
