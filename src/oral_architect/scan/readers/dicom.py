"""Read DICOM Encapsulated STL and OBJ: the surface inside, and the unit the DICOM header declares."""

from __future__ import annotations

import dataclasses
import warnings
from io import BytesIO
from typing import Any

from oral_architect.scan.raw import RawSurface, Source
from oral_architect.scan.readers import obj, stl

NAME = "DICOM"
EXTENSIONS = (".dcm", ".dicom")

_ENCAPSULATED = {"1.2.840.10008.5.1.4.1.1.104.3": stl, "1.2.840.10008.5.1.4.1.1.104.4": obj}
"""SOP classes, DICOM PS3.4 table B.5-1."""
_UCUM = {"um": "um", "mm": "mm", "cm": "cm", "m": "m", "[in_i]": "inch"}


def recognises(data: bytes) -> bool:
    """Tell whether the bytes are a DICOM file (PS3.10: 128 free bytes, then DICM)."""
    return data[128:132] == b"DICM"


def read(source: Source) -> RawSurface:
    """Read the encapsulated document.

    Raises
    ------
    ScanError
        When the file is damaged, or is some other DICOM object, such as an image.
    """
    data_set = _parse(source)
    inner = _ENCAPSULATED.get(str(data_set.get("SOPClassUID", "")))
    if inner is None:
        name = getattr(data_set.get("SOPClassUID", None), "name", "") or "unknown object"
        raise source.refuse(
            f"this DICOM file is '{name}', not an encapsulated STL or OBJ", "Export the surface, not the images."
        )
    try:
        document = bytes(data_set.EncapsulatedDocument)
        length = int(data_set.get("EncapsulatedDocumentLength", len(document)))
        unit = _unit(data_set)
    except Exception as error:  # pydicom converts values when they are asked for, and raises many kinds
        raise source.refuse(f"the DICOM file is damaged: {error}") from error
    # a DICOM value has an even number of bytes; the true length is given separately
    surface: RawSurface = inner.read(Source(source.path, document[: max(length, 0)] if length else document))
    if unit is None:
        return surface
    return dataclasses.replace(surface, unit=unit, unit_note="the DICOM header declares it")


def _parse(source: Source) -> Any:
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data_set = pydicom.dcmread(BytesIO(source.data))
            data_set.get("SOPClassUID", None)
    except Exception as error:  # a damaged file can raise nearly anything here
        raise source.refuse(f"the DICOM file is damaged: {error}") from error
    return data_set


def _unit(data_set: Any) -> str | None:
    """Measurement Units Code Sequence (0040,08EA), UCUM codes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sequence = data_set.get("MeasurementUnitsCodeSequence", None)
        return _UCUM.get(str(sequence[0].get("CodeValue", ""))) if sequence else None
