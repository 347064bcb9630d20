"""Write what a fine-tuning gave as a page a dentist or an engineer can read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ROWS = (
    ("accuracy", "vertices right"),
    ("mean_iou", "mean IoU"),
    ("boundary_iou", "boundary IoU (0.5 mm)"),
    ("tsa", "TSA"),
    ("tla", "TLA"),
    ("tir", "TIR"),
    ("score", "Score (mean of TSA, TLA, TIR)"),
    ("strict_tla", "strict TLA"),
    ("strict_tir", "strict TIR"),
    ("tooth_f1", "tooth against gingiva, F1"),
)
COUNTS = (
    ("teeth", "teeth"),
    ("found", "found"),
    ("misnumbered", "of these with a wrong number"),
    ("missing_numbers", "numbers missed"),
    ("extra_numbers", "numbers that are not there"),
)


def in_words(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    return "\n".join([*_head(report), *_scores(report), *_types(report), *_worst(report), *_doubts(report)]) + "\n"


def _head(report: dict[str, Any]) -> Iterator[str]:
    data, settings = report["data"], report["settings"]
    yield "# Fine-tuning report"
    yield ""
    yield (
        f"{data['scans']} scans of {data['mouths']} mouths ({data['upper']} upper, {data['lower']} lower), "
        f"{data['teeth']} teeth, of these {data['deciduous']} milk teeth and {data['supernumerary']} supernumerary. "
        f"Trained on {len(report['trained_on'])}, held out {len(report['held_out'])}."
    )
    yield ""
    yield (
        f"{report['steps']} steps in {report['seconds'] / 60:.1f} minutes on {settings['tuning']['device']}, "
        f"seed {settings['tuning']['seed']}. Network: `{report['model']['file']}` "
        f"(sha256 {report['model']['sha256'][:16]}…). Use it: "
        f"`oral-architect segment SCAN --model {report['model']['file']}`."
    )
    if report["best_step"] is not None:
        yield ""
        yield (
            f"The weights are those of step {report['best_step']}, chosen by the loss on the held-out scans: "
            "the figures below are not blind."
        )
    yield ""


def _scores(report: dict[str, Any]) -> Iterator[str]:
    yield "## Held-out scores"
    yield ""
    if not report["after"]:
        yield "No scan was held out, so nothing is known of how well this network does."
        return
    before, after = report["before"], report["after"]
    yield "| figure | before | after |"
    yield "|---|---|---|"
    for rows, form in ((ROWS, ".3f"), (COUNTS, ".0f")):
        for name, words in rows:
            yield f"| {words} | {_told(before and before['mean'][name], form)} | {after['mean'][name]:{form}} |"
    scans = len(report["held_out"])
    yield f"| jaws right, of {scans} | {_told(before and before['jaws_right'], 'd')} | {after['jaws_right']} |"
    yield f"| scans that could not be read | {_told(before and before['failed'], 'd')} | {after['failed']} |"
    yield ""


def _told(value: float | None, form: str) -> str:
    """Write a figure, or a dash where there is none."""
    return "–" if value is None else format(value, form)


def _types(report: dict[str, Any]) -> Iterator[str]:
    if not report["after"]:
        return
    yield "## By type of tooth"
    yield ""
    yield "Right: the true tooth and what was told with its number overlap by at least a half."
    yield ""
    yield "| type | count | mean IoU before | after | right before | after |"
    yield "|---|---|---|---|---|---|"
    before = (report["before"] or {"by_type": {}})["by_type"]
    for name, row in report["after"]["by_type"].items():
        old = before.get(name, {})
        yield (
            f"| {name} | {row['count']} | {_told(old.get('mean_iou'), '.3f')} | {row['mean_iou']:.3f} "
            f"| {_told(old.get('right'), '.1%')} | {row['right']:.1%} |"
        )
    yield ""


def _worst(report: dict[str, Any]) -> Iterator[str]:
    if not report["after"]:
        return
    yield "## Worst scans after"
    yield ""
    yield "| scan | mean IoU | missed | not there | |"
    yield "|---|---|---|---|---|"
    for row in report["after"]["worst"]:
        missing, extra = (", ".join(map(str, row[side])) for side in ("missing", "extra"))
        yield f"| {row['name']} | {row['mean_iou']:.3f} | {missing} | {extra} | {row['error']} |"
    yield ""


def _doubts(report: dict[str, Any]) -> Iterator[str]:
    data = report["data"]
    if not (data["doubts"] or data["same_mouth_under_several_names"] or data["left_out"]):
        return
    yield "## What to look at in the data"
    yield ""
    for names in data["same_mouth_under_several_names"]:
        yield f"- One mouth under several names, kept on one side of the split: {', '.join(names)}."
    for name, doubts in data["doubts"].items():
        yield f"- {name}: {'; '.join(doubts)}."
    for line in data["left_out"]:
        yield f"- Left out: {line}"
    yield ""
