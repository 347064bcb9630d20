"""Voxel doses, layers, order, timeline."""
