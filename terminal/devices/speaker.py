"""Plays short sounds through a program that every system has, and never lets anybody wait for one.

QtMultimedia is not part of PySide6-Essentials; what plays 0.2 s of WAV is there already: PipeWire's,
PulseAudio's or ALSA's player on Linux, afplay on macOS, the system's own call on Windows.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory

import structlog

log = structlog.stdlib.get_logger("terminal.devices")

PLAYERS: Mapping[str, Sequence[Sequence[str]]] = {
    "linux": (("pw-play",), ("paplay",), ("aplay", "-q")),
    "darwin": (("afplay",),),
}
LONGEST_SECONDS = 2.0
FAILURES_MAX = 3
"""A player that failed so often in a row has no loudspeaker: the next one is tried, then the bell."""


def found_players(platform: str, which: Callable[[str], str | None] = shutil.which) -> list[list[str]]:
    """The players of this system that are installed, the best first."""
    return [list(player) for player in PLAYERS.get(platform, ()) if which(player[0])]


class Speaker:
    """Plays the sounds of a folder by name at a volume of 0 (silent) to 100.

    `play` returns at once, from any thread; a sound that comes while another is heard takes its place.
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        *,
        volume: int,
        bell: Callable[[], object],
        players: Sequence[Sequence[str]] | None = None,
    ) -> None:
        """`files` are WAVs by name; `bell` is called instead where nothing can play them."""
        self._bell = bell
        self._silent = volume <= 0
        self._folder = TemporaryDirectory(prefix="everopen-sounds-")
        self._paths: dict[str, Path] = {}
        for name, content in files.items():
            self._paths[name] = Path(self._folder.name) / f"{name}.wav"
            self._paths[name].write_bytes(at_volume(content, volume))
        self._players = found_players(sys.platform) if players is None else list(map(list, players))
        self._failures = 0
        self._wanted: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="till-speaker", daemon=True)
        self._thread.start()

    def play(self, name: str) -> None:
        """Let this sound be heard, if it can be; a name that is not known is no sound."""
        if self._silent or name not in self._paths:
            return
        if sys.platform != "win32" and not self._players:
            self._bell()
            return
        self._wanted.put(name)

    def close(self) -> None:
        """Fall silent."""
        self._wanted.put(None)
        self._thread.join(LONGEST_SECONDS)
        self._folder.cleanup()

    def _run(self) -> None:
        playing: subprocess.Popen[bytes] | None = None
        while (name := self._newest()) is not None:
            _end(playing)
            playing = None
            try:
                playing = self._begin(self._paths[name])
            except OSError as error:
                self._failed(str(error))
        _end(playing)

    def _newest(self) -> str | None:
        """The sound that was asked for last: nobody wants to hear the ones before it."""
        name = self._wanted.get()
        with suppress(Empty):
            while name is not None:
                name = self._wanted.get_nowait()
        return name

    def _begin(self, path: Path) -> subprocess.Popen[bytes] | None:
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(str(path), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
            return None
        if not self._players:
            return None
        silent = subprocess.DEVNULL
        playing = subprocess.Popen([*self._players[0], str(path)], stdin=silent, stdout=silent, stderr=silent)
        threading.Thread(target=self._watch, args=(playing,), name="till-speaker-watch", daemon=True).start()
        return playing

    def _watch(self, playing: subprocess.Popen[bytes]) -> None:
        """Take the ended program away and note whether it could play."""
        try:
            code = playing.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            playing.kill()
            code = playing.wait()
        if code > 0:
            self._failed(f"exit code {code}")
        elif code == 0:
            self._failures = 0

    def _failed(self, why: str) -> None:
        self._failures += 1
        if self._failures >= FAILURES_MAX and self._players:
            log.warning("sounds cannot be played", player=self._players[0][0], error=why)
            self._failures = 0
            self._players = self._players[1:]


def at_volume(content: bytes, volume: int) -> bytes:
    """The same WAV (16 bit) at this volume, 0 to 100: not every player has a knob of its own."""
    from io import BytesIO

    share = max(0, min(volume, 100)) / 100
    with wave.open(BytesIO(content)) as source:
        parameters = source.getparams()
        frames = memoryview(source.readframes(source.getnframes())).cast("h")
    quieter = b"".join(int(sample * share).to_bytes(2, "little", signed=True) for sample in frames)
    out = BytesIO()
    with wave.open(out, "wb") as target:
        target.setparams(parameters)
        target.writeframes(quieter)
    return out.getvalue()


def _end(playing: subprocess.Popen[bytes] | None) -> None:
    if playing is not None and playing.poll() is None:
        playing.terminate()
