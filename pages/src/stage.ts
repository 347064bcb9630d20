// The picture with its controls: divider, views, layers, colours, and the panel of the chosen tooth.
import type { Chart } from "./chart";
import type { PageData } from "./data";
import { el } from "./dom";
import { number } from "./format";
import { toothPanel } from "./panel";
import type { Options, Viewer, ViewName } from "./viewer";

const WHOLE: [ViewName, string][] = [["front", "Front"], ["right", "Right"], ["left", "Left"], ["upper", "Upper occlusal"], ["lower", "Lower occlusal"]];
const TOOTH: [ViewName, string][] = [["occlusal", "Occlusal"], ["buccal", "Buccal"], ["lingual", "Lingual"], ["mesial", "Mesial"], ["distal", "Distal"]];

export interface Stage { element: HTMLElement; host: HTMLElement; connect: (viewer: Viewer, chart: Chart) => void }

export function buildStage(data: PageData): Stage {
  const host = el("div", { class: "canvas", id: "viewer" });
  const panel = el("div", { class: "panel", "aria-live": "polite" });
  const bar = el("div", { class: "divider", "aria-hidden": "true" });
  const labels = [el("span", { class: "tag before" }, "before"), el("span", { class: "tag after" }, "after")];
  const slider = el("input", { type: "range", min: 0, max: 100, value: 0, id: "divide", "aria-label": "Divider between before and after, in percent of the width that shows before" });
  const heat = el("div", { class: "heat", hidden: true }, el("span", {}, "0 mm"), el("i", {}), el("span", {}, `${number(data.geometry.max_loss_mm)} mm lost`));
  const frame = el("div", { class: "frame" }, host, bar, ...labels, heat);
  const tools = el("div", { class: "tools", role: "toolbar", "aria-label": "Views and layers" });
  const restores = data.restorations.length > 0;
  const ends = [["Before", 1], ["Half", 0.5], ["After", 0]].map(([text, share]) => [el("button", { type: "button" }, String(text)), Number(share)] as const);
  const compare = el("div", { class: "compare", hidden: !restores }, ends[0][0], ends[1][0], ends[2][0], slider);
  const strip = heat.querySelector("i")!;
  strip.style.background = `linear-gradient(90deg, ${data.palette.loss.join(", ")})`;
  return {
    host,
    element: el("section", { id: "stage", "aria-label": "3D picture" }, el("div", { class: "viewer" }, el("div", {}, frame, compare), el("div", { class: "beside" }, tools, panel))),
    connect(viewer, chart) {
      const sync = () => {
        for (const [end, share] of ends) end.setAttribute("aria-pressed", String(Math.abs(viewer.divide - share) < 0.005));
        slider.value = String(Math.round(viewer.divide * 100));
        bar.style.left = `${viewer.divide * 100}%`;
        bar.hidden = labels[0].hidden = labels[1].hidden = !restores;
        labels[0].classList.toggle("off", viewer.divide < 0.08);
        labels[1].classList.toggle("off", viewer.divide > 0.92);
        heat.hidden = viewer.options.mode !== "loss";
        chart.select(viewer.selected);
        panel.replaceChildren(...toothPanel(data, viewer.selected));
        tools.replaceChildren(...toolbar(viewer, data, sync));
      };
      slider.addEventListener("input", () => { viewer.setDivide(Number(slider.value) / 100); sync(); });
      for (const [end, share] of ends) end.addEventListener("click", () => { viewer.setDivide(share); sync(); });
      let dragging = false;
      bar.addEventListener("pointerdown", (e) => { dragging = true; bar.setPointerCapture(e.pointerId); });
      bar.addEventListener("pointerup", () => (dragging = false));
      bar.addEventListener("pointermove", (e) => {
        if (!dragging) return;
        const box = frame.getBoundingClientRect();
        viewer.setDivide(Math.max(0, Math.min(1, (e.clientX - box.left) / box.width)));
        sync();
      });
      viewer.onChange = sync;
      viewer.onPick = (fdi) => viewer.select(fdi, false);
      sync();
    },
  };
}

function toolbar(viewer: Viewer, data: PageData, sync: () => void): HTMLElement[] {
  const again = (id: string) => requestAnimationFrame(() => document.getElementById(id)?.focus());
  const button = (id: string, text: string, action: () => void, pressed?: boolean) =>
    el("button", { type: "button", id, "aria-pressed": pressed === undefined ? null : String(pressed), click: () => { action(); sync(); again(id); } }, text);
  const toggle = (key: keyof Options, text: string) =>
    button(`toggle-${key}`, text, () => { (viewer.options[key] as boolean) = !viewer.options[key]; if (key === "ghost" && viewer.options.ghost) viewer.setDivide(0); viewer.refresh(); }, viewer.options[key] as boolean);
  const chosen = data.teeth.find((t) => t.fdi === viewer.selected && t.axes);
  const views = (chosen ? TOOTH : WHOLE.filter(([n]) => (n !== "upper" && n !== "lower") || viewer.has(n))).map(([name, text]) => button(`view-${name}`, text, () => viewer.view(name)));
  const restores = data.restorations.length > 0;
  const mode = el("select", { id: "colours", "aria-label": "Colours", change: (e) => { viewer.options.mode = (e.target as HTMLSelectElement).value as Options["mode"]; if (restores) viewer.setDivide(viewer.options.mode === "loss" ? 1 : 0); viewer.refresh(); sync(); again("colours"); } },
    ...([["natural", "Natural colours"], ["teeth", "Colour by tooth"], ...(data.geometry.max_loss_mm > 0 ? [["loss", "Depth of loss"]] : [])] as [string, string][]).map(([value, text]) =>
      el("option", { value, selected: viewer.options.mode === value }, text)));
  return [
    el("div", { class: "group" }, el("h4", {}, chosen ? `View of ${chosen.fdi}` : "View"), button("view-home", "Whole mouth", () => viewer.home()), ...views),
    el("div", { class: "group" }, el("h4", {}, "Show"), viewer.has("upper") ? toggle("upper", "Upper") : null, viewer.has("lower") ? toggle("lower", "Lower") : null, toggle("gingiva", "Gingiva"),
      restores ? toggle("highlight", "New material") : null, restores ? toggle("ghost", "See through") : null),
    el("div", { class: "group" }, el("h4", {}, "Colours"), mode),
  ];
}
