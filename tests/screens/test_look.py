"""Every page in every state: no text is cut, nothing overlaps, every key is large enough for a finger."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from importlib.resources import files

import pytest
from PySide6.QtWidgets import QApplication

from terminal.widgets.look import Theme, palette, scale_for
from terminal.wording import Language
from tests.screens.eyes import cut_texts, overlaps, places, small_targets, small_types
from tests.screens.repertoire import SCENES, sizes_of
from tests.screens.stage import LARGE, Stage

READ_ON = {
    "card": ("ink", "ink_soft", "accent", "good", "warn", "bad"),
    "ground": ("ink", "ink_soft"),
    "sunken": ("ink", "ink_soft"),
    "accent": ("on_accent",),
    "accent_pressed": ("on_accent",),
    "accent_soft": ("ink", "ink_soft", "accent", "good", "warn", "bad"),
    "stage": ("on_stage", "on_stage_soft", "light_good", "light_warn", "light_bad"),
    "stage_raised": ("on_stage",),
    "good_soft": ("good",),
    "warn_soft": ("warn",),
    "warn_strong": ("on_warn_strong",),
    "bad_soft": ("bad",),
    "bad_pressed": ("bad",),
    "pressed": ("ink",),
    "paper": ("on_paper", "on_paper_soft"),
}
"""Which text stands on which ground."""


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2, 1.4.3)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", list(Theme))
def test_every_text_has_a_contrast_of_at_least_4_5_to_its_ground(theme: Theme) -> None:
    colours = palette(theme)
    pairs = [(ink, ground) for ground, inks in READ_ON.items() for ink in inks]
    weak = {f"{ink} on {ground}": round(contrast(colours[ink], colours[ground]), 2) for ink, ground in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_both_themes_have_the_same_colours_and_the_sheet_uses_no_other() -> None:
    text = files("resources").joinpath("qss/till.qss").read_text(encoding="utf-8")
    table = tomllib.loads(files("resources").joinpath("qss/palette.toml").read_text(encoding="utf-8"))
    assert table["day"].keys() == table["night"].keys()
    assert set(re.findall(r"\$(\w+)", text)) <= table["day"].keys()
    assert not re.search(r"#[0-9A-Fa-f]{6}", text)


def test_the_scale_is_one_on_a_small_screen_and_grows_with_the_window() -> None:
    assert scale_for(1024, 768) == 1
    assert scale_for(800, 600) == 1
    assert scale_for(768, 1024) == scale_for(800, 1280) == 1
    assert scale_for(1080, 1920) == pytest.approx(1.4)
    assert scale_for(1920, 1080) == pytest.approx(1.4)
    assert scale_for(3840, 2160) == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("scene", "size", "language"),
    [
        *((scene, size, Language.VI) for scene in SCENES for size in sizes_of(scene)),
        *((scene, size, Language.EN) for scene in SCENES for size in sizes_of(scene) if size != LARGE),
    ],
    ids=lambda value: "x".join(map(str, value)) if isinstance(value, tuple) else str(value),
)
def test_a_person_can_read_and_touch_everything(
    set_up: Callable[..., Stage], scene: str, size: tuple[int, int], language: Language
) -> None:
    stage = set_up(size, language)
    SCENES[scene](stage, language)
    stage.settle()
    assert cut_texts(stage.shown) == []
    assert overlaps(stage.shown) == []
    assert small_targets(stage.shown, scale_for(*size)) == []
    assert small_types(stage.shown, scale_for(*size)) == []
    visible = [top for top in QApplication.topLevelWidgets() if top.isVisible()]
    assert set(visible) == {stage.window, stage.shown}


def test_nothing_on_the_checkout_page_moves_while_a_basket_is_rung_up(set_up: Callable[..., Stage]) -> None:
    stage = set_up()
    SCENES["checkout-empty"](stage, Language.VI)
    fixed = (
        "total",
        "pay",
        "less",
        "quantity",
        "more",
        "remove",
        "clear",
        "notice",
        "search",
        "hint",
        "sign-out",
    )
    at_first = {name: place for name, place in places(stage.window).items() if name in fixed}
    assert len(at_first) == len(fixed)
    for scene in (
        *("checkout-3-lines", "checkout-30-lines", "checkout-promotions", "checkout-labels"),
        *("notice", "doubled", "search", "offline-checkout"),
    ):
        again = set_up_again(stage)
        SCENES[scene](again, Language.VI)
        now = {name: place for name, place in places(again.window).items() if name in fixed}
        assert now == at_first, scene


def set_up_again(stage: Stage) -> Stage:
    """The same till with its basket cleared and nobody signed in."""
    desk = stage.window.checkout_desk
    assert desk is not None
    desk.clear()
    stage.tap("sign-out")
    return stage
