"""Meshes, distance fields, voxels, rays, registration: the kernels, in millimetres."""

from .mesh import Faces, Mask, Mesh, Points, Transform, concatenate

__all__ = ["Faces", "Mask", "Mesh", "Points", "Transform", "concatenate"]
