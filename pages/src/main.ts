// Puts the report together: reads the data, builds the sections, starts the picture.
import { Chart } from "./chart";
import { readBlock, readData, type PageData } from "./data";
import { el } from "./dom";
import { duration, measure, number } from "./format";
import { landscapeSection } from "./landscape";
import { buildStage } from "./stage";
import { unpack } from "./surfaces";
import { checksSection, findingsSection, predictionSection, sourcesSection, treatmentSection, warnings, type Look, type Pick } from "./tables";
import { Viewer } from "./viewer";

function header(data: PageData): HTMLElement {
  return el("header", {},
    el("div", { class: "mast" }, el("p", { class: "brand" }, "Oral Architect"), el("p", { class: "disclaimer" }, "Not a medical device. Everything here is a proposal for a clinician to judge.")),
    el("h1", {}, data.title), el("p", { class: "summary" }, data.summary.join(" ")));
}

function tiles(data: PageData): HTMLElement {
  const checks = data.restorations.flatMap((r) => r.checks);
  const failed = checks.filter((c) => c.verdict === "fail").length, warned = checks.filter((c) => c.verdict === "warn").length;
  const hottest = [...(data.prediction?.teeth ?? [])].sort((a, b) => (b.pulp_rise_c.value ?? 0) - b.pulp_rise_limit_c - ((a.pulp_rise_c.value ?? 0) - a.pulp_rise_limit_c))[0];
  const tile = (value: string, name: string, state = "") => el("div", { class: `tile ${state}` }, el("dd", {}, value), el("dt", {}, name));
  return el("dl", { class: "tiles" },
    tile(String(data.teeth.filter((t) => !t.gap).length), "teeth found"), tile(String(data.findings.length), "findings"), tile(String(data.restorations.length), "restorations proposed"),
    checks.length ? tile(failed ? `${failed} fail` : warned ? `${warned} to look at` : "all pass", `of ${checks.length} checks`, failed ? "fail" : warned ? "warn" : "pass") : null,
    data.programme?.timeline.length ? tile(duration(data.programme.session_s), "session") : null,
    hottest ? tile(measure(hottest.pulp_rise_c), `pulp rise, limit ${number(hottest.pulp_rise_limit_c)} °C`, (hottest.pulp_rise_c.value ?? 0) > hottest.pulp_rise_limit_c ? "fail" : "") : null,
    data.programme?.rate_gap && data.restorations.length ? tile(`× ${number(data.programme.rate_gap)}`, "rate gap") : null);
}

/** A link can point into the picture: report.html#tooth=26&divide=50&colours=loss. */
function followLink(viewer: Viewer): void {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const colours = wanted.get("colours");
  if (colours === "natural" || colours === "teeth" || colours === "loss") viewer.options.mode = colours;
  const divide = Number(wanted.get("divide") ?? viewer.divide * 100);
  if (divide >= 0 && divide <= 100) viewer.setDivide(divide / 100);
  const fdi = Number(wanted.get("tooth"));
  if (fdi) viewer.select(fdi);
  else viewer.refresh();
  viewer.onChange();
}

async function start(): Promise<void> {
  const data = readData();
  const stage = buildStage(data), chart = new Chart(data);
  let viewer: Viewer | null = null;
  const toStage = () => document.getElementById("stage")?.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  const pick: Pick = (fdi) => { viewer?.select(fdi); toStage(); };
  const look: Look = (at, fdi) => { viewer?.look(at, fdi); toStage(); };
  chart.onPick = pick;
  const stills = document.getElementById("stills");
  const drawing = document.getElementById("chart"), arches = document.getElementById("arches");
  document.getElementById("static")!.remove();
  document.getElementById("page")!.append(...([
    header(data), tiles(data), stage.element, stills && el("div", { class: "stills" }, stills, el("p", { class: "quiet" }, "As scanned, and as proposed; new material in blue.")),
    el("section", { id: "teeth", "aria-label": "Tooth chart" }, chart.element), warnings(data), landscapeSection(data, pick, drawing, arches), findingsSection(data, pick), checksSection(data, pick, look),
    treatmentSection(data, pick), predictionSection(data, pick), sourcesSection(data, pick),
    el("footer", {}, el("p", {}, `Made by Oral Architect ${data.version}. FDI tooth numbers (ISO 3950); patient frame LPS, millimetres. The picture simplifies the surfaces; measure on the shapes of the case. Contains three.js (MIT licence).`)),
  ].filter(Boolean) as Node[]));
  try {
    viewer = new Viewer(stage.host, data, unpack(data, await readBlock()));
    stage.connect(viewer, chart);
    followLink(viewer);
    addEventListener("hashchange", () => viewer && followLink(viewer));
    document.body.dataset.ready = "true";
  } catch (error) {
    // no WebGL or no decompression: the stills stand in
    console.warn(error);
    stage.element.remove();
    document.body.classList.add("no-viewer");
    document.body.dataset.ready = "stills";
  }
}

void start();
