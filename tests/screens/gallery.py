"""`make screens`: a picture of every page in every state, in both sizes, languages and themes.

`python -m tests.screens.gallery [OUT]` writes OUT/*.png and OUT/index.html (OUT is build/screens).
"""

from __future__ import annotations

import os
import sys
from html import escape
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

SIZES = ((1024, 768), (1920, 1080))
PAGE = """<!doctype html><meta charset="utf-8"><title>Everopen: screens</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; background: #e7eeec; color: #0b1f1d }}
section {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 1rem }}
figure {{ margin: 0 }} img {{ width: 100%; border-radius: 6px; box-shadow: 0 1px 6px #0003 }}
figcaption {{ color: #465d59 }}
</style>
<h1>Everopen: screens</h1>
{sections}
"""


def draw(out: Path) -> list[Path]:
    """Draw everything; returns the pictures."""
    from PySide6.QtWidgets import QApplication

    from terminal.widgets.look import Theme
    from terminal.wording import Language
    from tests.screens.scenes import SCENES
    from tests.screens.stage import Stage

    application = QApplication.instance() or QApplication(sys.argv[:1])
    out.mkdir(parents=True, exist_ok=True)
    pictures = []
    for number, (name, scene) in enumerate(SCENES.items(), start=1):
        for size, language, theme in product(SIZES, Language, Theme):
            with TemporaryDirectory() as folder:
                stage = Stage(Path(folder), size, language, theme)
                scene(stage, language)
                stage.settle()
                picture = out / f"{name}_{language}_{theme}_{size[0]}x{size[1]}.png"
                stage.window.grab().save(str(picture))
                stage.close()
            pictures.append(picture)
        print(f"screens: {number}/{len(SCENES)} {name}", flush=True)
    application.processEvents()
    return pictures


def index(out: Path, pictures: list[Path]) -> Path:
    """A page with all pictures, one section a scene."""
    scenes: dict[str, list[Path]] = {}
    for picture in pictures:
        scenes.setdefault(picture.name.partition("_")[0], []).append(picture)
    sections = "\n".join(
        f"<h2>{escape(name)}</h2><section>{''.join(map(_figure, shots))}</section>"
        for name, shots in scenes.items()
    )
    page = out / "index.html"
    page.write_text(PAGE.format(sections=sections), encoding="utf-8")
    return page


def _figure(picture: Path) -> str:
    caption = escape(picture.stem.partition("_")[2].replace("_", " · "))
    image = f'<img loading="lazy" src="{escape(picture.name)}" alt="{caption}">'
    return f'<figure><a href="{escape(picture.name)}">{image}</a><figcaption>{caption}</figcaption></figure>'


def main() -> int:
    """Draw into the folder given on the command line."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "build/screens")
    pictures = draw(out)
    print(f"screens: {len(pictures)} pictures, see {index(out, pictures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
