"""Bugs of ours that a fact wakes: the same again after any number of retries."""

from __future__ import annotations

from sqlalchemy.exc import ArgumentError, DBAPIError, StatementError

STUMBLES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, ArgumentError)


def is_stumble(error: Exception) -> bool:
    """Whether a bug of ours stumbled over a fact that nobody thought of, which no retry mends.

    SQLAlchemy wraps what is raised while it reads a statement's values.
    """
    wrapped = isinstance(error, StatementError) and not isinstance(error, DBAPIError)
    return wrapped or isinstance(error, STUMBLES)
