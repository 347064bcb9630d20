"""Draw docs/gallery.md: crowns proposed for prepared phantom teeth, side by side, the worst first; run by hand.

python scripts/make_design_gallery.py [--seed 3] [--teeth 36,14,22,47] [--faces 40000] [--out docs]
python scripts/make_design_gallery.py --crown-cases FOLDER --out FOLDER_OUTSIDE_THE_REPOSITORY

Every mouth in docs/gallery.md is a phantom, so that the tooth before it was ground is known: each form is measured
against it. With --crown-cases the same stills are drawn of real cases (see benchmarks/design/crowns.py) beside their
technicians' crowns; scans of people stay outside the repository.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from oral_architect import anatomy, phantom, scan
from oral_architect.design.preparation import prepared_tooth
from oral_architect.design.proposals import propose
from oral_architect.errors import OralArchitectError
from oral_architect.geometry import Mesh, Transform
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.ply import write_ply
from oral_architect.geometry.render import Coloured, Picture, View, camera_for, render
from oral_architect.phantom.arch_form import ArchFormSettings
from oral_architect.teeth.fdi import jaw_of

ROOT = Path(__file__).resolve().parent.parent
FORMS = ("inferred", "mirror", "library", "smooth")
FULL = ArchFormSettings.full_adult()
SIZE = (300, 260)
NOTE = (
    "The worst, 47, is the last tooth of its row: nothing stands behind it, and the scan ends on it. A form is drawn",
    "through the finish line and held off the ground tooth; where the line runs wider than the form, as on the buccal",
    "side of 14, the wall above it is hollow.",
)
ENAMEL, SCANNED = (0.93, 0.89, 0.80), (0.72, 0.72, 0.75)


@dataclass(frozen=True, eq=False)
class Shown:
    """One tooth: its pictures with words, and how far its inferred form is off."""

    fdi: int
    rms_mm: float
    pictures: list[tuple[Picture, str]]
    words: str


def main() -> None:
    """Make the patient, propose, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--teeth", default="36,14,22,47")
    parser.add_argument("--faces", type=int, default=40_000)
    parser.add_argument("--crown-cases", type=Path, help="folder of real cases to draw instead")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    found = _cases(options) if options.crown_cases else _phantoms(options)
    _write(options.out, sorted(found, key=lambda shown: -shown.rms_mm), NOTE if not options.crown_cases else ())


def _phantoms(options: argparse.Namespace) -> list[Shown]:
    """Prepared teeth of one synthetic patient."""
    teeth = tuple(int(t) for t in options.teeth.split(","))
    harms = tuple(phantom.Harm(fdi=t) for t in teeth)
    patient = phantom.run(phantom.PhantomSettings(seed=options.seed, faces=options.faces, form=FULL, harms=harms))
    landscape = _landscape(patient)
    found = []
    for fdi in teeth:
        try:
            found.append(_shown(landscape, patient, fdi))
        except (OralArchitectError, KeyError) as problem:
            print(f"{fdi}: {problem}")
    return found


def _cases(options: argparse.Namespace) -> list[Shown]:
    """Prepared teeth of real cases, against technicians' crowns."""
    if options.out.resolve().is_relative_to(ROOT):
        raise SystemExit("Scans of people stay outside the repository: give another --out.")
    sys.path.insert(0, str(ROOT))
    from benchmarks.design import crowns

    found = []
    for folder in sorted(path.parent for path in options.crown_cases.glob("*/case.json")):
        try:
            case = crowns.pointed(crowns.read_case(folder))
            line = crowns.finish_line(case, "found")
            land, up = case.landscape, crowns.up_of(case.fdi)
            made = propose(land, case.fdi, finish_line=line, antagonist=case.antagonist, wanted=FORMS)
        except OralArchitectError as problem:
            print(f"{folder.name}: {problem}")
            continue
        pictures = [_picture(land, case.fdi, land.crown(case.fdi), "prepared, as scanned", scanned=True)]
        pictures.append(_picture(land, case.fdi, case.reference, "technician's"))
        rms = {}
        for one in made:
            rms[one.name] = crowns.compare(case.reference, crowns.outer_surface(one, line, up))["rms_mm"]
            pictures.append(_picture(land, case.fdi, one.outer, f"{one.name}: {rms[one.name]:.2f} mm RMS"))
        told = "; ".join(f"{name} {mm:.2f} mm" for name, mm in rms.items())
        words = f"Case {case.name}, tooth {case.fdi}, against the technician's crown: {told} RMS."
        found.append(Shown(case.fdi, rms["inferred"], pictures, words))
    return found


def _landscape(patient: phantom.Patient) -> anatomy.Landscape:
    with tempfile.TemporaryDirectory() as place:
        scans = []
        for jaw in ("upper", "lower"):
            path = Path(place) / f"{jaw}.ply"
            write_ply(path, patient.shapes[f"{jaw}_scan"])
            scans.append(scan.run(path, scan.ScanSettings()))
        return anatomy.run(scans)


def _shown(landscape: anatomy.Landscape, patient: phantom.Patient, fdi: int) -> Shown:
    arch = next(arch for arch in landscape.arches if arch.jaw == jaw_of(fdi))
    to_patient: Transform = np.array(arch.to_patient) @ np.array(patient.to_scan)
    truth = patient.shapes[f"intact_{fdi}"].transformed(to_patient)
    line = prepared_tooth(landscape, fdi).finish_line
    up = np.asarray(landscape.tooth(fdi).axes[2])
    height = line @ up
    pictures = [_picture(landscape, fdi, landscape.crown(fdi), "prepared, as scanned", scanned=True)]
    pictures.append(_picture(landscape, fdi, truth, "before it was ground"))
    made = propose(landscape, fdi, finish_line=line, wanted=FORMS)
    rms = {}
    for proposal in made:
        centres = truth.vertices[truth.faces].mean(axis=1)
        above = centres @ up > float(np.median(height)) + 0.5
        away = Surface(proposal.outer).nearest(centres[above]).distance_mm
        area = truth.face_areas[above]
        rms[proposal.name] = float(np.sqrt((area * away**2).sum() / area.sum()))
        pictures.append(_picture(landscape, fdi, proposal.outer, f"{proposal.name}: {rms[proposal.name]:.2f} mm RMS"))
    told = "; ".join(f"{name} {mm:.2f} mm" for name, mm in rms.items())
    return Shown(fdi, rms["inferred"], pictures, f"Tooth {fdi}, against the tooth before it was ground: {told} RMS.")


def _picture(
    landscape: anatomy.Landscape, fdi: int, mesh: Mesh, words: str, *, scanned: bool = False
) -> tuple[Picture, str]:
    tooth = landscape.tooth(fdi)
    _, buccal, up = (np.asarray(axis) for axis in tooth.axes)
    look = -0.55 * buccal - 0.83 * up
    view = View((float(look[0]), float(look[1]), float(look[2])), (float(up[0]), float(up[1]), float(up[2])))
    near = [
        other.fdi
        for other in landscape.teeth
        if other.fdi != fdi
        and jaw_of(other.fdi) == jaw_of(fdi)
        and np.linalg.norm(np.subtract(other.centroid_mm, tooth.centroid_mm)) < 12
    ]
    parts = [Coloured(landscape.crown(other), SCANNED) for other in near]
    parts.append(Coloured(mesh, SCANNED if scanned else ENAMEL))
    frame = [Coloured(landscape.crown(other), SCANNED) for other in (*near, fdi)]
    return render(parts, size=SIZE, camera=camera_for(frame, view, SIZE)), words


def _write(out: Path, found: list[Shown], note: tuple[str, ...]) -> None:
    columns = max(len(shown.pictures) for shown in found)
    high = SIZE[1] + 22
    sheet = Image.new("RGB", (columns * SIZE[0], len(found) * high), "white")
    pen = ImageDraw.Draw(sheet)
    for row, shown in enumerate(found):
        for column, (picture, words) in enumerate(shown.pictures):
            sheet.paste(Image.fromarray(picture), (column * SIZE[0], row * high))
            pen.text((column * SIZE[0] + 6, row * high + SIZE[1] + 4), f"{shown.fdi} {words}", fill="black")
    path = out / "pictures" / "design-gallery.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(128).save(path, optimize=True)
    lines = [
        "# Crowns proposed, side by side",
        "",
        "Prepared teeth of synthetic patients, the worst first; made by `scripts/make_design_gallery.py`. From left to",
        "right: the prepared tooth as scanned, the tooth before it was ground, then the forms the program proposes:",
        "inferred from the mouth, mirrored from the twin, the mean library tooth, a smooth fill.",
        "",
        "![Prepared phantom teeth and the forms proposed for them](pictures/design-gallery.png)",
        "",
        *(f"- {shown.words}" for shown in found),
        "",
        *note,
        "",
    ]
    (out / "gallery.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
