// The form of the data the page is given; see web/page_data.py and web/packing.py.

export type Vec = [number, number, number];
export type Jaw = "upper" | "lower";
export type State = "sound" | "finding" | "restored" | "missing";
export type Verdict = "pass" | "warn" | "fail";
export interface Measure { value: number | null; sd: number | null; unit: string }

export interface Tooth {
  fdi: number; name: string; jaw: Jaw; state: State; gap: boolean;
  confidence?: number; centroid_mm?: Vec; axes?: [Vec, Vec, Vec];
  width_md_mm?: number; width_bl_mm?: number; height_mm?: number; notes?: string[];
}
export interface Finding {
  fdi: number; kind: string; surfaces: string[]; lost_volume: Measure; max_depth: Measure;
  confidence: number; evidence: string[]; restore: boolean; reason: string;
}
export interface Check {
  check: string; value: number | null; limit: number | null; unit: string; source: string;
  standing: string; verdict: Verdict; at: Vec | null; fdi: number | null; note: string;
}
export interface Restoration { fdi: number; kind: string; material: string; volume_mm3: number; checks: Check[]; notes: string[] }
export interface Step { start_s: number; end_s: number; fdi: number | null; phase: string; device: string; detail: string }
export interface Programme {
  profile: string; profile_title: string; session_s: number; rate_gap: number | null; rate_gap_text: string; warnings: string[];
  figures: Record<string, { value: number | null; unit: string; source: string; standing: string }>;
  timeline: Step[];
  teeth: { fdi: number; voxel_um: number; voxels: number; layers: number; total_dose: number; build_s: number; materials: string[] }[];
}
export interface ToothPrediction {
  fdi: number; pulp_peak_c: Measure; pulp_rise_c: Measure; pulp_rise_limit_c: number; cem43_min: number; filled_fraction: number;
  deposited_units: number; lost_units: number; retrieved_units: number; dispensed_units: number;
  surface_rms_um: Measure; verdict: string; pulp_curve: [number, number][];
}
export interface Prediction { teeth: ToothPrediction[]; rate_gap: number | null; rate_gap_text: string; safe: boolean; warnings: string[] }
export interface Arch { jaw: Jaw; jaw_confidence: number; pose_confidence: number; teeth: number[]; missing: number[]; warnings: string[] }
export interface Scan {
  name: string; format: string; unit: string; unit_reason: string; warnings: string[];
  repairs: { kind: string; count: number; detail: string }[];
  quality: { vertices: number; faces: number; area_mm2: number; mean_edge_mm: number; extent_mm: Vec };
}
export type Slice = [dtype: string, offset: number, count: number];
export interface PackedSurface {
  name: string; kind: "arch" | "restored" | "body"; jaw: Jaw; fdi: number; groups: [fdi: number, first: number, faces: number][];
  arrays: { position: Slice; normal: Slice; index: Slice; tooth: Slice; open: Slice; loss: Slice; new: Slice };
}
export interface Palette {
  enamel: string; gingiva: string; new_material: string; selected: string; teeth: string[]; left_factor: number; deciduous_white: number; supernumerary: string; loss: string[];
}
export interface Measured { of: string; fdi: number | null; called: string; said: string; sure: boolean; note: string }
export interface PageData {
  title: string; version: string; palette: Palette; summary: string[];
  teeth: Tooth[]; scans: Scan[]; arches: Arch[];
  bite: { given: boolean; contacts: { upper: number; lower: number }[]; max_penetration_mm: number; residual_mm: number; ambiguous: boolean; note: string } | null;
  measures: Measured[]; look_at: { fdi: number; name: string; confidence: number; notes: string[] }[];
  findings: Finding[]; noise_mm: number | null; restorations: Restoration[]; skipped: string[];
  programme: Programme | null; prediction: Prediction | null;
  geometry: { centre_mm: Vec; radius_mm: number; max_loss_mm: number; surfaces: PackedSurface[] };
}

export function readData(): PageData {
  return JSON.parse(document.getElementById("data")!.textContent!) as PageData;
}

export async function readBlock(): Promise<ArrayBuffer> {
  const text = document.getElementById("geometry")!.textContent!.trim();
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
