"""One tooth through a whole visit: its temperature from the first layer to the end of the last cool-down."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from oral_architect.programme import Layer, Profile, ToothProgramme

from .cure import Kamal
from .heat import STABILITY_SHARE, HeatBlock, Surroundings, explicit_steps, heat_block, rkl2_step
from .light import irradiance
from .model import Model
from .tissue import Tissue, ToothVoxels
from .walls import face_shares

Field = NDArray[np.float64]
Source = NDArray[np.float64]

MM_PER_M = 1e3
W_M2_PER_MW_CM2 = 10.0
J_M3_PER_J_CM3 = 1e6

PULSE_SAMPLE_S = 0.25
"""Longest time between samples, and between updates of the reaction, while the light is on."""
LONGEST_SUPER_STEP_S = 8.0
RESTED_C_PER_S = 1e-4
"""Change below which a tooth counts as at rest."""
STEADY_C_PER_S = 1e-3
"""Change below which the rest of a stretch with constant sources is skipped: the field has settled."""
RESTING_STEP_S = 30.0
"""Super step on the way to rest, where only the end matters."""
LONGEST_REST_S = 1800.0
"""Time after which a tooth counts as at rest; its slowest time constant is minutes."""


@dataclass
class PulpTrace:
    """Temperature of the pulp over the visit."""

    time_s: list[float] = field(default_factory=list)
    peak_c: list[float] = field(default_factory=list)
    """Highest pulp temperature at each time."""
    rise_c: list[float] = field(default_factory=list)
    """Highest rise of any pulp voxel above its own resting temperature at each time."""


@dataclass(frozen=True)
class VisitHeat:
    """What the heat of a visit came to.

    Parameters
    ----------
    trace
        Pulp temperature over time.
    conversion
        Share of the reaction done in each new voxel at the end.
    """

    trace: PulpTrace
    conversion: Field


def simulate_heat(
    tooth: ToothVoxels, plan: ToothProgramme, profile: Profile, model: Model, *, tail_s: float
) -> VisitHeat:
    """Solve the heat of a tooth through its layers.

    Light pulses are stepped explicitly with the reaction beside them; everything slower by RKL2 super steps. Layers
    that are not laid yet are air.

    Parameters
    ----------
    tail_s
        How long to follow the tooth after its last layer.
    """
    return _Visit(tooth, plan, profile, model).run(tail_s)


class _Visit:
    def __init__(self, tooth: ToothVoxels, plan: ToothProgramme, profile: Profile, model: Model) -> None:
        self.tooth, self.plan, self.profile, self.model = tooth, plan, profile, model
        self.step_m = tooth.grid.step_mm / MM_PER_M
        self.pulp = tooth.tissue == Tissue.PULP
        self.none = np.zeros(tooth.tissue.shape)
        self.conversion = np.zeros(tooth.tissue.shape)
        self.trace = PulpTrace()
        self.block = self._block(-1)
        self.temperature = self._resting()
        self.rest_c = self.temperature[self.pulp].copy()
        light_cured = profile.reaction == "light_cure"
        density = model["composite_density_g_per_cm3" if light_cured else "enamel_density_g_per_cm3"]
        self.reaction_j_m3 = model["reaction_heat_j_per_g"] * density * J_M3_PER_J_CM3
        self.kamal = Kamal(model["kamal_k1_per_s"], model["kamal_k2_per_s"], model["kamal_m"], model["kamal_n"])

    def run(self, tail_s: float) -> VisitHeat:
        if not self.plan.layers:
            return VisitHeat(self.trace, self.conversion)
        now_s = self.plan.layers[0].start_s
        self._sample(now_s)
        for layer in self.plan.layers:
            self._quiet(now_s, layer.start_s - now_s, self.none)
            self._lay(layer)
            self._quiet(layer.start_s, layer.dwell_s, self._growth_heat(layer))
            self._light(layer)
            now_s = layer.start_s + layer.dwell_s + layer.cure_s
        self._quiet(now_s, tail_s, self.none)
        return VisitHeat(self.trace, self.conversion)

    def _lay(self, layer: Layer) -> None:
        self.block = self._block(layer.index)
        self.temperature[self.tooth.layer == layer.index] = self.model["material_temperature_c"]

    def _present(self, last_layer: int) -> NDArray[np.bool_]:
        tissue = self.tooth.tissue
        return np.asarray((tissue != Tissue.OUTSIDE) & ((tissue != Tissue.NEW) | (self.tooth.layer <= last_layer)))

    def _block(self, last_layer: int) -> HeatBlock:
        """The equation with layers up to ``last_layer`` in place."""
        m, new = self.model, self.profile.tissue
        k = np.array([0.0, m["enamel_k"], m["dentine_k"], m["pulp_k"], m[f"{new}_k"]])
        rho_c = np.array([1.0, m["enamel_rho_c"], m["dentine_rho_c"], m["pulp_rho_c"], m[f"{new}_rho_c"]])
        tissue = np.where(self._present(last_layer), self.tooth.tissue, Tissue.OUTSIDE)
        sink = np.where(tissue == Tissue.PULP, m["perfusion_w_m3_k"], 0.0)
        return heat_block(
            k[tissue],
            rho_c[tissue],
            self.step_m,
            self._surroundings(tissue != Tissue.OUTSIDE),
            sink=sink,
            sink_temperature_c=m["body_temperature_c"],
        )

    def _surroundings(self, body: NDArray[np.bool_]) -> Surroundings:
        """Air above the gum, perfused tissue below it, the body under the cut root."""
        m, planes = self.model, np.arange(body.shape[2])
        in_air = planes >= self.tooth.neck_index
        film = face_shares(body) * np.where(in_air, m["air_film_w_per_m2_k"], m["tissue_film_w_per_m2_k"])
        beyond = np.tile(np.where(in_air, m["air_temperature_c"], m["body_temperature_c"]), (6, 1, 1, 1))
        floor = int(np.argmax(self._present(-1).any(axis=(0, 1))))
        film[4, :, :, floor] = np.inf
        beyond[4, :, :, floor] = m["body_temperature_c"]
        return Surroundings(film, beyond)

    def _resting(self) -> Field:
        """Temperature of the open tooth before anything is done, from body temperature to rest."""
        field_c = np.where(self._present(-1), self.model["body_temperature_c"], 0.0)
        done_s = 0.0
        while done_s < LONGEST_REST_S:
            after = rkl2_step(self.block, field_c, self.none, RESTING_STEP_S)
            change = float(np.abs(after - field_c).max()) / RESTING_STEP_S
            field_c, done_s = after, done_s + RESTING_STEP_S
            if change < RESTED_C_PER_S:
                break
        return field_c

    def _quiet(self, start_s: float, duration_s: float, source: Source) -> None:
        """A stretch with constant sources: super steps that start short and double."""
        done_s, step_s = 0.0, PULSE_SAMPLE_S
        while duration_s - done_s > 1e-6:
            step_s = min(step_s, duration_s - done_s)
            after = rkl2_step(self.block, self.temperature, source, step_s)
            change = float(np.abs(after - self.temperature).max()) / step_s
            self.temperature = after
            done_s += step_s
            settled = change < STEADY_C_PER_S
            self._sample(start_s + (duration_s if settled else done_s))
            if settled:
                return
            step_s = min(2 * step_s, LONGEST_SUPER_STEP_S)

    def _growth_heat(self, layer: Layer) -> Source:
        """Crystallisation spread evenly over the time a layer grows, W/m³."""
        if self.profile.reaction != "crystallisation":
            return self.none
        here = self.tooth.layer == layer.index
        self.conversion[here] = 1.0
        return np.where(here, self.reaction_j_m3 / layer.dwell_s, 0.0)

    def _light(self, layer: Layer) -> None:
        """A light pulse: absorbed light and reaction heat, stepped explicitly."""
        if layer.cure_s <= 0 or layer.irradiance_mw_cm2 <= 0:
            return
        light, absorbed = self._beam(layer)
        curing = (self.tooth.tissue == Tissue.NEW) & (self.tooth.layer <= layer.index)
        pieces = int(np.ceil(layer.cure_s / PULSE_SAMPLE_S))
        piece_s = layer.cure_s / pieces
        steps = int(np.ceil(piece_s / (STABILITY_SHARE * self.block.stable_s)))
        for n in range(pieces):
            before = self.conversion[curing]
            after = self.kamal.advance(before, light[curing], piece_s)
            self.conversion[curing] = after
            source = absorbed.copy()
            source[curing] += self.reaction_j_m3 * (after - before) / piece_s
            self.temperature = explicit_steps(self.block, self.temperature, source, piece_s / steps, steps)
            self._sample(layer.start_s + layer.dwell_s + (n + 1) * piece_s)

    def _beam(self, layer: Layer) -> tuple[Field, Field]:
        """Light along the grid axis nearest to the build axis, centred on the new material."""
        direction = self.tooth.from_patient[:3, :3] @ np.asarray(self.plan.build_axis)
        axis = int(np.argmax(np.abs(direction)))
        across = [a for a in range(3) if a != axis]
        centre = self.tooth.body_centre[across]
        u, v = np.ogrid[: self.none.shape[across[0]], : self.none.shape[across[1]]]
        radius = self.model["light_spot_radius_mm"] / self.tooth.grid.step_mm
        spot = (u - centre[0]) ** 2 + (v - centre[1]) ** 2 <= radius**2
        surface_w_m2 = layer.irradiance_mw_cm2 * W_M2_PER_MW_CM2
        attenuation_per_m = self.model["light_attenuation_per_mm"] * MM_PER_M
        towards = (axis, 1 if direction[axis] > 0 else -1)
        light, heat = irradiance(
            self._present(layer.index), spot, surface_w_m2, attenuation_per_m, step_m=self.step_m, towards=towards
        )
        # the reaction is stated for the lamp's own light; only a part of what is attenuated stays as heat
        return light, heat * self.model["light_absorbed_share"]

    def _sample(self, time_s: float) -> None:
        pulp_c = self.temperature[self.pulp]
        self.trace.time_s.append(time_s)
        self.trace.peak_c.append(float(pulp_c.max()))
        self.trace.rise_c.append(float((pulp_c - self.rest_c).max()))
