"""The worst arches as pictures, with a line each on why: truth, what was found, and where they differ.

    python -m benchmarks.anatomy.gallery --arches SCANS --labels LABELS --out FOLDER [--scores JSON] [--count 10]
    python -m benchmarks.anatomy.gallery --phantoms 12 --out FOLDER

SCANS holds labelled scans, LABELS one JSON for each as ``oral-architect segment SCANS --out LABELS`` writes them. With
``--scores``, the JSON of a scoring program (``{"arches": {name: {"mIoU": …}}}``), the arches are ranked by its figure
``--by``; else by the mean intersection over union computed here. With ``--phantoms`` synthetic mouths of a poor scanner
are made and labelled first. FOLDER gets the pictures, index.md, index.html and gallery.json; it must not lie inside a
repository when the scans may not be published.
"""

from __future__ import annotations

import argparse
import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.anatomy.arches import say
from benchmarks.anatomy.reasons import Verdict, explain
from numpy.typing import NDArray

from oral_architect.anatomy.crowns.frame import patient_frame
from oral_architect.anatomy.training.labelled import LabelledArch, find_labelled, read_labelled
from oral_architect.anatomy.training.scores import class_iou, face_labels
from oral_architect.geometry import Mesh
from oral_architect.geometry.render import Camera, Coloured, Picture, camera_for, render, save_png
from oral_architect.web.annotate import Annotation, Label, place_around
from oral_architect.web.arch_stills import by_tooth
from oral_architect.web.palette import colour

Labels = NDArray[np.integer[Any]]
PANEL = (620, 520)
LETTER = 0.031
"""Height of a number as a share of a panel's width."""
FIRST_SEED = 5000
"""Phantoms from here on are never trained on."""
DIFFERENCES = {
    "right": ("right", "#e4e0d6"),
    "number": ("tooth under a wrong number", "#b3261e"),
    "lost": ("tooth called gingiva", "#1d4e89"),
    "spilled": ("gingiva called tooth", "#e08a00"),
}


@dataclass(frozen=True)
class Exhibit:
    """One arch of the gallery."""

    name: str
    score: float
    accuracy: float
    teeth: int
    line: str
    kinds: tuple[str, ...]
    explained: float
    boundary_mm: float
    picture: str = ""


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make the gallery and return what it says."""
    if not options.phantoms and not (options.arches and options.labels):
        raise SystemExit("give --arches and --labels, or --phantoms")
    options.out.mkdir(parents=True, exist_ok=True)
    scans, labels = options.arches, options.labels
    if options.phantoms:
        scans, labels = options.out / "scans", options.out / "labels"
        make_phantoms(options.phantoms, scans, labels)
    given = json.loads(options.scores.read_text())["arches"] if options.scores else {}
    ranked = []
    for path in find_labelled(scans):
        answer = labels / f"{path.stem}.json"
        if not answer.is_file():
            say(f"{path.stem}: no labels")
            continue
        true, told = read_labelled(path), np.array(json.loads(answer.read_text())["labels"])
        score = given.get(path.stem, {}).get(options.by)
        ranked.append(
            (float(np.mean(list(class_iou(true.labels, told).values()))) if score is None else score, path, told)
        )
    ranked.sort(key=lambda r: (r[0], r[1].stem))
    exhibits = []
    for place, (score, path, told) in enumerate(ranked[: options.count], start=1):
        exhibits.append(exhibit(read_labelled(path), told, score, place, options.out))
        say(f"{exhibits[-1].name}: {exhibits[-1].line}")
    by = options.by if given else "mIoU"
    write_index(options.out, exhibits, by, len(ranked), options.title)
    result = {"by": by, "of": len(ranked), "worst": [asdict(e) for e in exhibits]}
    (options.out / "gallery.json").write_text(json.dumps(result, indent=1) + "\n")
    return result


def exhibit(arch: LabelledArch, told: Labels, score: float, place: int, folder: Path) -> Exhibit:
    """Draw one arch and say why it is here."""
    deviation = boundary_deviation_mm(arch.mesh, arch.labels, told)
    verdict: Verdict = explain(arch.labels, told, arch.jaw, deviation)
    name = f"{place:02d}_{arch.name}.png"
    save_png(panels(arch, told), folder / name)
    return Exhibit(
        name=arch.name,
        score=round(float(score), 4),
        accuracy=round(float((arch.labels == told).mean()), 4),
        teeth=len(arch.teeth),
        line=verdict.line,
        kinds=verdict.kinds,
        explained=round(verdict.explained, 3),
        boundary_mm=round(deviation, 2),
        picture=name,
    )


def boundary_deviation_mm(mesh: Mesh, truth: Labels, told: Labels) -> float:
    """How far the gingival boundary lies from the true one in the mean, mm.

    The area on which tooth and gingiva are confused, over the length of the true boundary between them.
    """
    true_face, told_face = face_labels(mesh.faces, truth) > 0, face_labels(mesh.faces, told) > 0
    corner = mesh.vertices[mesh.faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1) / 2
    edges = mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    across = (truth[edges] > 0).sum(axis=1) == 1
    # an edge over the boundary belongs to two faces; the boundary crosses it about halfway
    length = float(np.linalg.norm(mesh.vertices[edges[across, 0]] - mesh.vertices[edges[across, 1]], axis=1).sum()) / 2
    length *= 3**0.5 / 2
    return float(area[true_face != told_face].sum() / max(length, 1e-9))


def panels(arch: LabelledArch, told: Labels) -> Picture:
    """Truth, found and difference from the chewing side, one beside the other."""
    to_patient, _ = patient_frame(arch.mesh, arch.labels.astype(np.int16), arch.jaw)
    mesh = arch.mesh.transformed(to_patient)
    shown = np.asarray((arch.labels > 0) | (told > 0))
    tooth = mesh.part(np.asarray(shown[mesh.faces].any(axis=1)))[0]
    camera = camera_for([Coloured(tooth, (1, 1, 1))], f"{arch.jaw}_occlusal", PANEL, margin=0.09)
    wrong = {
        "right": arch.labels == told,
        "number": (arch.labels > 0) & (told > 0) & (arch.labels != told),
        "lost": (arch.labels > 0) & (told == 0),
        "spilled": (arch.labels == 0) & (told > 0),
    }
    shades = np.zeros((len(told), 3))
    for kind, where in wrong.items():
        shades[where] = _rgb(DIFFERENCES[kind][1])
    gum = wrong["right"] & (arch.labels == 0)
    shades[gum] = colour("gingiva") * 0.35 + 0.55
    seen = [
        (by_tooth(arch.labels), arch.labels, "truth"),
        (by_tooth(told), told, "found"),
        (shades, None, "difference"),
    ]
    pictures = []
    for shade, numbers, words in seen:
        sheet = Annotation(render([Coloured(mesh, shade)], camera=camera, occlusion_rays=12), camera, letter=LETTER)
        if numbers is not None:
            sheet.labels(place_around(_numbers(mesh, numbers, camera), PANEL, LETTER))
        sheet.heading(words)
        pictures.append(sheet.picture())
    return np.concatenate(pictures, axis=1)


def write_index(folder: Path, exhibits: Sequence[Exhibit], by: str, of: int, title: str) -> None:
    """Write the gallery as Markdown and as a page."""
    lead = (
        f"The {len(exhibits)} worst of {of} arches by {by}: truth, what was found, and where they differ. Each line is "
        "derived by rules from the labels."
    )
    legend = "; ".join(f"{words} {shade}" for words, shade in DIFFERENCES.values())
    lines = [f"# {title}", "", lead, "", f"Colours of the difference: {legend}.", ""]
    for e in exhibits:
        lines += [
            f"## {e.name}: {by} {e.score:.3f}",
            "",
            e.line,
            "",
            f"![{e.name}: truth, found, difference]({e.picture})",
            "",
        ]
    (folder / "index.md").write_text("\n".join(lines), encoding="utf-8")
    keys = "".join(f'<li><i style="background:{s}"></i>{html.escape(w)}</li>' for w, s in DIFFERENCES.values())
    items = "".join(
        f"<article><h2>{html.escape(e.name)} <small>{html.escape(by)} {e.score:.3f}, "
        f"{e.accuracy:.1%} of the vertices right</small></h2>"
        f'<p>{html.escape(e.line)}</p><img src="{html.escape(e.picture)}" alt="Truth, found, difference">'
        "</article>"
        for e in exhibits
    )
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style><main><h1>{html.escape(title)}</h1><p>{html.escape(lead)}</p>"
        f"<ul>{keys}</ul>{items}</main></html>\n"
    )
    (folder / "index.html").write_text(page, encoding="utf-8")


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#1d2b33;background:#f6f7f8;margin:0}"
    "main{max-width:1180px;margin:auto;padding:32px 20px}"
    "article{background:#fff;border:1px solid #d5dce0;border-radius:14px;padding:18px 22px;margin:22px 0}"
    "h2{margin:0;font-size:1.1rem}small{color:#5d6b73;font-weight:400;margin-left:10px}p{margin:6px 0 12px}"
    "img{width:100%;border-radius:8px}ul{list-style:none;display:flex;flex-wrap:wrap;gap:6px 22px;padding:0}"
    "i{display:inline-block;width:14px;height:14px;border-radius:4px;margin-right:8px;vertical-align:-2px}"
)


def make_phantoms(mouths: int, scans: Path, labels: Path) -> None:
    """Make synthetic mouths as a poor scanner shows them, and label them; what is there already is kept."""
    from oral_architect.geometry.ply import write_ply
    from oral_architect.phantom.patient import JAWS, PhantomSettings
    from oral_architect.phantom.patient import run as make
    from oral_architect.segmentation import segment

    scans.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    for seed in range(FIRST_SEED, FIRST_SEED + mouths):
        paths = {jaw: scans / f"{seed}_{jaw}.ply" for jaw in JAWS}
        if not all(p.is_file() for p in paths.values()):
            patient = make(PhantomSettings(seed=seed, scanner="hard", faces=24_000))
            for jaw, path in paths.items():
                mesh = patient.shapes[f"{jaw}_scan"]
                write_ply(
                    path, mesh, face={"fdi": face_labels(mesh.faces, patient.arrays[f"labels_{jaw}"]).astype(np.uint8)}
                )
        for path in paths.values():
            answer = labels / f"{path.stem}.json"
            if not answer.is_file():
                answer.write_text(json.dumps(segment(path)))
                say(f"{path.stem} labelled")


def _numbers(mesh: Mesh, labels: Labels, camera: Camera) -> list[Label]:
    out = []
    for fdi in np.unique(labels[labels > 0]):
        points = camera.project(mesh.vertices[labels == fdi])
        # specks far from their tooth do not move its number
        middle = np.median(points, axis=0)
        away = np.linalg.norm(points - middle, axis=1)
        out.append(Label(str(int(fdi)), points[away <= np.quantile(away, 0.95)], np.zeros(2)))
    return out


def _rgb(shade: str) -> NDArray[np.float64]:
    return np.array([int(shade[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what to show and where to put it."""
    parser.add_argument("--arches", type=Path, help="folder of labelled scans")
    parser.add_argument("--labels", type=Path, help="folder of label files, one JSON a scan")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scores", type=Path, help="JSON of a scoring program")
    parser.add_argument("--by", default="mIoU", help="which of its figures ranks the arches")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--phantoms", type=int, default=0, help="make and label so many synthetic mouths instead")
    parser.add_argument("--title", default="Failure gallery")


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
