// Bundles the report page into src/oral_architect/web/assets; called by scripts/build_pages.py.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

const out = new URL("../src/oral_architect/web/assets/", import.meta.url).pathname;
const notice = await readFile(new URL("node_modules/three/LICENSE", import.meta.url), "utf8");
await mkdir(out, { recursive: true });
await build({
  entryPoints: { report: "src/main.ts" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  banner: { js: `/*! Contains three.js and its OrbitControls and RoomEnvironment, https://threejs.org\n${notice.trim()}\n*/` },
});
const css = await readFile("src/report.css", "utf8");
await writeFile(`${out}report.css`, css.replace(/\r\n/g, "\n"));
await copyFile("src/report.html", `${out}report.html`);
