"""What the machine lacks is named by the package that brings it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from installer import environment

SCRIPT = Path(environment.__file__)


def test_a_library_that_cannot_be_loaded_is_named_by_its_debian_package() -> None:
    libraries = {"libc.so.6": "libc6", "libdoesnotexist.so.9": "libdoesnotexist9"}
    assert environment.missing_libraries(libraries) == ["libdoesnotexist9"]


def test_only_the_tests_need_tesseract(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    without = environment.missing_packages("demo")
    assert environment.missing_packages("test") == [*without, "tesseract-ocr", "tesseract-ocr-vie"]


def test_windows_on_a_display_need_more_than_offscreen_ones(monkeypatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    offscreen = environment.missing_packages("demo")
    monkeypatch.setenv("DISPLAY", ":0")
    assert set(environment.missing_packages("demo")) >= set(offscreen)


def test_packages_are_named_in_one_sentence() -> None:
    sentence = environment.sentence("test", ["libegl1", "tesseract-ocr-vie"])
    assert sentence.endswith("apt-get install --no-install-recommends libegl1 tesseract-ocr-vie")
    assert "\n" not in sentence


def test_it_runs_before_anything_is_installed() -> None:
    """-I and -S: no packages, no site; the standard library alone."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT, "setup"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
