"""Smooth random fields in space: the roughness, waviness and irregular outlines of a phantom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry.mesh import Points


@dataclass(frozen=True, eq=False)
class Waves:
    """A stationary random field of unit variance as a sum of plane waves.

    Spectral method of Shinozuka & Jan, J Sound Vib 1972;25:111: the sum of a few dozen cosines with random
    wave vectors and phases is close to a Gaussian field and costs nothing to evaluate anywhere.

    Parameters
    ----------
    wave_vectors
        ``(k, 3) float, rad/mm``.
    phases
        ``(k,) float, rad``.
    """

    wave_vectors: NDArray[np.float64]
    phases: NDArray[np.float64]

    def __call__(self, points: Points) -> NDArray[np.float64]:
        """Field at points ``(n, 3) float, mm``; ``(n,) float``, mean 0, variance 1."""
        angles = (np.asarray(points) @ self.wave_vectors.T + self.phases).astype(np.float32)
        return np.asarray(np.cos(angles).sum(axis=1) * np.sqrt(2 / len(self.phases)), dtype=np.float64)


def waves(rng: np.random.Generator, wavelength_mm: float, count: int = 24) -> Waves:
    """Draw a field whose features are about ``wavelength_mm`` long."""
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    lengths = wavelength_mm * np.exp(rng.normal(0.0, 0.25, count))
    return Waves(direction * (2 * np.pi / lengths)[:, None], rng.uniform(0, 2 * np.pi, count))
