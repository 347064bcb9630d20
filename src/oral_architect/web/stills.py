"""Still pictures of a case: before and after, the loss as heat, each tooth in its own colour with its number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.geometry.mesh import Mesh
from oral_architect.geometry.render import Camera, Coloured, Picture, camera_for, render, save_png
from oral_architect.teeth.fdi import Jaw

from .palette import Colours, colour, loss_colours, tooth_colour
from .surfaces import Surface, hidden_teeth

SIZE = (900, 700)


def write_stills(folder: Path, landscape: Landscape, surfaces: tuple[Surface, ...]) -> tuple[Path, ...]:
    """Write every still of a case as PNG and return the paths.

    Parameters
    ----------
    folder
        Made when it is not there.
    landscape
        For the places of the numbers.
    surfaces
        From :func:`oral_architect.web.surfaces.collect`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = dict(zip(("before.png", "after.png"), before_after(surfaces), strict=True))
    for arch in landscape.arches:
        pictures[f"numbers_{arch.jaw}.png"] = numbered_arch(landscape, surfaces, arch.jaw)
        pictures[f"loss_{arch.jaw}.png"] = loss_map(surfaces, arch.jaw)
    return tuple(save_png(picture, folder / name) for name, picture in pictures.items())


def before_after(surfaces: tuple[Surface, ...], size: tuple[int, int] = SIZE) -> tuple[Picture, Picture]:
    """Return the case as scanned and as proposed, through one camera; new material stands out by its colour."""
    before = [_natural(s) for s in surfaces if s.kind == "arch"]
    after = before_to_after(surfaces)
    camera = camera_for(before, _overview(surfaces), size)
    return render(before, camera=camera), render(after, camera=camera)


def before_to_after(surfaces: tuple[Surface, ...]) -> list[Coloured]:
    """Return the coloured surfaces of the proposal: scanned teeth give way to restored ones."""
    hidden = hidden_teeth(surfaces)
    parts = []
    for surface in surfaces:
        if surface.kind == "arch":
            kept = ~np.isin(surface.face_teeth, list(hidden))
            parts.append(Coloured(Mesh(surface.mesh.vertices, surface.mesh.faces[kept]), _natural(surface).colour))
        elif surface.kind == "restored":
            parts.append(_natural(surface))
    return parts


def numbered_arch(
    landscape: Landscape, surfaces: tuple[Surface, ...], jaw: Jaw, size: tuple[int, int] = SIZE
) -> Picture:
    """Return one jaw from its chewing side, each tooth in its own colour with its FDI number."""
    parts, camera = _occlusal(surfaces, jaw, size)
    coloured = [Coloured(s.mesh, _by_tooth(s.teeth)) for s in parts]
    picture = render(coloured, camera=camera)
    places = {t.fdi: t.centroid_mm for t in landscape.teeth}
    teeth = next(a.teeth for a in landscape.arches if a.jaw == jaw)
    return _labelled(picture, camera, {f: places[f] for f in teeth if f in places})


def loss_map(surfaces: tuple[Surface, ...], jaw: Jaw, size: tuple[int, int] = SIZE) -> Picture:
    """Return one jaw from its chewing side with the depth of the loss as heat and its scale in mm."""
    parts, camera = _occlusal(surfaces, jaw, size)
    most = max((float(s.loss_mm.max(initial=0)) for s in surfaces), default=0.0)
    coloured = []
    for s in parts:
        heat = loss_colours(s.loss_mm / max(most, 1e-9))
        coloured.append(Coloured(s.mesh, np.where((s.teeth > 0)[:, None], heat, _pale_gingiva())))
    return _with_scale(render(coloured, camera=camera), most, at_top=jaw == "upper")


def _natural(surface: Surface) -> Coloured:
    tissue = np.where((surface.teeth > 0)[:, None], colour("enamel"), colour("gingiva"))
    new = surface.new[:, None]
    return Coloured(surface.mesh, tissue * (1 - new) + colour("new_material") * new)


def _by_tooth(teeth: NDArray[np.int16]) -> Colours:
    table = {int(f): tooth_colour(int(f)) if f else _pale_gingiva() for f in np.unique(teeth)}
    return np.array([table[int(f)] for f in teeth])


def _pale_gingiva() -> Colours:
    return np.asarray(colour("gingiva") * 0.35 + 0.55)


def _overview(surfaces: tuple[Surface, ...]) -> str:
    jaws = {s.jaw for s in surfaces if s.kind == "arch"}
    return "three_quarter_below" if jaws == {"upper"} else "three_quarter"


def _occlusal(surfaces: tuple[Surface, ...], jaw: Jaw, size: tuple[int, int]) -> tuple[list[Surface], Camera]:
    parts = [s for s in surfaces if s.kind == "arch" and s.jaw == jaw]
    return parts, camera_for([Coloured(s.mesh, (1, 1, 1)) for s in parts], f"{jaw}_occlusal", size)


def _labelled(picture: Picture, camera: Camera, places: dict[int, tuple[float, float, float]]) -> Picture:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(12, picture.shape[1] // 45))
    ink = tuple(int(c * 255) for c in colour("ink"))
    for fdi, place in places.items():
        x, y = camera.project(np.array(place))[0]
        draw.text((x, y), str(fdi), font=font, fill=ink, anchor="mm", stroke_width=3, stroke_fill=(255, 255, 255))
    return np.asarray(image)


def _with_scale(picture: Picture, most_mm: float, *, at_top: bool) -> Picture:
    from PIL import Image, ImageDraw, ImageFont

    height, width = picture.shape[:2]
    picture = picture.copy()
    bar_height, bar_width, left = height // 4, max(width // 60, 8), width // 30
    top = height // 14 if at_top else height - height // 14 - bar_height
    heat = loss_colours(np.linspace(1, 0, bar_height))
    picture[top : top + bar_height, left : left + bar_width] = np.rint(heat * 255).astype(np.uint8)[:, None]
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(11, width // 60))
    ink = tuple(int(c * 255) for c in colour("ink"))
    x = left + bar_width + 8
    draw.text((x, top), f"{most_mm:.2f} mm", font=font, fill=ink, anchor="lm")
    draw.text((x, top + bar_height), "0 mm lost", font=font, fill=ink, anchor="lm")
    return np.asarray(image)
