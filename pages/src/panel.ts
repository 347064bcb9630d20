// What is known of the chosen tooth, beside the picture.
import type { PageData } from "./data";
import { el } from "./dom";
import { measure, percent, withUnit, words } from "./format";
import { badge, worst } from "./tables";

export function toothPanel(data: PageData, fdi: number): HTMLElement[] {
  const tooth = data.teeth.find((t) => t.fdi === fdi);
  if (!tooth) {
    const restored = data.restorations.map((r) => r.fdi);
    return [el("h3", {}, "Whole mouth"), el("p", { class: "quiet" }, "Choose a tooth in the picture or in the chart."),
      restored.length ? el("p", {}, `Proposed: ${restored.join(", ")}.`) : el("p", {}, "No restoration is proposed.")];
  }
  const facts: [string, string][] = [];
  if (tooth.confidence !== undefined) facts.push(["Number sure", percent(tooth.confidence)]);
  if (tooth.width_md_mm !== undefined) facts.push(["Mesiodistal", withUnit(tooth.width_md_mm, "mm")], ["Buccolingual", withUnit(tooth.width_bl_mm, "mm")], ["Crown height", withUnit(tooth.height_mm, "mm")]);
  const findings = data.findings.filter((f) => f.fdi === fdi);
  const restoration = data.restorations.find((r) => r.fdi === fdi);
  const heat = data.prediction?.teeth.find((t) => t.fdi === fdi);
  if (heat) facts.push(["Pulp peak", measure(heat.pulp_peak_c)], ["Pulp rise", measure(heat.pulp_rise_c)]);
  const parts: (HTMLElement | null)[] = [
    el("h3", {}, el("span", { class: "big" }, String(fdi)), ` ${tooth.name}`),
    el("dl", {}, ...facts.flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)])),
    ...findings.map((f) => el("p", {}, el("strong", {}, `${f.kind} ${f.surfaces.join(" ")}`), `: ${measure(f.lost_volume)} lost, ${measure(f.max_depth)} deep.`)),
    findings.length || tooth.gap ? null : el("p", { class: "quiet" }, "Nothing found."),
    restoration ? el("p", {}, el("strong", {}, `${restoration.kind}`), ` in ${words(restoration.material)}, ${withUnit(restoration.volume_mm3, "mm³")} `, badge(worst(restoration.checks))) : null,
    ...(tooth.notes ?? []).map((n) => el("p", { class: "quiet" }, n)),
  ];
  return parts.filter((e) => e !== null);
}
