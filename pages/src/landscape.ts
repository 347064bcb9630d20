// The landscape: the chart with every measure, labelled pictures of the arches, and the teeth a person should look at.
import type { Measured, PageData } from "./data";
import { el, section, table } from "./dom";
import { percent } from "./format";
import { toothButton, type Pick } from "./tables";

export function landscapeSection(data: PageData, pick: Pick, drawing: HTMLElement | null, arches: HTMLElement | null): HTMLElement {
  for (const tooth of drawing?.querySelectorAll<SVGGElement>("[data-fdi].present, [data-fdi].doubtful") ?? [])
    tooth.addEventListener("click", () => pick(Number(tooth.dataset.fdi)));
  const wide = data.measures.filter((m) => m.fdi === null || m.of === "Bite"), ofTeeth = data.measures.filter((m) => !wide.includes(m));
  const unsure = data.look_at.length ? el("div", { class: "card look-at" }, el("h3", {}, "A person should look at"),
    el("ul", {}, ...data.look_at.map((t) => el("li", {}, toothButton(t.fdi, pick), ` ${t.name}, ${percent(t.confidence)} sure`, t.notes.length ? `; ${t.notes.join("; ")}` : "")))) : null;
  const measured = data.measures.some((m) => m.sure);
  return section("landscape", "Landscape", `Every tooth and what was measured.${measured ? " ± is the median error of the measure on synthetic mouths with known truth." : ""}`,
    unsure, drawing && el("div", { class: "card sheet" }, drawing), arches?.childElementCount ? arches : null,
    wide.length ? el("div", { class: "columns" }, archTable(wide), biteTable(wide)) : null,
    ofTeeth.length ? el("details", { class: "card" }, el("summary", {}, `Measures of every tooth (${ofTeeth.length})`),
      table("Measures of every tooth", ["Tooth", "Measure", "Value", "Note"], ofTeeth.map((m) => [toothButton(m.fdi!, pick), m.called, m.said, m.note || "–"]), [2])) : null);
}

/** One line a measure, upper beside lower. */
function archTable(measures: Measured[]): HTMLElement | null {
  const jaws = ["Upper arch", "Lower arch"].filter((jaw) => measures.some((m) => m.of === jaw));
  const names = [...new Set(measures.filter((m) => jaws.includes(m.of)).map((m) => m.called))];
  if (!names.length) return null;
  const cell = (name: string, jaw: string) => measures.find((m) => m.of === jaw && m.called === name)?.said ?? "–";
  return table("Measures of the arches", ["Arches", ...jaws.map((j) => j.replace(" arch", ""))], names.map((n) => [n, ...jaws.map((j) => cell(n, j))]), [1, 2]);
}

function biteTable(measures: Measured[]): HTMLElement | null {
  const bite = measures.filter((m) => m.of === "Bite");
  return bite.length ? table("Measures of the bite", ["Bite", "Value"], bite.map((m) => [el("span", {}, m.called, m.note && el("small", {}, m.note)), m.said]), [1]) : null;
}
