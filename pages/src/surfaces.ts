// Unpacks the block of bytes into geometries; the way back of web/packing.py.
import { BufferAttribute, BufferGeometry } from "three";
import type { VertexFacts } from "./colours";
import type { PackedSurface, PageData, Slice } from "./data";

export interface Surface {
  packed: PackedSurface;
  facts: VertexFacts;
  index: Uint16Array | Uint32Array;
  geometry: BufferGeometry;
}

const STEPS = 32767;

export function unpack(data: PageData, block: ArrayBuffer): Surface[] {
  return data.geometry.surfaces.map((packed) => {
    const a = packed.arrays;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(positions(read(block, a.position), data), 3));
    geometry.setAttribute("normal", new BufferAttribute(normals(read(block, a.normal)), 3));
    const byte = (s: Slice) => read(block, s) as Uint8Array;
    return {
      packed, geometry,
      facts: { tooth: byte(a.tooth), open: byte(a.open), loss: byte(a.loss), fresh: byte(a.new) },
      index: read(block, a.index) as Uint16Array | Uint32Array,
    };
  });
}

/** The faces of a surface without some teeth. */
export function facesWithout(surface: Surface, hidden: (fdi: number) => boolean): Uint16Array | Uint32Array {
  const kept = surface.packed.groups.filter(([fdi]) => !hidden(fdi));
  if (kept.length === surface.packed.groups.length) return surface.index;
  const out = surface.index.slice(0, kept.reduce((n, [, , faces]) => n + faces * 3, 0));
  let at = 0;
  for (const [, first, faces] of kept) {
    out.set(surface.index.subarray(first * 3, (first + faces) * 3), at);
    at += faces * 3;
  }
  return out;
}

function read(block: ArrayBuffer, [dtype, offset, count]: Slice): Uint8Array | Int16Array | Uint16Array | Uint32Array {
  const kinds = { u1: Uint8Array, i2: Int16Array, u2: Uint16Array, u4: Uint32Array };
  return new kinds[dtype as keyof typeof kinds](block, offset, count);
}

/** Positions in mm around the middle of everything. */
function positions(packed: ArrayLike<number>, data: PageData): Float32Array {
  return Float32Array.from(packed, (v) => (v / STEPS) * data.geometry.radius_mm);
}

function normals(packed: ArrayLike<number>): Float32Array {
  const out = new Float32Array((packed.length / 2) * 3);
  for (let i = 0; i < packed.length / 2; i++) {
    let x = packed[2 * i] / STEPS, y = packed[2 * i + 1] / STEPS;
    const z = 1 - Math.abs(x) - Math.abs(y);
    if (z < 0) [x, y] = [(1 - Math.abs(y)) * (x < 0 ? -1 : 1), (1 - Math.abs(x)) * (y < 0 ? -1 : 1)];
    const length = Math.hypot(x, y, z) || 1;
    out.set([x / length, y / length, z / length], 3 * i);
  }
  return out;
}
