"""The contact map as a picture: both arches from their chewing sides, coloured by their distance to each other."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.geometry.render import Coloured, Picture, render

SIZE = (700, 620)
BANDS_MM = ((0.0, (0.45, 0.0, 0.45)), (0.1, (0.80, 0.05, 0.05)), (0.3, (0.95, 0.45, 0.10)), (1.0, (0.98, 0.85, 0.35)))
"""Up to this distance, this colour: overlap violet, contact red, near orange, within a millimetre yellow."""
_FAR = (0.90, 0.89, 0.86)
_GINGIVA = (0.88, 0.72, 0.70)


def contact_picture(landscape: Landscape) -> bytes:
    """Return the contact map of a landscape in bite as PNG.

    Parameters
    ----------
    landscape
        Both arches, in bite.
    """
    from PIL import Image

    from oral_architect.anatomy.bite.contact_map import occlusal_distance

    upper, lower = landscape.shapes["upper"], landscape.shapes["lower"]
    sides = []
    for jaw, own, other in (("upper", upper, lower), ("lower", lower, upper)):
        key = f"occlusal_distance_{jaw}"
        distance = landscape.arrays.get(key)
        distance = occlusal_distance(own, other) if distance is None else distance
        colours = _colours(np.asarray(distance), np.asarray(landscape.arrays[f"labels_{jaw}"]) > 0)
        sides.append(render([Coloured(own, colours)], f"{jaw}_occlusal", SIZE, occlusion_rays=8))
    stream = io.BytesIO()
    Image.fromarray(_with_key(np.concatenate(sides, axis=1))).save(stream, format="PNG")
    return stream.getvalue()


def _colours(distance: NDArray[np.floating], tooth: NDArray[np.bool_]) -> NDArray[np.float64]:
    result = np.where(tooth[:, None], _FAR, _GINGIVA)
    for limit, colour in reversed(BANDS_MM):
        result[tooth & (distance < limit)] = colour
    return result


def _with_key(picture: Picture) -> Picture:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=15)
    words = ("overlap", *(f"< {limit:g} mm" for limit, _ in BANDS_MM[1:]))
    for k, (word, (_, colour)) in enumerate(zip(words, BANDS_MM, strict=True)):
        x, y = 20 + 130 * k, picture.shape[0] - 28
        draw.rectangle((x, y, x + 16, y + 16), fill=tuple(round(255 * c) for c in colour))
        draw.text((x + 24, y + 8), word, font=font, fill=(40, 40, 40), anchor="lm")
    return np.asarray(image)
