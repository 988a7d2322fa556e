"""All scenes of all rooms: what the gallery draws and the eyes look at. A new room's scenes join here."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.widgets.look import Theme
from tests.screens import checkout_scenes, customer_scenes, scenes, shift_scenes, world_scenes
from tests.screens.scenes import Scene
from tests.screens.stage import CUSTOMER_SIZES, SIZES

SCENES: dict[str, Scene] = {
    **scenes.SCENES,
    **checkout_scenes.SCENES,
    **shift_scenes.SCENES,
    **world_scenes.SCENES,
    **customer_scenes.SCENES,
}


def sizes_of(name: str) -> Sequence[tuple[int, int]]:
    """The sizes of the window that a scene has to fit into."""
    return CUSTOMER_SIZES if name in customer_scenes.SCENES else SIZES


def themes_of(name: str) -> Sequence[Theme]:
    """The themes that a scene can be seen in: customers see the day."""
    return (Theme.DAY,) if name in customer_scenes.SCENES else tuple(Theme)
