"""The shop says no: the family of errors that a person at the till can act on."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """A rule of the shop forbids the deed.

    `code` is stable and names the rule; `detail` holds the figures a message needs (amounts in
    minor units, moments as ISO 8601). Wording for people is looked up by code at the program's edge.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, **detail: Any) -> None:
        self.detail = detail
        named = ", ".join(f"{name}={value}" for name, value in detail.items())
        super().__init__(f"{self.code}({named})")


def all_refusals(family: type[Refusal] = Refusal) -> list[type[Refusal]]:
    """Every refusal class that has been imported, so that tests can walk their wording."""
    found: list[type[Refusal]] = []
    for child in family.__subclasses__():
        found.append(child)
        found.extend(all_refusals(child))
    return found
