// The treatment timeline and the pulp curves, drawn as SVG from the data.
import type { Programme, ToothPrediction } from "./data";
import { el, svg } from "./dom";
import { duration, number } from "./format";

const PHASES = ["prepare", "remove", "isolate", "deposit", "cure", "cool", "finish", "check"];
const LINES = ["solid", "dash", "dot", "dashdot"];

export function gantt(programme: Programme, onPick: (fdi: number) => void): HTMLElement {
  const rows = [...new Set(programme.timeline.map((s) => s.fdi))];
  const end = Math.max(programme.session_s, ...programme.timeline.map((s) => s.end_s), 1);
  const left = 92, width = 1000, rowHigh = 34, high = rows.length * rowHigh + 30;
  const x = (s: number) => left + (s / end) * (width - left - 14);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${high}`, role: "img", "aria-label": `Treatment timeline of ${duration(programme.session_s)} with ${programme.timeline.length} steps` });
  for (const t of ticks(end / 60, 9)) {
    const at = x(t * 60);
    drawing.append(svg("line", { class: "grid", x1: at, x2: at, y1: 0, y2: high - 24 }), svg("text", { class: "tick", x: at, y: high - 8, "text-anchor": "middle" }, `${number(t)} min`));
  }
  rows.forEach((fdi, i) => {
    const label = svg("text", { class: fdi ? "row-label link" : "row-label", x: left - 12, y: i * rowHigh + 22, "text-anchor": "end", click: () => fdi && onPick(fdi) }, fdi ? `Tooth ${fdi}` : "Session");
    drawing.append(svg("line", { class: "grid", x1: left, x2: width - 14, y1: (i + 1) * rowHigh, y2: (i + 1) * rowHigh }), label);
  });
  // many short steps of one phase are drawn as one bar
  for (const bar of merged(programme)) {
    const y = rows.indexOf(bar.fdi) * rowHigh + 6, w = Math.max(1.2, x(bar.end) - x(bar.start) - 0.8);
    drawing.append(svg("rect", { class: `bar ${PHASES.includes(bar.phase) ? bar.phase : "other"}`, x: x(bar.start), y, width: w, height: rowHigh - 12, rx: Math.min(3, w / 2) },
      svg("title", {}, `${bar.phase}${bar.fdi ? ` ${bar.fdi}` : ""}: ${duration(bar.end - bar.start)} from ${duration(bar.start)}, ${bar.device}. ${bar.detail}`)));
  }
  const used = PHASES.filter((p) => programme.timeline.some((s) => s.phase === p));
  const legend = el("ul", { class: "legend" }, ...used.map((p) => el("li", {}, svg("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, svg("rect", { class: `bar ${p}`, x: 1, y: 1, width: 12, height: 12, rx: 3 })),
    `${p} (${duration(programme.timeline.filter((s) => s.phase === p).reduce((n, s) => n + s.end_s - s.start_s, 0))})`)));
  return el("figure", { class: "plot" }, el("div", { class: "scroll" }, drawing), legend);
}

interface Bar { fdi: number | null; phase: string; start: number; end: number; device: string; detail: string }

function merged(programme: Programme): Bar[] {
  const bars: Bar[] = [];
  const last = new Map<number | null, Bar>();
  for (const s of [...programme.timeline].sort((a, b) => a.start_s - b.start_s)) {
    const before = last.get(s.fdi);
    if (before && before.phase === s.phase && s.start_s - before.end < 1) before.end = Math.max(before.end, s.end_s);
    else {
      const bar = { fdi: s.fdi, phase: s.phase, start: s.start_s, end: s.end_s, device: s.device, detail: s.detail };
      bars.push(bar);
      last.set(s.fdi, bar);
    }
  }
  return bars;
}

export function pulpCurves(teeth: ToothPrediction[]): HTMLElement | null {
  const shown = teeth.filter((t) => t.pulp_curve.length > 1);
  if (!shown.length) return null;
  const limits = [...new Set(shown.map((t) => Math.round(10 * ((t.pulp_peak_c.value ?? 0) - (t.pulp_rise_c.value ?? 0) + t.pulp_rise_limit_c)) / 10))];
  const times = shown.flatMap((t) => t.pulp_curve.map((p) => p[0])), heats = shown.flatMap((t) => t.pulp_curve.map((p) => p[1]));
  const low = Math.min(...heats) - 0.3, high = Math.max(...heats, ...limits) + 0.5;
  const start = Math.min(...times), end = Math.max(...times, start + 1);
  const width = 1000, tall = 270, left = 56, bottom = 34;
  const x = (t: number) => left + ((t - start) / (end - start)) * (width - left - 70);
  const y = (c: number) => 10 + (1 - (c - low) / (high - low)) * (tall - bottom - 10);
  const peaks = shown.map((t) => `tooth ${t.fdi} ${number(Math.max(...t.pulp_curve.map((p) => p[1])))} °C`).join(", ");
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${tall}`, role: "img", "aria-label": `Highest pulp temperature over time: ${peaks}; limit ${limits.map((l) => number(l)).join(", ")} °C` });
  for (const c of ticks(high - low, 6).map((t) => t + Math.ceil(low)).filter((c) => c < high))
    drawing.append(svg("line", { class: "grid", x1: left, x2: width - 70, y1: y(c), y2: y(c) }), svg("text", { class: "tick", x: left - 8, y: y(c) + 4, "text-anchor": "end" }, `${number(c)} °C`));
  for (const t of ticks((end - start) / 60, 9))
    drawing.append(svg("text", { class: "tick", x: x(start + t * 60), y: tall - 10, "text-anchor": "middle" }, `${number(t)} min`));
  for (const limit of limits)
    drawing.append(svg("line", { class: "limit", x1: left, x2: width - 70, y1: y(limit), y2: y(limit) }), svg("text", { class: "limit-label", x: width - 64, y: y(limit) + 4 }, `limit ${number(limit)} °C`));
  const labels = spread(shown.map((t) => y(t.pulp_curve.at(-1)![1])), 15);
  shown.forEach((t, i) => {
    drawing.append(svg("polyline", { class: `curve c${i % 6} ${LINES[Math.floor(i / 6) % 4]}`, points: t.pulp_curve.map(([s, c]) => `${x(s).toFixed(1)},${y(c).toFixed(1)}`).join(" ") },
      svg("title", {}, `Tooth ${t.fdi}`)), svg("text", { class: `curve-label c${i % 6}`, x: width - 64, y: labels[i] + 4 }, `${t.fdi}`));
  });
  return el("figure", { class: "plot" }, el("div", { class: "scroll" }, drawing), el("figcaption", { class: "quiet" }, "Highest temperature anywhere in the pulp, predicted."));
}

/** Round steps from 0 up to a span. */
function ticks(span: number, most: number): number[] {
  const rough = span / most, base = 10 ** Math.floor(Math.log10(rough || 1));
  const step = [1, 2, 5, 10].map((k) => k * base).find((s) => s >= rough) ?? 1;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => +(i * step).toPrecision(6));
}

/** Moves labels apart so that none covers another. */
function spread(places: number[], gap: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const out = [...places];
  for (let k = 1; k < order.length; k++) out[order[k]] = Math.max(out[order[k]], out[order[k - 1]] + gap);
  return out;
}
