"""Before and after, for a patient: stills with the same camera and light, labelled as what they are."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

import oral_architect
from oral_architect.anatomy.document import Landscape
from oral_architect.case import Record, disk
from oral_architect.case.files import content_digest
from oral_architect.design.document import Design
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.render import Camera, Coloured, Picture, View, camera_for, render
from oral_architect.teeth import fdi as numbers

from .document import Aesthetics

Floats = NDArray[np.float64]
LABEL = "Simulation, not a promise"
MAX_FACES = 80_000
"""Triangles of each jaw in a still."""
SAMPLES, OCCLUSION_RAYS = 2, 20


class Still(Record):
    """One picture of the preview."""

    file: str
    sha256: str
    view: str
    state: str
    """``before``, ``after`` or ``side by side``."""
    camera_axes: tuple[tuple[float, float, float], ...] | None = None
    """Unit rows right, up, look, patient frame; the same for before and after."""
    centre_mm: tuple[float, float, float] | None = None
    px_per_mm: float | None = None


class Preview(Record):
    """What the sidecar file says: where the pictures come from, so that they can be made again and are not mistaken."""

    label: str
    uncertainty: str
    """In a sentence: the form's ± and the shade's band, or that they are not known."""
    landscape_sha256: str
    design_sha256: str
    program: str
    renderer: str
    settings: dict[str, Any]
    shade: str | None
    expectation: tuple[str, ...]
    """What the patient is asked before and after the treatment."""
    stills: tuple[Still, ...]


@dataclass(frozen=True, eq=False)
class _Views:
    cameras: dict[str, Camera]
    before: list[Coloured]
    after: list[Coloured]


def write_preview(
    folder: Path, landscape: Landscape, design: Design, before: Aesthetics, after: Aesthetics
) -> tuple[Preview, tuple[Path, ...]]:
    """Write the stills of a preview and, beside them, where they come from.

    For each view ``{view}_before.png`` and ``{view}_after.png`` (a pair for a slider) and ``{view}.png`` with both side
    by side; ``preview.json`` is the sidecar. All scanned teeth have the one colour that was measured, restored ones
    that of the nearest tab, so that a mismatch is seen; without a shade all are alike.

    Parameters
    ----------
    folder
        Made when it is not there; files of these names are replaced, each in one step.
    landscape, design
        The mouth and what is to be built.
    before, after
        Its assessments, for the frame, the shade and the uncertainty.

    Raises
    ------
    StageError
        When the design restores nothing.
    CaseError
        When a file cannot be written.
    """
    if not any(f"restored_{r.fdi}" in design.shapes for r in design.restorations):
        raise StageError("the design restores nothing, so there is no after to show.", where="preview")
    views = _views(landscape, design, before, after)
    told = _uncertainty(after)
    stills: list[Still] = []
    written: list[Path] = []
    for name, camera in views.cameras.items():
        pair = {}
        for state, parts in (("before", views.before), ("after", views.after)):
            drawn = render(
                parts, camera=camera, background=_colour("background"), samples=SAMPLES, occlusion_rays=OCCLUSION_RAYS
            )
            pair[state] = _labelled(drawn, f"{state.capitalize()}. {LABEL if state == 'after' else 'As scanned'}", told)
        together = np.concatenate([pair["before"], pair["after"]], axis=1)
        for file, picture, state in (
            (f"{name}_before.png", pair["before"], "before"),
            (f"{name}_after.png", pair["after"], "after"),
            (f"{name}.png", together, "side by side"),
        ):
            content = _png(picture)
            _write(folder / file, content)
            written.append(folder / file)
            stills.append(_still(file, content, name, state, camera))
    preview = Preview(
        label=LABEL,
        uncertainty=told,
        landscape_sha256=content_digest(landscape),
        design_sha256=content_digest(design),
        program=f"oral-architect {oral_architect.__version__}",
        renderer="oral_architect.geometry.render: parallel view, two lights, ambient occlusion",
        settings={
            "size_px": list(_size()),
            "samples": SAMPLES,
            "occlusion_rays": OCCLUSION_RAYS,
            "max_faces": MAX_FACES,
            "look": _look(),
        },
        shade=None if after.shade is None else after.shade.words,
        expectation=(
            "Before: how much do you expect the result to look like this picture, 0 to 10, in colour and in shape?",
            "After: how much does the result look like this picture, 0 to 10, in colour and in shape?",
        ),
        stills=tuple(stills),
    )
    sidecar = folder / "preview.json"
    _write(sidecar, (preview.model_dump_json(indent=1) + "\n").encode())
    return preview, (*written, sidecar)


def _views(landscape: Landscape, design: Design, before: Aesthetics, after: Aesthetics) -> _Views:
    restored = {r.fdi for r in design.restorations if f"restored_{r.fdi}" in design.shapes}
    old, new = [], []
    (enamel, shade), gingiva = _enamel(after), np.array(_colour("gingiva"))
    jaws = [a.jaw for a in landscape.arches if a.jaw in landscape.shapes]
    for jaw in jaws:
        mesh, labels = _decimated(landscape, jaw)
        colour = np.where((labels > 0)[:, None], enamel, gingiva)
        old.append(Coloured(mesh, colour))
        kept = ~np.isin(labels[mesh.faces], list(restored)).all(axis=1)
        new.append(Coloured(Mesh(mesh.vertices, mesh.faces[kept]), colour))
    if not jaws:
        crowns = {t.fdi: landscape.shapes.get(f"crown_{t.fdi}") for t in landscape.teeth}
        old = [Coloured(c, enamel) for c in crowns.values() if c is not None]
        new = [Coloured(c, enamel) for f, c in crowns.items() if c is not None and f not in restored]
    new += [Coloured(design.shapes[f"restored_{f}"], shade) for f in sorted(restored)]
    rows = np.array(before.to_smile)[:3, :3]
    shown = [Coloured(c, enamel) for t in landscape.teeth if _in_the_smile(t.fdi) and (c := _crown(landscape, t.fdi))]
    shown += [Coloured(design.shapes[f"restored_{f}"], enamel) for f in sorted(restored) if _in_the_smile(f)]
    cameras = {}
    for name, view in _look()["views"].items():
        # the views are told in the smile frame: left, posterior, superior
        look, up = (tuple(float(x) for x in np.array(view[k]) @ rows) for k in ("look", "up"))
        cameras[name] = camera_for(shown or old, View(look, up), _size(), margin=0.08)  # type: ignore[arg-type]
    return _Views(cameras, old, new)


def _in_the_smile(fdi: int) -> bool:
    return numbers.is_permanent(fdi) and numbers.position(fdi) <= 5


def _crown(landscape: Landscape, fdi: int) -> Mesh | None:
    return landscape.shapes.get(f"crown_{fdi}")


def _decimated(landscape: Landscape, jaw: str) -> tuple[Mesh, NDArray[np.int16]]:
    scan = landscape.shapes[jaw]
    labels = np.asarray(landscape.arrays.get(f"labels_{jaw}", np.zeros(len(scan.vertices))), dtype=np.int16)
    if len(scan.faces) <= MAX_FACES:
        return scan, labels
    import fast_simplification

    points, faces = fast_simplification.simplify(
        scan.vertices, scan.faces, target_count=MAX_FACES, preserve_border=True
    )[:2]
    mesh = Mesh(np.asarray(points), np.asarray(faces))
    return mesh, labels[cKDTree(scan.vertices).query(mesh.vertices)[1]]


def _enamel(after: Aesthetics) -> tuple[Floats, Floats]:
    """The colours of scanned and of restored teeth, sRGB: the measured one and that of the nearest tab."""
    if after.shade is None:
        plain = np.array(_colour("enamel"))
        return plain, plain
    from skimage.color import lab2rgb

    labs = np.array([after.shade.measured.lab, after.shade.best.lab], dtype=np.float64)
    own, new = np.asarray(lab2rgb(labs[None]), dtype=np.float64)[0]
    return own, new


def _uncertainty(after: Aesthetics) -> str:
    sure = [o.uncertainty for o in after.observations if o.name == "edge_asymmetry" and o.uncertainty is not None]
    form = f"Form ± {sure[0]:.1f} mm (edge levels)" if sure else "Form: uncertainty not measured"
    if after.shade is None:
        return f"{form}. Shade not measured."
    return f"{form}. Shade {after.shade.words}."


def _labelled(picture: Picture, words: str, more: str) -> Picture:
    """Burn the label into a strip below, so that it cannot be lost on the way."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = picture.shape[:2]
    strip = max(44, height // 10)
    image = Image.new("RGB", (width, height + strip), tuple(round(255 * c) for c in _colour("background")))
    image.paste(Image.fromarray(picture), (0, 0))
    draw = ImageDraw.Draw(image)
    ink = tuple(round(255 * c) for c in _colour("ink"))
    font = strip // 3
    draw.text((14, height + 4), words, font=ImageFont.load_default(size=font), fill=ink)
    # the font that comes with Pillow has no Greek
    more = more.replace("Δ", "d")
    draw.text((14, height + 8 + font), more, font=ImageFont.load_default(size=max(10, font * 3 // 4)), fill=ink)
    return np.asarray(image)


def _still(file: str, content: bytes, view: str, state: str, camera: Camera) -> Still:
    if state == "side by side":
        return Still(file=file, sha256=disk.digest(content), view=view, state=state)
    return Still(
        file=file,
        sha256=disk.digest(content),
        view=view,
        state=state,
        camera_axes=tuple((float(r[0]), float(r[1]), float(r[2])) for r in camera.axes),
        centre_mm=(float(camera.centre_mm[0]), float(camera.centre_mm[1]), float(camera.centre_mm[2])),
        px_per_mm=camera.px_per_mm,
    )


def _write(path: Path, content: bytes) -> None:
    with disk.explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.replace_file(path, content)


def _png(picture: Picture) -> bytes:
    """The PNG, with the label among its own words too."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    about.add_text("Description", LABEL)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", pnginfo=about)
    return buffer.getvalue()


@cache
def _look() -> dict[str, Any]:
    return dict(json.loads((files(__package__) / "preview_look.json").read_text(encoding="utf-8")))


def _size() -> tuple[int, int]:
    width, height = _look()["size_px"]
    return (int(width), int(height))


def _colour(name: str) -> tuple[float, float, float]:
    text = _look()[name]
    return (int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255)
