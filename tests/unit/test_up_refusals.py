"""`everopen up` refuses what cannot run in a sentence, and before it touches what is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.layout import Layout, check_ports, store_ids_from
from installer.standalone import main


def test_a_second_run_in_the_same_directory_leaves_the_first_one_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Layout(tmp_path)
    first.make()
    first.claim()
    first.ready_file.write_text(json.dumps({"ready": True}))
    assert main(["up", "--data", str(tmp_path), "--hq-port", "28000"]) == 2
    assert "in use by another run" in capsys.readouterr().err
    assert first.read_ready() == {"ready": True}
    assert first.read_plan() is None


def test_a_file_is_no_data_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert main(["up", "--data", str(file)]) == 2
    assert f"--data: no directory can be made at {file}: File exists" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["-1", "_A", "A,-B"])
def test_a_store_id_that_head_office_would_refuse_is_refused_before_it_is_remembered(text: str) -> None:
    with pytest.raises(ValueError, match="begins with a letter or digit"):
        store_ids_from(text)


@pytest.mark.parametrize(
    ("hq_port", "hub_port", "named"),
    [(0, 8100, "--hq-port"), (99999, 8100, "--hq-port"), (8000, 65535, "--hub-port"), (8101, 8100, "8101")],
)
def test_ports_that_cannot_be_are_refused(hq_port: int, hub_port: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        check_ports(hq_port, hub_port, 2)


def test_the_last_ports_there_are_can_be_used() -> None:
    check_ports(65535, 65533, 2)
