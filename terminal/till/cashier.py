"""The person at the till."""

from __future__ import annotations

from dataclasses import dataclass

from retail.staff import Role


@dataclass(frozen=True, slots=True)
class Cashier:
    """Who is signed in; `language` is an ISO 639-1 code or empty for the till's own."""

    employee_id: str
    name: str
    role: Role
    language: str = ""
