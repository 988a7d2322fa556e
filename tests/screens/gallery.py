"""`make screens`: a picture of every page in every state, in all sizes, languages and themes.

`python -m tests.screens.gallery [OUT] [SCENE …]` writes OUT/*.png and OUT/index.html (OUT is build/screens).
Scenes are shared out over as many processes as there are processors.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from html import escape
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

PAGE = """<!doctype html><meta charset="utf-8"><title>Everopen: screens</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; background: #e7eeec; color: #0b1f1d }}
section {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 1rem }}
figure {{ margin: 0 }} img {{ width: 100%; border-radius: 6px; box-shadow: 0 1px 6px #0003 }}
figcaption {{ color: #465d59 }} nav a {{ margin-right: 1em }}
</style>
<h1>Everopen: screens</h1>
<nav>{links}</nav>
{sections}
"""


def draw_scene(out: Path, name: str) -> list[Path]:
    """Draw one scene in every size, language and theme; returns the pictures."""
    from PySide6.QtWidgets import QApplication

    from terminal.wording import Language
    from tests.screens.repertoire import SCENES, sizes_of, themes_of
    from tests.screens.stage import Stage

    application = QApplication.instance() or QApplication(sys.argv[:1])
    pictures = []
    for size, language, theme in product(sizes_of(name), Language, themes_of(name)):
        with TemporaryDirectory() as folder:
            stage = Stage(Path(folder), size, language, theme)
            SCENES[name](stage, language)
            stage.settle()
            picture = out / f"{name}_{language}_{theme}_{size[0]}x{size[1]}.png"
            stage.shown.grab().save(str(picture))
            stage.close()
        pictures.append(picture)
    application.processEvents()
    return pictures


def draw(out: Path, names: list[str]) -> dict[str, list[Path]]:
    """Draw these scenes, several at a time; returns the pictures of each, in the scenes' order."""
    out.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, list[Path]] = {}
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        waiting = {processes.submit(draw_scene, out, name): name for name in names}
        for done in as_completed(waiting):
            drawn[waiting[done]] = done.result()
            print(f"screens: {len(drawn)}/{len(names)} {waiting[done]}", flush=True)
    return {name: drawn[name] for name in names}


def index(out: Path, scenes: dict[str, list[Path]]) -> Path:
    """A page with all pictures, one section a scene."""
    sections = "\n".join(
        f'<h2 id="{escape(name)}">{escape(name)}</h2><section>{"".join(map(_figure, shots))}</section>'
        for name, shots in scenes.items()
    )
    links = "\n".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in scenes)
    page = out / "index.html"
    page.write_text(PAGE.format(links=links, sections=sections), encoding="utf-8")
    return page


def _figure(picture: Path) -> str:
    caption = escape(picture.stem.partition("_")[2].replace("_", " · "))
    image = f'<img loading="lazy" src="{escape(picture.name)}" alt="{caption}">'
    return f'<figure><a href="{escape(picture.name)}">{image}</a><figcaption>{caption}</figcaption></figure>'


def main() -> int:
    """Draw into the folder given on the command line."""
    from tests.screens.repertoire import SCENES

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "build/screens")
    scenes = draw(out, sys.argv[2:] or list(SCENES))
    count = sum(map(len, scenes.values()))
    print(f"screens: {count} pictures, see {index(out, scenes)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
