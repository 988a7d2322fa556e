"""Reading people."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select

from hq.people.tables import people


def person_row(tx: Connection, employee_id: str) -> RowMapping | None:
    """The person by column, None when there is none of this id."""
    return tx.execute(select(people).where(people.c.employee_id == employee_id)).mappings().one_or_none()
