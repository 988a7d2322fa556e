"""What a desk has to tell the person at it: a stable code and its figures; the words are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from courier.outage import Outage
from retail.refusal import Refusal

HUB_AWAY = "hub-away"
"""The code of every notice about a hub that could not be reached (`reason`)."""


class NoticeKind(StrEnum):
    """How a notice sounds and looks."""

    REFUSAL = "refusal"
    OUTAGE = "outage"
    HINT = "hint"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Notice:
    """`code` names what happened (`terminal.wording` has the words); `detail` its figures (minor units,
    ISO 8601 moments)."""

    code: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    kind: NoticeKind = NoticeKind.REFUSAL


def notice_of(problem: Refusal | Outage) -> Notice:
    """The notice about a refusal, or about a hub that is away."""
    if isinstance(problem, Refusal):
        return Notice(problem.code, problem.detail)
    return Notice(HUB_AWAY, {"reason": problem.reason}, NoticeKind.OUTAGE)
