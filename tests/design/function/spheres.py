import numpy as np
import trimesh

from oral_architect.design.contact import opposite
from oral_architect.geometry import Mesh


def ball(centre, radius=4.0, fineness=4):
    sphere = trimesh.creation.icosphere(fineness, radius=radius)
    return Mesh(sphere.vertices + np.asarray(centre, dtype=float), sphere.faces)


def other(centre, fdi=0, radius=4.0):
    return opposite(fdi, ball(centre, radius))
