"""Sounds: the shipped files are what we drew, and playing one never makes anybody wait."""

from __future__ import annotations

import sys
import wave
from io import BytesIO
from pathlib import Path

import pytest

from terminal.cues import Cue
from terminal.devices.speaker import FAILURES_MAX, Speaker, at_volume, found_players
from terminal.opening import sounds
from tests.patience import eventually
from tests.sounds_drawn import SOUNDS, drawn


def samples(content: bytes) -> list[int]:
    with wave.open(BytesIO(content)) as file:
        return list(memoryview(file.readframes(file.getnframes())).cast("h"))


def test_every_cue_has_a_sound_and_each_is_the_one_that_was_drawn() -> None:
    assert sounds() == {name: drawn(name) for name in SOUNDS}
    assert set(sounds()) == set(Cue)


def test_a_scan_is_over_before_the_next_one_can_come() -> None:
    lengths = {name: len(samples(content)) / 22_050 for name, content in sounds().items()}
    assert lengths["scan"] < 0.1
    assert max(lengths.values()) < 0.5


@pytest.mark.parametrize(("volume", "share"), [(100, 1.0), (50, 0.5), (0, 0.0), (250, 1.0)])
def test_the_volume_is_in_the_sound_itself(volume: int, share: float) -> None:
    loud, set_to = samples(drawn("done")), samples(at_volume(drawn("done"), volume))
    assert len(loud) == len(set_to)
    assert all(abs(a * share - b) <= 1 for a, b in zip(loud, set_to, strict=True))


def player(tmp_path: Path, code: int = 0) -> list[str]:
    """A program that notes what it is asked to play."""
    program = tmp_path / "player.py"
    program.write_text(
        "import pathlib, sys\n"
        f"with open({str(tmp_path / 'played')!r}, 'a') as out:\n"
        "    print(pathlib.Path(sys.argv[-1]).name, file=out)\n"
        f"sys.exit({code})\n"
    )
    return [sys.executable, str(program)]


def played(tmp_path: Path) -> list[str]:
    file = tmp_path / "played"
    return file.read_text().split() if file.exists() else []


def test_a_sound_is_given_to_the_systems_player(tmp_path: Path) -> None:
    bells: list[int] = []
    speaker = Speaker(sounds(), volume=70, bell=lambda: bells.append(1), players=[player(tmp_path)])
    speaker.play("scan")
    eventually(lambda: played(tmp_path) == ["scan.wav"])
    speaker.play("not-a-sound")
    speaker.close()
    assert (played(tmp_path), bells) == (["scan.wav"], [])


def test_a_silent_till_plays_nothing(tmp_path: Path) -> None:
    bells: list[int] = []
    speaker = Speaker(sounds(), volume=0, bell=lambda: bells.append(1), players=[])
    speaker.play("refusal")
    speaker.close()
    assert bells == []


def test_without_a_player_there_is_the_bell(tmp_path: Path) -> None:
    bells: list[int] = []
    speaker = Speaker(sounds(), volume=70, bell=lambda: bells.append(1), players=[])
    speaker.play("refusal")
    speaker.close()
    assert bells == [1]


@pytest.mark.allow_log("sounds cannot be played")
def test_a_player_without_a_loudspeaker_gives_way_to_the_bell(tmp_path: Path) -> None:
    bells: list[int] = []
    speaker = Speaker(sounds(), volume=70, bell=lambda: bells.append(1), players=[player(tmp_path, code=1)])

    for tries in range(1, FAILURES_MAX + 1):
        speaker.play("refusal")
        # A sound that comes while another is heard takes its place, and what was cut off has not failed.
        eventually(lambda tries=tries: speaker._failures >= tries or not speaker._players)  # type: ignore[misc]
    speaker.play("refusal")
    assert bells == [1]
    speaker.close()


def test_the_players_of_a_system_are_tried_in_order() -> None:
    assert found_players("linux", lambda name: None) == []
    assert found_players("linux", lambda name: name if name != "pw-play" else None) == [
        ["paplay"],
        ["aplay", "-q"],
    ]
    assert found_players("darwin", lambda name: name) == [["afplay"]]
