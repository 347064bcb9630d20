"""A smile photograph with the points a person picked on it; read here, never sent or kept anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, ValidationError, model_validator

from oral_architect.case import Record
from oral_architect.errors import InputError
from oral_architect.teeth import fdi as numbers

PointName = Literal["tip", "mesial_angle", "distal_angle", "zenith"]
Pixel = tuple[FiniteFloat, FiniteFloat]
"""x to the right, y down, from the upper left corner of the upright picture."""
Line = Annotated[tuple[Pixel, ...], Field(min_length=3)]


class Picked(Record):
    """One point of one tooth on the photograph."""

    tooth: int
    point: PointName
    """``tip``: incisal midpoint or tip; ``mesial_angle``, ``distal_angle``: ends of the incisal edge; ``zenith``."""
    px: Pixel


class PhotoPoints(Record):
    """Everything picked on one photograph; the form of the points file."""

    points: tuple[Picked, ...]
    size: tuple[int, int] | None = None
    """Width and height of the upright picture; needed where there is no picture file."""
    focal_px: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """Focal length of the camera in pixels, where it is known."""
    upper_lip: Line | None = None
    """Lower border of the upper lip, from corner to corner of the mouth."""
    lower_lip: Line | None = None
    """Upper border of the lower lip, from corner to corner of the mouth."""
    pupils: tuple[Pixel, Pixel] | None = None
    """The patient's right, then left."""
    facial_midline: tuple[Pixel, Pixel] | None = None
    """Two places on it, the upper first."""

    @model_validator(mode="after")
    def _once(self) -> PhotoPoints:
        seen = [(p.tooth, p.point) for p in self.points]
        for tooth, point in seen:
            if not numbers.is_permanent(tooth):
                raise ValueError(f"{tooth} is not the number of a permanent tooth")
            if seen.count((tooth, point)) > 1:
                raise ValueError(f"{point} of {tooth} is given twice")
        for name in ("pupils", "facial_midline"):
            pair = getattr(self, name)
            if pair is not None and pair[0] == pair[1]:
                raise ValueError(f"{name}: both places are the same")
        return self


class Photograph(Record):
    """A photograph of known size with its points."""

    name: str
    size: tuple[int, int]
    points: PhotoPoints


def read_photograph(points: Path, image: Path | None = None) -> Photograph:
    """Read a points file and, for its size, the picture.

    Only the size of the picture is taken, upright as viewers show it.

    Raises
    ------
    InputError
        When a file is missing, is no picture or no points file, or a point lies outside the picture.
    """
    picked = _points(points)
    size = picked.size if image is None else _size(image)
    if size is None:
        raise InputError(
            "the size of the picture is not known.", where=str(points), todo='Give the picture, or add "size" to it.'
        )
    if min(size) < 1:
        raise InputError(f"a picture of {size[0]} x {size[1]} pixels is none.", where=str(points))
    for p in picked.points:
        if not (0 <= p.px[0] <= size[0] and 0 <= p.px[1] <= size[1]):
            raise InputError(
                f"{p.point} of {p.tooth} at {p.px[0]:.0f}, {p.px[1]:.0f} lies outside the picture of {size[0]} x "
                f"{size[1]} pixels.",
                where=str(points),
                todo="Pick the points on the picture as it is, upright and not scaled.",
            )
    return Photograph(name=(image or points).name, size=size, points=picked)


def _points(path: Path) -> PhotoPoints:
    try:
        return PhotoPoints.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(
            f"the points file cannot be read ({error.strerror}).", where=str(path), todo="Check the path."
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"{place}: {first['msg']}.", where=str(path), todo="See the form in the guide 'Assess a smile'."
        ) from None
    except ValueError as error:
        raise InputError(f"this is no JSON ({error}).", where=str(path), todo="Save the points as JSON.") from None


def _size(path: Path) -> tuple[int, int]:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            # telephones store pictures lying down and say so beside them
            turned = ImageOps.exif_transpose(image)
            return (turned.width, turned.height)
    except UnidentifiedImageError:
        raise InputError(
            "this is no picture that can be read.", where=str(path), todo="Use a JPEG or PNG file."
        ) from None
    except Image.DecompressionBombError:
        raise InputError("this picture is too large.", where=str(path), todo="Use one below 100 megapixels.") from None
    except OSError as error:
        raise InputError(
            f"the picture cannot be read ({error.strerror or error}).", where=str(path), todo="Check the file."
        ) from None
