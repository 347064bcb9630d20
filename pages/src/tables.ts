// Findings, checks, prediction and provenance as tables and cards.
import type { Check, Measure, PageData, Vec, Verdict } from "./data";
import { el, section, table } from "./dom";
import { duration, measure, number, percent, withUnit, words } from "./format";
import { gantt, pulpCurves } from "./plots";

export type Look = (at: Vec, fdi: number | null) => void;
export type Pick = (fdi: number) => void;

const VERDICTS: Record<Verdict, string> = { pass: "✓ pass", warn: "! look", fail: "✕ fail" };

export function toothButton(fdi: number, pick: Pick): HTMLElement {
  return el("button", { type: "button", class: "tooth-link", "aria-label": `Show tooth ${fdi}`, click: () => pick(fdi) }, String(fdi));
}

export function badge(verdict: Verdict): HTMLElement {
  return el("span", { class: `badge ${verdict}` }, VERDICTS[verdict]);
}

export function findingsSection(data: PageData, pick: Pick): HTMLElement {
  if (!data.findings.length)
    return section("findings", "Findings", "", el("p", { class: "card calm" }, "No loss of substance was found above the noise of the scan."));
  const rows = data.findings.map((f) => [
    toothButton(f.fdi, pick), f.kind, f.surfaces.join(" ") || "–", measure(f.lost_volume), measure(f.max_depth), percent(f.confidence),
    f.restore ? el("strong", {}, "restore") : "leave", el("div", {}, f.reason, f.evidence.length ? el("details", {}, el("summary", {}, "Evidence"), el("ul", {}, ...f.evidence.map((e) => el("li", {}, e)))) : null),
  ]);
  const noise = data.noise_mm === null ? "" : ` Differences below ${withUnit(data.noise_mm, "mm")} are not believed.`;
  return section("findings", "Findings", `What is missing, by how much, and how sure that is (± one standard deviation).${noise}`,
    table("Findings by tooth", ["Tooth", "What", "Surfaces", "Lost volume", "Deepest", "Sure", "Proposal", "Why"], rows, [3, 4, 5]));
}

export function checksSection(data: PageData, pick: Pick, look: Look): HTMLElement {
  const checks = data.restorations.flatMap((r) => r.checks);
  const count = (v: Verdict) => checks.filter((c) => c.verdict === v).length;
  const skipped = data.skipped.length ? el("details", { class: "card" }, el("summary", {}, `Left alone (${data.skipped.length})`), el("ul", {}, ...data.skipped.map((s) => el("li", {}, s)))) : null;
  if (!data.restorations.length) return section("checks", "Restorations and checks", "", el("p", { class: "card calm" }, "No restoration is proposed, so there is nothing to check."), skipped);
  const groups = data.restorations.map((r) => {
    const rows = r.checks.map((c) => [
      el("span", {}, words(c.check), c.note && el("small", {}, c.note)), withUnit(c.value, c.unit), withUnit(c.limit, c.unit),
      el("span", { class: "source" }, c.source || "–", c.standing && el("small", {}, c.standing)), badge(c.verdict),
      c.at && el("button", { type: "button", class: "look", "aria-label": `Look at ${words(c.check)} on tooth ${r.fdi}`, click: () => look(c.at!, c.fdi ?? r.fdi) }, "look"),
    ]);
    return el("div", { class: "card restoration" },
      el("h3", {}, toothButton(r.fdi, pick), ` ${r.kind}`, el("span", { class: "quiet" }, ` · ${words(r.material)} · ${withUnit(r.volume_mm3, "mm³")} of new material `), badge(worst(r.checks))),
      rows.length ? table(`Checks of tooth ${r.fdi}`, ["Check", "Value", "Limit", "Source", "Verdict", ""], rows, [1, 2]) : el("p", {}, "No check was made."),
      ...r.notes.map((n) => el("p", { class: "quiet" }, n)));
  });
  return section("checks", "Restorations and checks", `${count("pass")} pass, ${count("warn")} to look at, ${count("fail")} failed. Each limit names where it was read and how well it is known.`, ...groups, skipped);
}

export function worst(checks: Check[]): Verdict {
  return checks.some((c) => c.verdict === "fail") ? "fail" : checks.some((c) => c.verdict === "warn") ? "warn" : "pass";
}

export function treatmentSection(data: PageData, pick: Pick): HTMLElement {
  const { programme, prediction } = data;
  const source = programme?.rate_gap_text ? programme : prediction;
  const gap = source?.rate_gap_text && (data.restorations.length || programme?.timeline.length) ? el("aside", { class: "gap", "aria-label": "Rate gap" },
    el("p", { class: "gap-number" }, source.rate_gap === null ? "" : `× ${number(source.rate_gap)}`),
    el("div", {}, el("h3", {}, "Rate gap: what exists today and what is projected"), el("p", {}, source.rate_gap_text),
      programme && el("p", { class: "quiet" }, `Technology profile: ${programme.profile_title || programme.profile}.`))) : null;
  if (!programme?.timeline.length) return section("treatment", "Treatment", "", gap, el("p", { class: "card calm" }, "Nothing is to be built, so there is no timeline."));
  const built = programme.teeth.length ? table("What is built", ["Tooth", "Material", "Layers", "Voxels", "Voxel", "Dose units", "Build time"],
    programme.teeth.map((t) => [toothButton(t.fdi, pick), t.materials.map(words).join(", ") || "–", number(t.layers), t.voxels.toLocaleString("en-GB"), withUnit(t.voxel_um, "µm"), t.total_dose.toLocaleString("en-GB"), duration(t.build_s)]), [2, 3, 4, 5, 6]) : null;
  const figures = Object.entries(programme.figures);
  return section("treatment", "Treatment", `One session of ${duration(programme.session_s)}.`, gap, gantt(programme, pick), built,
    figures.length ? el("details", { class: "card" }, el("summary", {}, `Technology figures of this plan (${figures.length})`),
      table("Technology figures", ["Figure", "Value", "Source", "Standing"], figures.map(([k, f]) => [words(k), withUnit(f.value, f.unit), f.source, f.standing]), [1])) : null);
}

export function predictionSection(data: PageData, pick: Pick): HTMLElement | null {
  const p = data.prediction;
  if (!p?.teeth.length) return null;
  const compact = (m: Measure) => measure(m);
  return section("prediction", "Prediction", "What the physics says the programme will do.",
    el("p", { class: `card verdict ${p.safe ? "pass" : "fail"}` }, el("strong", {}, p.safe ? "✓ Within every limit checked by the simulation." : "✕ The simulation exceeds a limit: do not use this plan as it is.")),
    pulpCurves(p.teeth),
    table("Prediction by tooth", ["Tooth", "Pulp peak", "Rise", "Limit of the rise", "CEM43", "Filled", "Lost units", "Surface RMS", "Verdict"],
      p.teeth.map((t) => [toothButton(t.fdi, pick), compact(t.pulp_peak_c), compact(t.pulp_rise_c), withUnit(t.pulp_rise_limit_c, "°C"), withUnit(t.cem43_min, "min"), percent(t.filled_fraction, 1), `${t.lost_units.toLocaleString("en-GB")} of ${t.dispensed_units.toLocaleString("en-GB")}`, compact(t.surface_rms_um), t.verdict]), [1, 2, 3, 4, 5, 6, 7]));
}

export function sourcesSection(data: PageData, pick: Pick): HTMLElement {
  const sorted = data.teeth.filter((t) => t.confidence !== undefined).sort((a, b) => a.confidence! - b.confidence!);
  const unsure = sorted.filter((t) => t.confidence! < 0.9);
  const scans = data.scans.map((s) => el("div", { class: "card" }, el("h3", {}, s.name), el("p", {}, `${s.format}, ${s.quality.faces.toLocaleString("en-GB")} triangles, ${number(s.quality.area_mm2)} mm², edges of ${withUnit(s.quality.mean_edge_mm, "mm")}; extent ${s.quality.extent_mm.map((v) => number(v)).join(" × ")} mm.`),
    el("p", {}, `Unit ${s.unit}: ${s.unit_reason}.`), s.repairs.length ? el("p", { class: "quiet" }, `Repaired: ${s.repairs.map((r) => `${r.count} ${words(r.kind)}`).join(", ")}.`) : null));
  const arches = data.arches.map((a) => el("p", {}, `The ${a.jaw} jaw: ${a.teeth.length} teeth; sure of the jaw ${percent(a.jaw_confidence)}, of its pose ${percent(a.pose_confidence)}.`));
  const b = data.bite;
  const bite = b && el("p", {}, `Bite: ${b.given ? "as the scans came" : "found by the program"}, ${b.contacts.length} contacts, deepest overlap ${withUnit(b.max_penetration_mm, "mm")}${b.ambiguous ? "; more than one bite fits, please check" : ""}. ${b.note}`);
  const least = sorted[0] ? `Least sure: ${sorted[0].fdi} at ${percent(sorted[0].confidence)}.` : "";
  return section("sources", "Scans and numbering", "",
    el("div", { class: "columns" }, ...scans, el("div", { class: "card" }, el("h3", {}, "Numbering"), ...arches, el("p", {}, unsure.length ? "Please check the numbers of " : `Every tooth number is at least 90 % sure. ${least}`,
      ...unsure.flatMap((t, i) => [i ? ", " : "", toothButton(t.fdi, pick), ` (${percent(t.confidence)})`]), unsure.length ? "." : ""), bite)));
}

export function warnings(data: PageData): HTMLElement | null {
  const all = [
    ...data.scans.flatMap((s) => s.warnings.map((w) => `${s.name}: ${w}`)), ...data.arches.flatMap((a) => a.warnings.map((w) => `${a.jaw} arch: ${w}`)),
    ...(data.programme?.warnings ?? []), ...(data.prediction?.warnings ?? []), ...(data.bite?.ambiguous ? ["More than one bite fits these scans."] : []),
  ];
  return all.length ? el("aside", { class: "card warnings", "aria-label": "Warnings" }, el("h2", {}, `Please note (${all.length})`), el("ul", {}, ...all.map((w) => el("li", {}, w)))) : null;
}
