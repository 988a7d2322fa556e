"""What a machine must bring before Everopen runs: shared libraries, a font, tesseract for the tests.

Run by any Python 3 before the virtual environment exists, so it uses the standard library only.
On Debian and its children root gets the missing packages by apt; anybody else gets one sentence that
names them. On other systems nothing is checked here: the wheels bring what they need, or the program's
own error names the library.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Shared library → Debian package (measured on a bare Debian 12).
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
# On top, when windows are to appear on a display.
DISPLAY_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
PURPOSES = ("setup", "demo", "test", "chaos")
FAKETIME = "usr/lib/*/faketime/libfaketimeMT.so.1"


def missing_packages(purpose: str) -> list[str]:
    """Debian packages that `purpose` (setup, demo, test or chaos) needs and this machine lacks."""
    if purpose == "setup":
        return missing_venv()
    missing = missing_libraries(QT_LIBRARIES)
    if os.environ.get("DISPLAY"):
        missing += missing_libraries(DISPLAY_LIBRARIES)
    missing += missing_fonts()
    if purpose in ("test", "chaos"):
        missing += missing_tesseract()
    if purpose == "chaos" and os.geteuid() == 0:
        # Nobody else needs it: the report then names the clocks as left out.
        missing += missing_faketime()
    return missing


def missing_venv() -> list[str]:
    """Debian splits `venv` off the interpreter."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return []
    return [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"]


def missing_libraries(libraries: dict[str, str]) -> list[str]:
    """Packages of those libraries that the loader cannot open."""
    missing = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def missing_fonts() -> list[str]:
    """Without any font file Qt draws an empty box for every letter and says nothing."""
    for folder in FONT_FOLDERS:
        if any(Path(folder).expanduser().rglob("*.[to]t[fc]")):
            return []
    return ["fonts-dejavu-core"]


def missing_tesseract() -> list[str]:
    """The tests have a printed receipt read by a program that is not ours."""
    if shutil.which("tesseract") is None:
        return ["tesseract-ocr", "tesseract-ocr-vie"]
    languages = subprocess.run(
        ["tesseract", "--list-langs"], capture_output=True, text=True, check=False
    ).stdout.split()
    return [] if "vie" in languages else ["tesseract-ocr-vie"]


def missing_faketime() -> list[str]:
    """Clocks of programs are set wrong while they run."""
    return [] if any(Path("/").glob(FAKETIME)) else ["faketime"]


def install(packages: list[str]) -> None:
    """Install by apt, as root. Raises CalledProcessError when apt fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
    ):
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True)


def sentence(purpose: str, packages: list[str]) -> str:
    """What to do, for somebody who cannot be given the packages from here."""
    return (
        f"`make {purpose}` needs system packages that are missing here; please install them first: "
        f"apt-get install --no-install-recommends {' '.join(packages)}"
    )


def main(arguments: list[str]) -> int:
    """`environment.py setup|demo|test|chaos`: 0 when the machine has what the purpose needs."""
    if len(arguments) != 1 or arguments[0] not in PURPOSES:
        print(f"usage: environment.py {'|'.join(PURPOSES)}", file=sys.stderr)
        return 2
    purpose = arguments[0]
    if not sys.platform.startswith("linux"):
        return 0
    missing = missing_packages(purpose)
    if not missing:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"{purpose}: apt-get install {' '.join(missing)}", flush=True)
        try:
            install(missing)
        except subprocess.CalledProcessError:
            print("apt-get could not install them; its own words are above.", file=sys.stderr)
            return 1
        missing = missing_packages(purpose)
        if not missing:
            return 0
    print(sentence(purpose, missing), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
