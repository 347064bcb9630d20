"""Draw the pictures of the documentation. Every mouth in them is a phantom; run by hand.

python scripts/make_pictures.py                                  all but the likeness
python scripts/make_pictures.py --case demo-case                 take the case of an earlier demo
python scripts/make_pictures.py --reference-crowns FOLDER        also the likeness
python scripts/make_pictures.py --gallery FOLDER                 also the failures: benchmarks.anatomy.gallery
python scripts/make_pictures.py --only sheets --case CASE        the tooth chart and the labelled arches alone

FOLDER holds the published crowns ``{patient}_{FDI}.ply`` of the shape model's source (MIT, see NOTICE): the only real
teeth in any picture.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Case, Document
from oral_architect.demo import demo
from oral_architect.geometry import Mesh
from oral_architect.geometry.ply import read_ply
from oral_architect.geometry.render import Camera, Coloured, Picture, View, camera_for, render
from oral_architect.phantom import Damage, ScannerSettings, prepare, scan
from oral_architect.phantom.arch_form import ArchFormSettings, draw_arch, draw_form
from oral_architect.phantom.damage import damage
from oral_architect.phantom.gingiva import grow_gingiva
from oral_architect.phantom.jaw import Border, join
from oral_architect.session import SessionSettings
from oral_architect.teeth.fdi import arch as row_of
from oral_architect.teeth.shape_model import crown_model
from oral_architect.web.arch_stills import STILLS, labelled_still
from oral_architect.web.chart import tooth_chart
from oral_architect.web.palette import colour, loss_colours, tooth_colour
from oral_architect.web.stills import before_to_after, numbered_arch
from oral_architect.web.surfaces import collect

ROOT = Path(__file__).resolve().parent.parent
SMILE = View((-0.24, 0.96, 0.0), (0, 0, 1))
OBLIQUE = View((0, -0.72, -0.69), (0, 0, 1))
"""Tooth frame: from the cheek and above."""
MESIAL = View((-0.45, -0.5, -0.74), (0, 0, 1))
"""Tooth frame: from the cheek, the front and above."""
MOUTH = ArchFormSettings.full_adult(irregularity=0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", type=Path, help="a case made by 'oral-architect demo'; made when not given")
    parser.add_argument("--reference-crowns", type=Path)
    parser.add_argument("--gallery", type=Path)
    parser.add_argument("--only", choices=("sheets",), help="leave out what takes long")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.case or Path(scratch) / "case"
        if options.case is None:
            demo(4, folder, SessionSettings.of_the_house())
        case = Case.open(folder)
        sheets(case, options.out)
        if options.gallery:
            keep(failures(options.gallery), options.out / "failure-gallery.png")
        if options.only:
            return
        keep(result(case), options.out / "result.png")
        keep(labelled(case), options.out / "labelled-arch.png")
        keep(temperature(case), options.out / "pulp-temperature.png")
    keep(phantom_steps(), options.out / "phantom-steps.png")
    keep(damages(), options.out / "damages.png")
    if options.reference_crowns:
        keep(likeness(options.reference_crowns), options.out / "likeness.png")


def result(case: Case) -> Picture:
    """The demo's mouth as scanned and as proposed, from in front and from below."""
    landscape = case.load("anatomy")
    assert isinstance(landscape, Landscape)
    surfaces = collect(landscape, case.load("findings"), case.load("design"), max_faces=120_000)  # type: ignore[arg-type]
    rows = []
    for view, jaw, size in ((SMILE, None, (720, 330)), ("upper_occlusal", "upper", (720, 600))):
        seen = tuple(s for s in surfaces if jaw in (None, s.jaw))
        scanned = [Coloured(s.mesh, tissue(s.teeth)) for s in seen if s.kind == "arch"]
        pair = [scanned, before_to_after(seen)]
        if jaw is None:
            pair = [[lips(p, landscape) for p in parts] for parts in pair]
        camera = camera_for(pair[0], view, size, margin=0.05)
        rows.append(beside([render(parts, camera=camera) for parts in pair]))
    return stacked(rows, ("as scanned", "as proposed: new material in blue"))


def lips(part: Coloured, landscape: Landscape) -> Coloured:
    """A part without what lips and palate would hide from in front."""
    heights = [t.centroid_mm[2] for t in landscape.teeth]
    low, high = min(heights) - 9, max(heights) + 9
    z = part.mesh.vertices[part.mesh.faces].mean(axis=1)[:, 2]
    kept = (z > low) & (z < high)
    return Coloured(Mesh(part.mesh.vertices, part.mesh.faces[kept]), part.colour)


def labelled(case: Case) -> Picture:
    """Both jaws of the demo with the teeth the program found."""
    landscape = case.load("anatomy")
    assert isinstance(landscape, Landscape)
    surfaces = collect(landscape, None, None, max_faces=120_000)
    return beside([numbered_arch(landscape, surfaces, jaw, (700, 640)) for jaw in ("upper", "lower")])


def sheets(case: Case, out: Path) -> None:
    """The tooth chart of the demo's mouth and its labelled arches."""
    landscape = case.load("anatomy")
    assert isinstance(landscape, Landscape)
    path = out / "tooth-chart.svg"
    path.write_text(tooth_chart(landscape, title="A synthetic patient"), encoding="utf-8", newline="\n")
    print(f"{path}  {path.stat().st_size / 1e3:.0f} kB")
    for still in STILLS[:-1]:  # the left looks like the right
        keep(labelled_still(landscape, still, scale=0.75), out / f"arch-{still.name.replace('_', '-')}.png")


def failures(folder: Path, most: int = 3) -> Picture:
    """The worst phantoms of a gallery, each with its line."""
    told = json.loads((folder / "gallery.json").read_text(encoding="utf-8"))
    rows = []
    for one in told["worst"][:most]:
        with Image.open(folder / one["picture"]) as image:
            small = image.convert("RGB").resize(
                (1080, round(image.height * 1080 / image.width)), Image.Resampling.LANCZOS
            )
        row = Image.new("RGB", (1080, small.height + 40), (246, 247, 248))
        row.paste(small, (0, 40))
        words = f"{one['name'].replace('_', ', ')}, mIoU {one['score']:.2f}: {one['line']}"
        ImageDraw.Draw(row).text((22, 24), words, font=letters(18), fill=ink(), anchor="lm")
        rows.append(np.asarray(row))
    return np.concatenate(rows, axis=0)


def temperature(case: Case) -> Picture:
    """Predicted temperature of the pulp of every restored tooth over the session."""
    twin: Document = case.load("twin")
    width, height, left, bottom, top, right = 1200, 460, 70, 70, 60, 40
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    curves = {int(name.split("_")[1]): twin.arrays[name] for name in sorted(twin.arrays) if name.startswith("pulp_")}
    told = {p.fdi: p for p in twin.teeth}  # type: ignore[attr-defined]
    far = max(float(c[:, 0].max()) for c in curves.values())
    least, most = 36.0, max(float(c[:, 1].max()) for c in curves.values()) + 0.8

    def at(seconds: float, celsius: float) -> tuple[float, float]:
        x = left + (width - left - right) * seconds / far
        return x, height - bottom - (height - bottom - top) * (celsius - least) / (most - least)

    for celsius in range(int(least), int(most) + 1):
        draw.line([at(0, celsius), at(far, celsius)], fill="#dde3e8")
        draw.text((left - 12, at(0, celsius)[1]), str(celsius), font=letters(18), fill=ink(), anchor="rm")
    for seconds in range(0, int(far) + 1, 120):
        draw.text(
            (at(seconds, least)[0], height - bottom + 10), str(seconds), font=letters(18), fill=ink(), anchor="mt"
        )
    for fdi, curve in curves.items():
        points = [at(float(s), float(c)) for s, c in curve]
        shade = tuple(int(255 * c) for c in tooth_colour(fdi) * 0.85)
        draw.line(points, fill=shade, width=3, joint="curve")
        peak = points[int(np.argmax(curve[:, 1]))]
        rise = told[fdi].pulp_rise_c
        words = f"{fdi}: rise {rise.value:.1f} ± {rise.sd:.1f} °C, limit {told[fdi].pulp_rise_limit_c:.1f} "
        draw.text((peak[0] - 6, peak[1]), words, font=letters(17), fill=shade, anchor="rm")
    draw.text((left, 14), "Predicted temperature of the hottest point of each pulp, °C", font=letters(22), fill=ink())
    draw.text((width / 2, height - 30), "seconds of the session", font=letters(18), fill=ink(), anchor="mt")
    return np.asarray(image)


def phantom_steps() -> Picture:
    """How a phantom jaw is made: crowns, gingiva, joined, scanned."""
    rng = np.random.default_rng(5)
    drawn = draw_arch("upper", rng, MOUTH, draw_form(rng, MOUTH))
    crowns = {t.fdi: t.mesh for t in drawn.present}
    gingiva = grow_gingiva(drawn, rng)
    surface = join(drawn, crowns, gingiva, Border.draw(rng).as_a_careful_hand(), rng)
    seen = scan(surface.mesh, surface.labels, ScannerSettings.preset("typical", pose="none", units=("mm",)), rng)
    corner = gingiva.mesh.faces
    close = ((gingiva.reach_mm < 9) | gingiva.lingual) & gingiva.top
    behind = surface.mesh.vertices[:, 1].max()
    near = Mesh(gingiva.mesh.vertices, corner[(close & (gingiva.mesh.vertices[:, 1] < behind))[corner].all(axis=1)])
    steps = (
        ("1  crowns drawn and set in an arch", [Coloured(m, tooth_colour(f)) for f, m in crowns.items()]),
        ("2  gingiva grown to their necks", [Coloured(near, colour("gingiva"))]),
        ("3  joined, with the truth of every face", [Coloured(surface.mesh, by_tooth(surface.labels))]),
        ("4  scanned: noise, holes, frayed border", [Coloured(seen.in_world(), tissue(seen.labels))]),
    )
    camera = camera_for(steps[2][1], "upper_occlusal", (560, 520), margin=0.05)
    return grid([titled(render(parts, camera=camera), words) for words, parts in steps], 2)


def damages() -> Picture:
    """Each kind of damage on one crown of a typical tooth; the colour is the depth of what was lost."""
    cases: tuple[tuple[str, int, Damage | None], ...] = (
        ("wear", 36, Damage(kind="wear", severity=0.9, seed=1)),
        ("erosion", 36, Damage(kind="erosion", severity=0.9, seed=2)),
        ("cavity, class II", 36, Damage(kind="cavity", severity=0.8, surfaces=("O", "M"), seed=3)),
        ("cusp fracture", 36, Damage(kind="fracture", form="cusp", surfaces=("B",), severity=0.9, seed=4)),
        ("corner fracture", 11, Damage(kind="fracture", form="corner", severity=0.9, seed=5)),
        ("pitted enamel", 11, Damage(kind="hypoplasia", form="pits", severity=1.0, seed=6)),
        ("grooved enamel", 11, Damage(kind="hypoplasia", form="grooves", severity=1.0, seed=7)),
        ("prepared for a crown", 36, None),
    )
    pictures = []
    for words, fdi, spec in cases:
        model = crown_model(fdi)
        crown = model.crown()
        visible = Mesh(crown.vertices, crown.faces[~model.base[crown.faces].all(axis=1)])
        camera = camera_for([Coloured(visible, (1, 1, 1))], MESIAL if fdi == 36 else OBLIQUE, (340, 340), margin=0.12)
        if spec is None:
            mesh = prepare(crown, fdi, "chamfer", np.random.default_rng(8)).mesh
            shade = np.asarray(colour("enamel"))
        else:
            hurt = damage(crown, fdi, spec, np.random.default_rng(0))
            mesh = hurt.mesh
            heat = loss_colours(np.clip(hurt.loss_mm / 2.0, 0, 1))
            share = np.clip(hurt.loss_mm / 0.15, 0, 1)[:, None]
            shade = colour("enamel") * (1 - share) + heat * share
        pictures.append(titled(render([Coloured(mesh, shade)], camera=camera), words))
    return grid(pictures, 4)


def likeness(folder: Path) -> Picture:
    """Crowns of two people above, phantom crowns below, all at one scale."""
    rng = np.random.default_rng(11)
    teeth = (11, 13, 14, 16, 46, 43, 41)
    real = [
        [(f"patient {who + 1}, {fdi}", in_tooth_frame(folder / f"{who}_{fdi}.ply", fdi)) for fdi in teeth]
        for who in (0, 1)
    ]
    drawn = [[(f"phantom, {fdi}", crown_model(fdi).crown(rng.standard_normal(20))) for fdi in teeth] for _ in range(2)]
    rows = [*real, *drawn]
    pictures = []
    for row in rows:
        for words, mesh in row:
            one = camera_for([Coloured(mesh, (1, 1, 1))], OBLIQUE, (200, 200))
            camera = Camera(one.axes, one.centre_mm, 13.5, one.size)
            pictures.append(titled(render([Coloured(mesh, colour("enamel"))], camera=camera, samples=3), words, 14))
    return grid(pictures, len(teeth))


def in_tooth_frame(path: Path, fdi: int) -> Mesh:
    """A published crown (+x left, +y superior, +z anterior) in the frame of its tooth."""
    mesh = read_ply(path).mesh
    lps = np.stack([mesh.vertices[:, 0], -mesh.vertices[:, 2], mesh.vertices[:, 1]], axis=1)
    into = np.eye(4)
    into[:3, :3] = crown_model(fdi).arch_pose[:3, :3].T
    into[:3, 3] = -into[:3, :3] @ lps.mean(axis=0)
    return Mesh(lps, mesh.faces).transformed(into)


def tissue(labels: np.ndarray) -> np.ndarray:
    return np.where((labels > 0)[:, None], colour("enamel"), colour("gingiva"))


def by_tooth(labels: np.ndarray) -> np.ndarray:
    pale = colour("gingiva") * 0.35 + 0.55
    table = {f: tooth_colour(f) for f in (*row_of("upper"), *row_of("lower"))}
    return np.array([table.get(int(f), pale) for f in labels])


def letters(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def ink() -> tuple[int, ...]:
    return tuple(int(255 * c) for c in colour("ink"))


def titled(picture: Picture, words: str, size: int = 20) -> Picture:
    if not words:
        return picture
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text((image.width / 2, 8), words, font=letters(size), fill=ink(), anchor="mt")
    return np.asarray(image)


def beside(pictures: list[Picture]) -> Picture:
    return np.concatenate(pictures, axis=1)


def stacked(rows: list[Picture], titles: tuple[str, ...]) -> Picture:
    picture = np.concatenate(rows, axis=0)
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for k, words in enumerate(titles):
        draw.text((image.width * (2 * k + 1) / (2 * len(titles)), 8), words, font=letters(24), fill=ink(), anchor="mt")
    return np.asarray(image)


def grid(pictures: list[Picture], columns: int) -> Picture:
    rows = [beside(pictures[k : k + columns]) for k in range(0, len(pictures), columns)]
    return np.concatenate(rows, axis=0)


def keep(picture: Picture, path: Path) -> None:
    """Write a PNG of 256 colours: half the size, and nobody sees it."""
    image = Image.fromarray(picture)
    palette = image.quantize(256, method=Image.Quantize.MAXCOVERAGE)
    few = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    few.save(path, format="PNG", optimize=True)
    print(f"{path}  {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
