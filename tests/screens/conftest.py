"""Stages for tests of the screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.screens.stage import Stage


@pytest.fixture
def set_up(qapp, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Makes the stage of a test, of any size, language, theme and background."""
    made: list[Stage] = []

    def make(*arguments, **named) -> Stage:
        made.append(Stage(tmp_path, *arguments, **named))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def stage(set_up: Callable[..., Stage]) -> Stage:
    """A small window in Vietnamese by day."""
    return set_up()
