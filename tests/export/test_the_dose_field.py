"""Doses in a volumetric 3MF are the programme's, to the unit and at their place."""

from __future__ import annotations

import io

import lib3mf
import numpy as np
import pytest
from box_tooth import one_tooth
from PIL import Image

from oral_architect import programme
from oral_architect.export.dose_field import dose_package


@pytest.mark.parametrize("units", [255, 1000])
def test_doses_read_back_are_the_programmes_to_the_unit_and_at_their_place(units):
    land, plan = one_tooth()
    made = programme.run(land, plan, programme.ProgrammeSettings(voxel_mm=0.3, dose_per_voxel=units))
    body = plan.shapes["restoration_36"]
    content = dose_package(made, {36: body})
    assert content == dose_package(made, {36: body})
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.ReadFromBuffer(content)  # its strict mode refuses what its own writer writes: every volumetric element
    assert {reader.GetWarning(k)[1] for k in range(reader.GetWarningCount())} <= {"Invalid Element in namespace."}
    meshes = model.GetMeshObjects()
    meshes.MoveNext()
    mesh = meshes.GetCurrentMeshObject()
    assert mesh.GetTriangleCount() == len(body.faces)
    held = mesh.GetVolumeData().GetProperty(0)
    field = model.GetResourceByID(held.GetFunctionResourceID())
    stacks = model.GetImage3Ds()
    stacks.MoveNext()
    stack = model.GetImageStackByID(stacks.GetCurrentImage3D().GetUniqueResourceID())
    sheets = [
        np.asarray(Image.open(io.BytesIO(bytes(stack.GetSheet(k).WriteToBuffer()))))
        for k in range(stack.GetSheetCount())
    ]
    grid = np.stack([np.flipud(sheet).T for sheet in sheets], axis=2).astype(int)
    assert int(grid.sum()) == made.teeth[0].total_dose
    depth = 255 if units == 255 else 65535
    assert field.GetScale() * units / depth == pytest.approx(1.0)
    # each voxel's middle, through the stored transform, lands in the middle of its texel
    transform = np.array([list(row) for row in held.GetTransform().Fields])
    tooth = made.teeth[0]
    middles = made.arrays["voxels_36"] * tooth.voxel_mm + np.asarray(tooth.origin_mm)
    uvw = middles @ transform[:3] + transform[3]
    index = np.floor(uvw * grid.shape).astype(int)
    assert np.abs(uvw * grid.shape - index - 0.5).max() < 1e-3
    assert (grid[tuple(index.T)] == made.arrays["dose_36"]).all()
