"""How both tiers open their connections to Postgres, so that neither side hangs on one that has died."""

from __future__ import annotations

DEAD_CALLERS = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
"""How Postgres finds out that we went away without a word. Left to itself it asks after two hours, and what
we held in that moment is locked for so long: a network that is down for ten seconds would stop everything."""


def connection_options(name: str, *, connect_seconds: int, statement_seconds: int) -> dict[str, str | int]:
    """What a connection is opened with (libpq keywords); `name` shows in pg_stat_activity.

    `jit` costs hundreds of milliseconds on statements like ours and gains nothing. The keepalives find a
    server that went away without a word.
    """
    return {
        "application_name": name,
        "connect_timeout": connect_seconds,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "options": f"-c jit=off -c timezone=UTC -c statement_timeout={statement_seconds}s {DEAD_CALLERS}",
    }
