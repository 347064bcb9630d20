"""Bolton's tooth size ratios."""

from __future__ import annotations

from collections.abc import Mapping

from oral_architect.anatomy.document import Measure
from oral_architect.reference import find

_ROWS = (("bolton_anterior", 3), ("bolton_overall", 6))


def bolton(widths_md: Mapping[int, float]) -> list[Measure]:
    """Sum of the mesiodistal widths of the lower teeth over the upper's, percent.

    Canine to canine, and first molar to first molar (Bolton, Angle Orthod 1958;28:113); the norm in the note comes
    from the table ``clinical_limits``. Only where every tooth of the ratio was measured.
    """
    found = []
    for name, reach in _ROWS:
        sums = []
        for quadrants in ((3, 4), (1, 2)):
            teeth = [10 * q + k for q in quadrants for k in range(1, reach + 1)]
            if all(t in widths_md for t in teeth):
                sums.append(sum(widths_md[t] for t in teeth))
        if len(sums) == 2:
            row = find("clinical_limits", quantity=f"{name}_ratio_pct")
            note = f"norm {row.need('value'):g} ± {row.need('sd'):g} ({row.source}, {row.standing})"
            found.append(Measure(name=name, value=100 * sums[0] / sums[1], unit="percent", note=note))
    return found
