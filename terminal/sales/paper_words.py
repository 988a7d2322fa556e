"""What a screen says of a receipt on paper."""

from __future__ import annotations

from terminal.sales.paper import PaperOnShow
from terminal.till.known_sale import PaperState
from terminal.wording import Message, Wording

STATES = {
    PaperState.COMING: ("calm", "paper.coming"),
    PaperState.PRINTED: ("good", "paper.printed"),
    PaperState.IN_TROUBLE: ("warn", "paper.trouble"),
}


def paper_message(paper: PaperOnShow, words: Wording) -> tuple[str, Message] | None:
    """A mood and the words; None while there is nothing to say."""
    if paper.asked:
        return "calm", Message(words.say("paper.asked"), words.say("paper.asked-hint"))
    if paper.papers is None or paper.papers.state not in STATES:
        return None
    mood, code = STATES[paper.papers.state]
    return mood, Message(words.say(code), words.say(f"{code}-hint"))
