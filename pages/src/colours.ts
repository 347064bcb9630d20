// What colour each vertex has in each way of looking at it.
import { Color } from "three";
import type { PageData, Palette } from "./data";

export type Mode = "natural" | "teeth" | "loss";

export interface VertexFacts { tooth: Uint8Array; open: Uint8Array; loss: Uint8Array; fresh: Uint8Array }

export class Painter {
  private readonly enamel: Color;
  private readonly gum: Color;
  private readonly gumPale: Color;
  private readonly material: Color;
  private readonly selected: Color;
  private readonly ramp: Color[];
  private readonly palette: Palette;

  constructor(data: PageData) {
    const p = (this.palette = data.palette);
    this.enamel = new Color(p.enamel);
    this.gum = new Color(p.gingiva);
    this.gumPale = new Color(p.gingiva).lerp(new Color("#ffffff"), 0.55);
    this.material = new Color(p.new_material);
    this.selected = new Color(p.selected);
    this.ramp = p.loss.map((c) => new Color(c));
  }

  toothColour(fdi: number): Color {
    if (fdi % 10 === 9) return new Color(this.palette.supernumerary);
    const colour = new Color(this.palette.teeth[(fdi % 10) - 1] ?? "#999999");
    if (fdi >= 50) colour.lerp(new Color("#ffffff"), this.palette.deciduous_white);
    return [2, 3, 6, 7].includes(Math.floor(fdi / 10)) ? colour.multiplyScalar(this.palette.left_factor) : colour;
  }

  /** Linear RGB of every vertex; `selected` is the FDI number that stands out, 0 for none. */
  paint(facts: VertexFacts, mode: Mode, selected: number, highlight: boolean): Float32Array {
    const out = new Float32Array(facts.tooth.length * 3);
    const colour = new Color();
    const byTooth = new Map<number, Color>();
    for (let i = 0; i < facts.tooth.length; i++) {
      const fdi = facts.tooth[i];
      if (mode === "natural") colour.copy(fdi ? this.enamel : this.gum);
      else if (!fdi) colour.copy(this.gumPale);
      else if (mode === "teeth") {
        if (!byTooth.has(fdi)) byTooth.set(fdi, this.toothColour(fdi));
        colour.copy(byTooth.get(fdi)!);
      } else this.heat(facts.loss[i] / 255, colour);
      if (selected && fdi === selected && mode === "natural") colour.lerp(this.selected, 0.22);
      if (highlight && mode !== "loss" && facts.fresh[i]) colour.lerp(this.material, (facts.fresh[i] / 255) * 0.92);
      const light = 0.16 + 0.84 * Math.pow(facts.open[i] / 255, 1.15);
      out[3 * i] = colour.r * light;
      out[3 * i + 1] = colour.g * (light * 0.97 + 0.03 * light * light);
      out[3 * i + 2] = colour.b * (light * 0.94 + 0.06 * light * light);
    }
    return out;
  }

  private heat(fraction: number, into: Color): void {
    const at = Math.min(0.9999, fraction) * (this.ramp.length - 1);
    into.copy(this.ramp[Math.floor(at)]).lerp(this.ramp[Math.floor(at) + 1], at % 1);
  }
}
