"""Selling on after long without head office: once a shift somebody who may says yes (FR-4.3).

The yes is in the journal as what it is, a decision (`AccessDecided`), so a restart does not forget it and an
auditor finds it. Nothing of this stops a basket from being rung up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from retail.access_facts import AccessDecided, AccessOutcome
from retail.facts import Fact
from retail.staff import Permission
from terminal.approval import ApprovalAsk
from terminal.outlook import silence
from terminal.sync_state import SyncState

GO_ON = ApprovalAsk(Permission.SELL_OFFLINE_LONG)


def must_be_asked(sync: SyncState | None, now: datetime) -> bool:
    """Whether head office has been silent for `block_hours` or longer."""
    if sync is None or not sync.block_hours:
        return False
    quiet = silence(sync.status, now)
    return quiet is not None and quiet >= timedelta(hours=sync.block_hours)


def agreed(facts: Sequence[Fact]) -> bool:
    """Whether somebody has said yes among these facts of a shift."""
    return any(
        isinstance(fact, AccessDecided)
        and fact.permission is Permission.SELL_OFFLINE_LONG
        and fact.outcome is AccessOutcome.ALLOWED
        for fact in facts
    )
