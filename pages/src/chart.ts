// The tooth chart: a row for each jaw, FDI numbers, one tab stop and arrow keys to walk along the teeth.
import type { Finding, PageData, State, Tooth } from "./data";
import { el, svg } from "./dom";

const WIDE = 54, HIGH = 128;
type Look = State | "absent" | "unscanned";
const SAYS: Record<Look, string> = {
  sound: "nothing found", finding: "finding", restored: "restoration proposed", missing: "missing", absent: "not seen", unscanned: "jaw not scanned",
};

interface Slot { fdi: number; column: number; row: number; look: Look; tooth?: Tooth; findings: Finding[] }

export class Chart {
  readonly element: HTMLElement;
  onPick: (fdi: number) => void = () => {};
  private readonly slots: Slot[];
  private readonly marks = new Map<number, SVGGElement>();

  constructor(data: PageData) {
    this.slots = layout(data);
    const drawing = svg("svg", { viewBox: `0 0 ${16 * WIDE + 24} ${2 * HIGH + 26}`, role: "group", "aria-label": "Tooth chart, FDI numbers. Arrow keys walk along the teeth, Enter shows a tooth." });
    drawing.append(
      svg("line", { class: "midline", x1: 8 * WIDE + 12, x2: 8 * WIDE + 12, y1: 4, y2: 2 * HIGH + 22 }),
      svg("line", { class: "midline", x1: 0, x2: 16 * WIDE + 24, y1: HIGH + 13, y2: HIGH + 13 }),
    );
    for (const slot of this.slots) drawing.append(this.mark(slot));
    const first = this.slots.find((s) => s.tooth) ?? this.slots[0];
    this.marks.get(first.fdi)!.setAttribute("tabindex", "0");
    const legend = el("ul", { class: "legend" }, ...(["sound", "finding", "restored", "missing"] as Look[]).map((look) =>
      el("li", {}, svg("svg", { viewBox: "0 0 22 22", "aria-hidden": "true", class: `slot ${look}` }, ...box(11, 11, 8, new Set(look === "finding" ? ["O"] : []), "upper", true, look)), SAYS[look])));
    this.element = el("div", { class: "chart" }, el("div", { class: "chart-row" }, el("span", { class: "side" }, "right"), drawing, el("span", { class: "side" }, "left")), legend);
  }

  select(fdi: number): void {
    for (const [number, mark] of this.marks) {
      mark.classList.toggle("selected", number === fdi);
      mark.setAttribute("aria-pressed", String(number === fdi));
    }
  }

  private mark(slot: Slot): SVGGElement {
    const upper = slot.row === 0;
    const x = slot.column * WIDE + (slot.column >= 8 ? 24 : 0) + WIDE / 2;
    const top = upper ? 0 : HIGH + 26;
    const surfaces = new Set(slot.findings.flatMap((f) => f.surfaces));
    const name = slot.tooth?.name ?? "";
    const what = slot.findings.map((f) => `${f.kind}${f.surfaces.length ? ` ${f.surfaces.join("")}` : ""}`).join(", ");
    const group = svg("g", {
      class: `slot ${slot.look}`, role: "button", tabindex: -1, "aria-pressed": "false", "data-fdi": slot.fdi, transform: `translate(${x} ${top})`,
      "aria-label": [`Tooth ${slot.fdi}`, name, SAYS[slot.look], what].filter(Boolean).join(", "), "aria-disabled": !slot.tooth && "true",
      click: () => slot.tooth && this.onPick(slot.fdi),
      keydown: (e) => this.key(e as KeyboardEvent, slot),
    });
    const numberY = upper ? HIGH - 2 : 12, boxY = upper ? HIGH - 34 : 34, toothY = upper ? 6 : HIGH - 6;
    group.append(
      svg("title", {}, `${slot.fdi} ${name} – ${SAYS[slot.look]}${what ? `: ${what}` : ""}`),
      svg("rect", { class: "hit", x: -WIDE / 2 + 1, y: -1, width: WIDE - 2, height: HIGH + 4, rx: 8 }),
      svg("path", { class: "tooth", d: outline(slot.fdi), transform: `translate(0 ${toothY}) scale(1 ${upper ? 1 : -1})` }),
      ...box(0, boxY, 15, surfaces, upper ? "upper" : "lower", slot.column < 8, slot.look),
      svg("text", { class: "fdi", x: 0, y: numberY, "text-anchor": "middle" }, String(slot.fdi)),
    );
    this.marks.set(slot.fdi, group);
    return group;
  }

  private key(event: KeyboardEvent, slot: Slot): void {
    const { column, row } = slot;
    const to = { ArrowLeft: [column - 1, row], ArrowRight: [column + 1, row], ArrowUp: [column, 0], ArrowDown: [column, 1], Home: [0, row], End: [15, row] }[event.key];
    if (to) {
      event.preventDefault();
      const next = this.slots.find((s) => s.column === to[0] && s.row === to[1]);
      if (!next) return;
      for (const mark of this.marks.values()) mark.setAttribute("tabindex", "-1");
      const mark = this.marks.get(next.fdi)!;
      mark.setAttribute("tabindex", "0");
      mark.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (slot.tooth) this.onPick(slot.fdi);
    }
  }
}

function layout(data: PageData): Slot[] {
  const scanned = new Set(data.arches.map((a) => a.jaw));
  const slots: Slot[] = [];
  for (let row = 0; row < 2; row++)
    for (let column = 0; column < 16; column++) {
      const position = column < 8 ? 8 - column : column - 7;
      const quadrant = row === 0 ? (column < 8 ? 1 : 2) : column < 8 ? 4 : 3;
      // a milk tooth stands in the place of its successor while that one is not there
      const permanent = data.teeth.find((t) => t.fdi === quadrant * 10 + position);
      const milk = data.teeth.find((t) => t.fdi === (quadrant + 4) * 10 + position);
      const tooth = permanent && !(milk && permanent.state === "missing") ? permanent : (milk ?? permanent);
      const fdi = tooth?.fdi ?? quadrant * 10 + position;
      const look: Look = tooth?.state ?? (scanned.has(row === 0 ? "upper" : "lower") ? "absent" : "unscanned");
      slots.push({ fdi, column, row, look, tooth, findings: data.findings.filter((f) => f.fdi === fdi) });
    }
  return slots;
}

/** A tooth from its cheek side, root up, crown down; 76 high, the middle at x = 0. */
function outline(fdi: number): string {
  const k = fdi % 10, upper = [1, 2, 5, 6].includes(Math.floor(fdi / 10)), milk = fdi > 50;
  if (k >= 6 || (milk && k >= 4)) {
    const mid = upper ? "C -7 22 -3 8 0 8 C 3 8 7 22 7 34 " : "C -5 24 -4 30 0 34 C 4 30 5 24 7 34 ";
    return `M -18 56 C -20 46 -17 42 -16 36 C -16 22 -17 4 -12 3 C -8 3 -7 18 -7 32 ${mid}C 7 18 8 3 12 3 C 17 4 16 22 16 36 C 17 42 20 46 18 56 C 18 70 13 74 9 71 C 5 68 4 68 0 71 C -4 68 -5 68 -9 71 C -13 74 -18 70 -18 56 Z`;
  }
  if (k >= 4) return "M -12 56 C -13 46 -10 42 -9 36 C -8 20 -5 3 0 3 C 5 3 8 20 9 36 C 10 42 13 46 12 56 C 12 68 8 70 4 71 C 2 73 -2 73 -4 71 C -8 70 -12 68 -12 56 Z";
  if (k === 3) return "M -12 56 C -12 46 -9 42 -8 36 C -7 18 -4 0 0 0 C 4 0 7 18 8 36 C 9 42 12 46 12 56 C 12 66 4 74 0 76 C -4 74 -12 66 -12 56 Z";
  const w = k === 1 ? (upper ? 13 : 9) : upper ? 10.5 : 9.5;
  return `M ${-w} 66 C ${-w - 0.5} 52 ${-w + 3} 42 ${-w + 4} 36 C ${-w + 5} 18 -3 4 0 4 C 3 4 ${w - 5} 18 ${w - 4} 36 C ${w - 3} 42 ${w + 0.5} 52 ${w} 66 C ${w} 73 ${-w} 73 ${-w} 66 Z`;
}

/** The five surfaces of a tooth as dentists draw them. */
function box(x: number, y: number, r: number, marked: Set<string>, jaw: "upper" | "lower", patientRight: boolean, look: Look): SVGElement[] {
  const i = r * 0.45;
  const at = (points: number[][]) => points.map(([px, py]) => `${x + px},${y + py}`).join(" ");
  const top = jaw === "upper" ? "B" : "L", bottom = jaw === "upper" ? "L" : "B";
  const sides: [string, number[][]][] = [
    [top, [[-r, -r], [r, -r], [i, -i], [-i, -i]]], [bottom, [[-r, r], [r, r], [i, i], [-i, i]]],
    [patientRight ? "D" : "M", [[-r, -r], [-i, -i], [-i, i], [-r, r]]], [patientRight ? "M" : "D", [[r, -r], [i, -i], [i, i], [r, r]]],
    ["O", [[-i, -i], [i, -i], [i, i], [-i, i]]],
  ];
  const out: SVGElement[] = sides.map(([name, points]) =>
    svg("polygon", { class: marked.has(name) || (name === "O" && marked.has("I")) ? "surface marked" : "surface", points: at(points) }));
  // form as well as colour tells the state
  if (look === "restored") out.push(svg("circle", { class: "sign", cx: x, cy: y, r: r * 0.3 }));
  if (look === "missing") out.push(svg("path", { class: "sign", d: `M ${x - r} ${y - r} L ${x + r} ${y + r} M ${x - r} ${y + r} L ${x + r} ${y - r}` }));
  return out;
}
