"""How a bite is searched for and judged."""

from __future__ import annotations

from oral_architect.case import Settings


class BiteSettings(Settings):
    """How the bite is searched for and judged. The figures describe the method and scanners, not clinical limits."""

    penetration_mm: float = 0.15
    """Deepest overlap a found bite may keep: what two scans of touching teeth overlap by anyway, their noise at single
    vertices included."""
    opening_mm: float = 0.2
    """A found bite is opened by no more than this to reach that: what overlaps deeper is a place where it is wrong, or
    a fold of a scan, and is reported, not hidden by lifting the whole arch."""
    overlap_mm: float = 0.05
    """How far scans of touching teeth overlap on average: half of what teeth and ligaments give way, for noise and
    thinning flatten the rest (phantoms: 0.03 to 0.07)."""
    contact_mm: float = 0.1
    """Surfaces nearer than this touch."""
    given_near_mm: float = 1.0
    """Scans that came in bite have opposing teeth on both sides nearer than this."""
    given_penetration_mm: float = 0.5
    """Scans that overlap by more than this did not come in bite."""
    fold_share: float = 0.02
    """A smaller part of the points that overlap deeper still is a fold of a scan, not a contact."""
    points: int = 1500
    """Points of the lower occlusal surfaces that are followed."""
    reach_sagittal_mm: float = 7.0
    """The search looks up to this far before and behind class I, a full class."""
    reach_lateral_mm: float = 2.4
    """And this far to either side."""
    reach_turn_deg: float = 4.5
    """And turned this far about the vertical."""
    reach_tilt_deg: float = 6.0
    """A bite tilts the lower arch by no more than this against the upper occlusal plane."""
    grid_mm: float = 0.3
    """Step of the first search."""
    grid_deg: float = 1.0
    settled_points: tuple[int, int] = (250, 700)
    """Points of each lower tooth in the first and second search."""
    settled_reach_mm: tuple[float, float] = (0.2, 0.1)
    """Reach of contact, and give of surfaces, in the first and second search."""
    kept: tuple[int, int, int] = (60, 20, 10)
    """Places that go on from the first search, from the second, and to the last refinement."""
    meeting_mm: tuple[tuple[float, float, float], ...] = ((0.15, 0.10, 0.02), (0.06, 0.05, 0.015), (0.04, 0.04, 0.01))
    """Reach of contact, give of surfaces and width of the soft least clearance while refining, coarse to fine."""
    front_weight: float = 0.3
    """What an incisor or canine counts for against a premolar or molar: many front teeth do not touch in bite."""
    same_bite_mm: float = 0.6
    """Places nearer to each other than this are one bite."""
    same_place_mm: float = 0.1
    """And nearer than this, before the last refinement, one place: it is refined once."""
    class_one_sd_mm: float = 4.0
    """How far sagittally from class I a bite lies ordinarily; a weak prior between otherwise equal bites."""
    class_one_weight: float = 0.01
    """Weight of that prior."""
    class_doubt_mm: float = 5.0
    """A bite further than this from class I is possible and should be looked at."""
    rival_margin: float = 0.05
    """A second place whose energy is worse by less than this is still a rival."""
    doubt_energy: float = 0.35
    """From this energy on too few teeth meet to trust the place."""
    contact_noise_mm: float = 0.05
    """Standard deviation of a tooth's clearance in a bite: two scans' noise, waviness and smoothing (phantoms: 0.03 to
    0.06)."""
    doubt_held_mm: float = 0.2
    """Contacts that such noise shifts by more than this (standard deviation) do not fix the bite."""
    positions: int = 6
    """A rigid arch has six freedoms: fewer meeting teeth cannot hold all of them."""
