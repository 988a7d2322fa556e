"""The light and the page behind it, in every state of the world."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from courier.link import LinkState
from terminal.sync_state import TILL_REPLACED, TILL_SET_BACK
from terminal.till_status import HeadOfficeStatus, PrinterStatus, TillStatus
from terminal.wording import Language
from tests.screens.scenes import Scene, checkout_3_lines
from tests.screens.stage import Stage


def told(
    stage: Stage, hq: str = "online", quiet: timedelta = timedelta(0), printer: str = "well", **more: Any
) -> TillStatus:
    """What the hub tells; head office was heard `quiet` ago."""
    now = stage.clock()
    waiting = 0 if hq == "online" else 31
    office = HeadOfficeStatus(hq, now - quiet, now - quiet, waiting, now - quiet if waiting else None)
    how: dict[str, Any] = {"drawer_open": False, **more}
    return TillStatus(office, PrinterStatus(printer, now, **how), "0.1.0", now)


def away(stage: Stage, status: TillStatus, **more: Any) -> None:
    """Head office is away, and no news has come since it was heard last."""
    stage.link(LinkState.ONLINE, status=status, news_at=status.hq.last_heard_at, **more)


def light_all_well(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.link(LinkState.ONLINE, status=told(stage))


def light_head_office_away(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    away(stage, told(stage, "offline", timedelta(minutes=25)))


def light_head_office_away_2_h(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    away(stage, told(stage, "offline", timedelta(hours=3)))


def light_head_office_away_24_h(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    away(stage, told(stage, "offline", timedelta(hours=30)))


def light_one_copy(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.link(LinkState.OFFLINE, unsent=128, minutes=90, status=told(stage))


def light_paper_out(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.link(LinkState.ONLINE, status=told(stage, printer="paper-out", waiting=2))


def light_many_troubles(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    status = told(stage, "offline", timedelta(hours=5), printer="unreachable", waiting=12, drawer_open=True)
    away(stage, status, update="0.2.0")


def light_drawer_and_update(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.link(LinkState.ONLINE, status=told(stage, drawer_open=True, paper_low=True), update="0.2.0")


def light_replaced(stage: Stage, language: Language) -> None:
    """Another machine was enrolled in this one's place."""
    checkout_3_lines(stage, language)
    stage.link(LinkState.ONLINE, status=told(stage), unsent=4, trouble=TILL_REPLACED)


def light_set_back(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.link(LinkState.ONLINE, status=told(stage), trouble=TILL_SET_BACK)


def offline_24_h_approval(stage: Stage, language: Language) -> None:
    """No payment begins after a day without head office before a manager has said yes."""
    light_head_office_away_24_h(stage, language)
    stage.tap("pay")


def outlook_nothing_told(stage: Stage, language: Language) -> None:
    """The hub is there and has told nothing yet of the others."""
    checkout_3_lines(stage, language)
    stage.tap("sync-light")


def outlook_all_well(stage: Stage, language: Language) -> None:
    light_all_well(stage, language)
    stage.tap("sync-light")


def outlook_troubles(stage: Stage, language: Language) -> None:
    light_many_troubles(stage, language)
    stage.tap("sync-light")


def outlook_hub_away(stage: Stage, language: Language) -> None:
    light_one_copy(stage, language)
    stage.tap("sync-light")


def outlook_paper_out(stage: Stage, language: Language) -> None:
    light_paper_out(stage, language)
    stage.tap("sync-light", "print-now")


def outlook_before_sign_in(stage: Stage, language: Language) -> None:
    """Before the hub has told anything, with nobody signed in; and the hub cannot be reached."""
    stage.world.away = True
    stage.link(LinkState.DOUBTFUL, status=told(stage, printer="cover-open", waiting=3))
    stage.tap("sync-light", "print-now")


SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", "-"): scene
    for scene in (
        light_all_well,
        light_head_office_away,
        light_head_office_away_2_h,
        light_head_office_away_24_h,
        light_one_copy,
        light_paper_out,
        light_many_troubles,
        light_drawer_and_update,
        light_replaced,
        light_set_back,
        offline_24_h_approval,
        outlook_nothing_told,
        outlook_all_well,
        outlook_troubles,
        outlook_hub_away,
        outlook_paper_out,
        outlook_before_sign_in,
    )
}
