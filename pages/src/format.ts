// Numbers as people read them, always with their unit.
import type { Measure } from "./data";

export function number(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return "–";
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  const magnitude = Math.floor(Math.log10(Math.abs(value) || 1));
  const places = Math.max(0, Math.min(4, digits - 1 - magnitude));
  return value.toLocaleString("en-GB", { minimumFractionDigits: 0, maximumFractionDigits: places });
}

export function withUnit(value: number | null | undefined, unit: string, digits = 3): string {
  return value === null || value === undefined ? "–" : unit ? `${number(value, digits)} ${unit}` : number(value, digits);
}

export function measure(m: Measure): string {
  if (m.value === null) return "–";
  return m.sd ? `${number(m.value)} ± ${number(m.sd, 2)} ${m.unit}` : withUnit(m.value, m.unit);
}

export function percent(fraction: number | null | undefined, places = 0): string {
  return fraction === null || fraction === undefined ? "–" : `${(fraction * 100).toFixed(places)} %`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

export function words(name: string): string {
  return name.replaceAll("_", " ");
}
