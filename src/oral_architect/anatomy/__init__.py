"""Pose, jaw, teeth, FDI numbers, gingiva, axes, bite."""
