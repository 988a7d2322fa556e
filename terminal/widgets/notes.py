"""Cash as notes and coins, in words."""

from __future__ import annotations

from retail.cash import Change
from terminal.wording import Wording


def notes_text(change: Change, words: Wording) -> str:
    """Note by note, the largest first, and what no note can pay."""
    notes = [f"{count} × {words.figure(note)}" for note, count in change.notes]
    if notes and change.left:
        notes.append(words.say("receipt.odd", amount=change.left))
    return "  ·  ".join(notes)
