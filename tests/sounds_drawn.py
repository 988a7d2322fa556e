"""The sounds of the till, drawn from a few sine waves. `python -m tests.sounds_drawn` writes them anew."""

from __future__ import annotations

import math
import struct
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

RATE = 22_050
LOUDEST = 0.8 * 32_767
FOLDER = Path(__file__).parent.parent / "resources" / "sounds"


@dataclass(frozen=True)
class Tone:
    """A tone of so many hertz for so many seconds after a start; `partial` is the share of its octave."""

    hertz: float
    start: float
    seconds: float
    partial: float = 0.25


SOUNDS = {
    # Short and high: heard over a shop, gone before the next scan.
    "scan": (Tone(1_760, 0, 0.075),),
    # Low and twice: nobody takes it for a scan.
    "refusal": (Tone(220, 0, 0.13, 0.6), Tone(185, 0.16, 0.2, 0.6)),
    # Three steps up: the sale is done.
    "done": (Tone(784, 0, 0.1), Tone(988, 0.09, 0.1), Tone(1_319, 0.18, 0.22)),
}


def drawn(name: str) -> bytes:
    """The WAV file of this sound (16 bit, mono)."""
    tones = SOUNDS[name]
    length = int(RATE * max(tone.start + tone.seconds for tone in tones))
    samples = [sum(_at(tone, place / RATE) for tone in tones) for place in range(length)]
    peak = max(map(abs, samples))
    frames = struct.pack(f"<{length}h", *(round(LOUDEST * sample / peak) for sample in samples))
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(frames)
    return out.getvalue()


def _at(tone: Tone, moment: float) -> float:
    """The tone at this moment: up in 4 ms, then slowly away, so that nothing clicks."""
    since = moment - tone.start
    if not 0 <= since < tone.seconds:
        return 0.0
    loud = min(1.0, since / 0.004) * math.pow(1 - since / tone.seconds, 1.5)
    turn = 2 * math.pi * tone.hertz * since
    return loud * (math.sin(turn) + tone.partial * math.sin(2 * turn))


if __name__ == "__main__":
    for each in SOUNDS:
        (FOLDER / f"{each}.wav").write_bytes(drawn(each))
