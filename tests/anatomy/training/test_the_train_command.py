"""The command trains, reports and says what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from oral_architect.anatomy.training.report import in_words
from oral_architect.cli import app

from ..model_arch import model_arch
from .folders import turned, write_labelled_ply


def train(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def test_without_torch_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = train("--data", tmp_path, "--out", tmp_path / "out", "--json")
    assert answer.exit_code == 6
    assert json.loads(answer.stdout)["todo"] == "Install the extra: pip install 'oral-architect[train]'."


def test_the_command_line_loads_no_torch() -> None:
    import subprocess
    import sys

    script = "import sys, oral_architect.cli; assert not {'torch', 'numpy', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--minutes", "1", "--epochs", "2"], "both minutes and epochs"),
        (["--minutes", "-1"], "--minutes: -1 is not more than nothing"),
        (["--fold", "2"], "'2' is no fold"),
        (["--fold", "1/9"], "2 mouths cannot be split into 9"),
        (["--held-out", "0.9"], "leaves none to train on"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, options: list[str], words: str) -> None:
    pytest.importorskip("torch")
    for k in range(2):
        write_labelled_ply(tmp_path / f"{k}_upper.ply", model_arch("upper", (12, 11, 21, 22), seed=k, turn_deg=6))
    answer = train("--data", tmp_path, "--out", tmp_path / "out", *options)
    assert answer.exit_code == 2
    assert words in answer.stderr


@pytest.mark.slow
def test_from_scans_to_a_network_and_a_report(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    from oral_architect.anatomy.training.phantoms import draw_scan

    from .folders import write_pair

    for k in range(3):
        drawn, _ = draw_scan(5100 + k)
        arch = model_arch("upper", (12, 11, 21, 22))
        scan = type(arch)(drawn.mesh.transformed(turned(k)), drawn.labels, {}, {}, {})
        if k == 0:
            write_pair(tmp_path / "data" / "part" / f"{k}_{drawn.jaw}.obj", scan, jaw=drawn.jaw)
        else:
            write_labelled_ply(tmp_path / "data" / f"{k}_{drawn.jaw}.ply", scan)
    out = tmp_path / "out"
    given = ("--data", tmp_path / "data", "--out", out, "--epochs", 1, "--held-out", 0.34, "--device", "cpu", "--json")
    answer = train(*given)
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert (told["scans"], told["held_out"], told["steps"]) == (2, 1, 2)
    assert 0.3 < told["after"]["accuracy"] <= 1
    assert "| mean IoU |" in (out / "report.md").read_text()
    first = (out / "arch_net.onnx").read_bytes()
    refused = train(*given)
    assert (refused.exit_code, json.loads(refused.stdout)["todo"]) == (3, "Add --resume, or give another --out.")
    assert train(*given, "--resume").exit_code == 0
    assert (out / "arch_net.onnx").read_bytes() == first, "a finished training gives the same network again"


def test_the_report_reads_well_with_and_without_held_out_scans() -> None:
    mean = dict.fromkeys(
        ("accuracy", "mean_iou", "boundary_iou", "tsa", "tla", "tir", "score", "strict_tla", "strict_tir", "tooth_f1"),
        0.5,
    ) | dict.fromkeys(("teeth", "found", "misnumbered", "missing_numbers", "extra_numbers"), 3.0)
    side = {
        "mean": mean,
        "jaws_right": 1,
        "failed": 0,
        "by_type": {"canine": {"count": 2, "mean_iou": 0.75, "right": 1.0}},
        "worst": [{"name": "a_upper", "mean_iou": 0.5, "missing": [18], "extra": [], "error": ""}],
    }
    counts = dict.fromkeys(("scans", "mouths", "upper", "lower", "teeth", "deciduous", "supernumerary"), 2)
    report: dict[str, Any] = {
        "data": {**counts, "doubts": {"a": ["1 label specks"]}, "same_mouth_under_several_names": [], "left_out": []},
        "trained_on": ["b"],
        "held_out": ["a_upper"],
        "settings": {"tuning": {"device": "cpu", "seed": 0}},
        "steps": 3,
        "seconds": 60.0,
        "best_step": 2,
        "before": None,
        "after": side,
        "model": {"file": "arch_net.onnx", "sha256": "0" * 64},
    }
    words = in_words(report)
    assert "| mean IoU | – | 0.500 |" in words
    assert "| canine | 2 | – | 0.750 | – | 100.0% |" in words
    assert "not blind" in words
    assert "- a: 1 label specks." in words
    assert "| mean IoU | 0.500 | 0.500 |" in in_words(report | {"before": side})
    assert "nothing is known" in in_words(report | {"after": None, "before": None})
    assert np.char.count(words, "nan") == 0
