"""All scenes of all rooms: what the gallery draws and the eyes look at. A new room's scenes join here."""

from __future__ import annotations

from tests.screens import checkout_scenes, scenes, shift_scenes, world_scenes
from tests.screens.scenes import Scene

SCENES: dict[str, Scene] = {
    **scenes.SCENES,
    **checkout_scenes.SCENES,
    **shift_scenes.SCENES,
    **world_scenes.SCENES,
}
