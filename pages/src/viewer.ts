// The turning picture: before on the left of the divider, after on the right, one camera for both.
import {
  BufferAttribute, BufferGeometry, Color, DirectionalLight, DoubleSide, Group, HemisphereLight, Mesh, MeshStandardMaterial, PerspectiveCamera,
  PMREMGenerator, Raycaster, Scene, SRGBColorSpace, NeutralToneMapping, Vector2, Vector3, WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import { Painter, type Mode } from "./colours";
import type { Jaw, PageData, Tooth, Vec } from "./data";
import { facesWithout, type Surface } from "./surfaces";

export interface Options { upper: boolean; lower: boolean; gingiva: boolean; highlight: boolean; ghost: boolean; mode: Mode }
export type ViewName = "front" | "right" | "left" | "upper" | "lower" | "occlusal" | "buccal" | "lingual" | "mesial" | "distal";

interface Piece { mesh: Mesh<BufferGeometry, MeshStandardMaterial>; surface: Surface; stage: "before" | "after" | "ghost" }

export class Viewer {
  readonly options: Options = { upper: true, lower: true, gingiva: true, highlight: true, ghost: false, mode: "natural" };
  onPick: (fdi: number) => void = () => {};
  onChange: () => void = () => {};
  /** Share of the width that shows the state before. */
  divide = 0;
  selected = 0;

  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(22, 1, 1, 2000);
  private readonly controls: OrbitControls;
  private readonly lights = new Group();
  private readonly pieces: Piece[] = [];
  private readonly painter: Painter;
  private readonly replaced: Set<number>;
  private readonly calm = matchMedia("(prefers-reduced-motion: reduce)");
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private flight = 0;
  private queued = false;

  constructor(private readonly host: HTMLElement, private readonly data: PageData, surfaces: Surface[]) {
    this.renderer = new WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
    this.renderer.outputColorSpace = SRGBColorSpace;
    this.renderer.toneMapping = NeutralToneMapping;
    this.renderer.toneMappingExposure = 0.94;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.autoClear = false;
    const canvas = this.renderer.domElement;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", "3D picture of the mouth. Arrow keys turn it, plus and minus zoom, B and A show before and after, Escape shows the whole mouth.");
    host.append(canvas);

    this.painter = new Painter(data);
    this.replaced = new Set(surfaces.filter((s) => s.packed.kind === "restored").map((s) => s.packed.fdi));
    for (const surface of surfaces) this.add(surface);
    this.light();
    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = false;
    this.controls.minDistance = 20;
    this.controls.maxDistance = 600;
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => cancelAnimationFrame(this.flight));
    canvas.addEventListener("keydown", (e) => this.key(e));
    this.listenForPicks(canvas);
    new ResizeObserver(() => this.resize()).observe(host);
    this.dark.addEventListener("change", () => this.draw());
    this.resize();
    this.refresh();
    this.home(false);
  }

  /** Applies options: which faces, which colours. */
  refresh(): void {
    const o = this.options;
    const shown = (jaw: Jaw) => (jaw === "upper" ? o.upper : o.lower);
    for (const { mesh, surface, stage } of this.pieces) {
      const p = surface.packed;
      mesh.visible = shown(p.jaw) && (stage !== "ghost" || o.ghost);
      const g = mesh.geometry;
      if (stage !== "ghost") {
        g.setAttribute("color", new BufferAttribute(this.painter.paint(surface.facts, o.mode, this.selected, o.highlight), 3));
        const hide = (fdi: number) => (fdi === 0 && !o.gingiva) || (stage === "after" && p.kind === "arch" && this.replaced.has(fdi));
        g.setIndex(new BufferAttribute(facesWithout(surface, hide), 1));
        mesh.material.transparent = o.ghost;
        mesh.material.opacity = o.ghost ? 0.2 : 1;
        mesh.material.depthWrite = !o.ghost;
        mesh.material.needsUpdate = true;
      }
    }
    this.draw();
  }

  select(fdi: number, fly = true): void {
    this.selected = fdi;
    const tooth = this.data.teeth.find((t) => t.fdi === fdi);
    if (tooth?.centroid_mm && tooth.axes) {
      this.showJaw(tooth.jaw);
      if (fly) this.flyTo(tooth.centroid_mm, this.oblique(tooth), 62);
    }
    this.refresh();
    this.onChange();
  }

  /** Looks at a place in patient coordinates (mm). */
  look(at: Vec, fdi: number | null): void {
    const tooth = this.data.teeth.find((t) => t.fdi === fdi);
    this.selected = tooth ? tooth.fdi : 0;
    if (tooth) this.showJaw(tooth.jaw);
    const from = tooth?.axes ? this.oblique(tooth) : new Vector3(0, -1, 0.4);
    this.flyTo(at, from, 44);
    this.refresh();
    this.onChange();
  }

  view(name: ViewName): void {
    const tooth = this.data.teeth.find((t) => t.fdi === this.selected);
    const axes = tooth?.axes?.map((a) => new Vector3(...a));
    if (tooth?.centroid_mm && axes && ["occlusal", "buccal", "lingual", "mesial", "distal"].includes(name)) {
      const [mesial, buccal, occlusal] = axes;
      const tilt = occlusal.clone().multiplyScalar(0.35);
      const from = {
        occlusal: occlusal.clone().addScaledVector(buccal, 0.02), buccal: buccal.clone().add(tilt), lingual: buccal.clone().negate().add(tilt),
        mesial: mesial.clone().add(tilt), distal: mesial.clone().negate().add(tilt),
      }[name as "occlusal"];
      this.flyTo(tooth.centroid_mm, from, 56);
      return;
    }
    if (name === "upper" || name === "lower") this.showJaw(name);
    else this.showJaw(null);
    const from = {
      front: new Vector3(0, -1, 0.04), right: new Vector3(-1, -0.05, 0.04), left: new Vector3(1, -0.05, 0.04),
      upper: new Vector3(0, -0.001, -1), lower: new Vector3(0, -0.001, 1),
    }[name as "front"];
    this.frame(from ?? new Vector3(0, -1, 0.04), true);
    this.refresh();
    this.onChange();
  }

  home(fly = true): void {
    this.selected = 0;
    this.showJaw(null);
    const onlyUpper = !this.has("lower");
    this.frame(new Vector3(0.42, -1, onlyUpper ? -0.55 : this.has("upper") ? 0.22 : 0.62), fly);
    this.refresh();
    this.onChange();
  }

  setDivide(share: number): void {
    this.divide = share;
    this.draw();
  }

  has(jaw: Jaw): boolean {
    return this.pieces.some((p) => p.surface.packed.jaw === jaw && p.surface.packed.kind === "arch");
  }

  private add(surface: Surface): void {
    const { kind } = surface.packed;
    const stages: Piece["stage"][] = kind === "arch" ? ["before", "after"] : kind === "restored" ? ["after"] : ["ghost"];
    for (const stage of stages) {
      const geometry = new BufferGeometry();
      for (const name of ["position", "normal"]) geometry.setAttribute(name, surface.geometry.getAttribute(name));
      geometry.setIndex(new BufferAttribute(surface.index, 1));
      const ghost = stage === "ghost";
      const material = new MeshStandardMaterial({
        vertexColors: !ghost, roughness: 0.38, metalness: 0, side: DoubleSide, envMapIntensity: 0.34,
        color: ghost ? new Color(this.data.palette.new_material) : 0xffffff,
      });
      const mesh = new Mesh(geometry, material);
      mesh.renderOrder = ghost ? 0 : 1;
      this.scene.add(mesh);
      this.pieces.push({ mesh, surface, stage });
    }
  }

  private light(): void {
    const pmrem = new PMREMGenerator(this.renderer);
    this.scene.environment = pmrem.fromScene(new RoomEnvironment(), 0.04).texture;
    pmrem.dispose();
    const key = new DirectionalLight(0xfff1e0, 1.75);
    key.position.set(-0.5, 0.8, 0.7);
    const fill = new DirectionalLight(0xdfeaff, 0.35);
    fill.position.set(0.9, 0.1, 0.5);
    // lights stay with the viewer, as a dentist's lamp does
    this.lights.add(key, fill, key.target, fill.target, new HemisphereLight(0xffffff, 0xcdb9b0, 0.22));
    this.scene.add(this.lights);
  }

  private showJaw(only: Jaw | null): void {
    this.options.upper = only !== "lower";
    this.options.lower = only !== "upper";
  }

  private oblique(tooth: Tooth): Vector3 {
    const [, buccal, occlusal] = tooth.axes!.map((a) => new Vector3(...a));
    return buccal.multiplyScalar(0.8).addScaledVector(occlusal, 1.0);
  }

  private frame(from: Vector3, fly: boolean): void {
    const low = new Vector3(Infinity, Infinity, Infinity), high = low.clone().negate();
    for (const { mesh, stage } of this.pieces) {
      const jaw = this.pieces.find((p) => p.mesh === mesh)!.surface.packed.jaw;
      if (stage !== "before" || !(jaw === "upper" ? this.options.upper : this.options.lower)) continue;
      mesh.geometry.computeBoundingBox();
      low.min(mesh.geometry.boundingBox!.min);
      high.max(mesh.geometry.boundingBox!.max);
    }
    if (low.x > high.x) return;
    const centre = low.clone().add(high).multiplyScalar(0.5);
    const size = high.clone().sub(low);
    const view = from.clone().normalize();
    const wide = Math.abs(view.x) > 0.8 ? size.y : Math.hypot(size.x, size.y * Math.abs(view.x));
    const tall = Math.hypot(size.z * Math.hypot(view.x, view.y), size.y * Math.abs(view.z)) + 4;
    const half = Math.tan((this.camera.fov * Math.PI) / 360);
    const distance = Math.max(tall, wide / this.camera.aspect) / 2 / half * 1.0 + Math.min(size.y, 50) / 3;
    this.fly(centre, view, distance, fly);
  }

  private flyTo(at: Vec, from: Vector3, distance: number): void {
    const c = this.data.geometry.centre_mm;
    this.fly(new Vector3(at[0] - c[0], at[1] - c[1], at[2] - c[2]), from.clone().normalize(), distance, true);
  }

  private fly(target: Vector3, from: Vector3, distance: number, animated: boolean): void {
    cancelAnimationFrame(this.flight);
    const startTarget = this.controls.target.clone();
    const startOffset = this.camera.position.clone().sub(startTarget);
    const startLength = startOffset.length() || distance;
    const place = (k: number) => {
      this.controls.target.lerpVectors(startTarget, target, k);
      const direction = startOffset.clone().normalize().lerp(from, k);
      if (direction.lengthSq() < 1e-4) direction.set(0, -1, 0.1);
      this.camera.position.copy(this.controls.target).addScaledVector(direction.normalize(), startLength + (distance - startLength) * k);
      this.controls.update();
      this.draw();
    };
    if (!animated || this.calm.matches) return place(1);
    const begin = performance.now(), lasts = 650;
    const step = (now: number) => {
      const t = Math.min(1, Math.max(0, (now - begin) / lasts));
      place(t * t * (3 - 2 * t));
      if (t < 1) this.flight = requestAnimationFrame(step);
    };
    this.flight = requestAnimationFrame(step);
  }

  private key(event: KeyboardEvent): void {
    const turn = 0.12;
    const offset = this.camera.position.clone().sub(this.controls.target);
    const horizontal = (angle: number) => offset.applyAxisAngle(this.camera.up, angle);
    const vertical = (angle: number) => {
      const polar = Math.acos(Math.max(-1, Math.min(1, offset.z / offset.length())));
      const next = Math.max(0.02, Math.min(Math.PI - 0.02, polar + angle));
      const side = new Vector3().crossVectors(this.camera.up, offset).normalize();
      offset.applyAxisAngle(side, next - polar);
    };
    const keys: Record<string, () => void> = {
      ArrowLeft: () => horizontal(-turn), ArrowRight: () => horizontal(turn), ArrowUp: () => vertical(-turn), ArrowDown: () => vertical(turn),
      "+": () => offset.multiplyScalar(0.88), "=": () => offset.multiplyScalar(0.88), "-": () => offset.multiplyScalar(1.14),
      Escape: () => {}, b: () => {}, a: () => {},
    };
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.key === "Escape") return this.home();
    if (event.key === "b" || event.key === "a") {
      this.divide = event.key === "b" ? 1 : 0;
      this.onChange();
      return this.draw();
    }
    cancelAnimationFrame(this.flight);
    action();
    this.camera.position.copy(this.controls.target).add(offset);
    this.controls.update();
    this.draw();
  }

  private listenForPicks(canvas: HTMLCanvasElement): void {
    let from: [number, number] | null = null;
    canvas.addEventListener("pointerdown", (e) => (from = [e.clientX, e.clientY]));
    canvas.addEventListener("pointerup", (e) => {
      if (!from || Math.hypot(e.clientX - from[0], e.clientY - from[1]) > 4) return;
      const box = canvas.getBoundingClientRect();
      const x = (e.clientX - box.left) / box.width, y = (e.clientY - box.top) / box.height;
      const stage = x < this.divide ? "before" : "after";
      const ray = new Raycaster();
      ray.setFromCamera(new Vector2(2 * x - 1, 1 - 2 * y), this.camera);
      const meshes = this.pieces.filter((p) => p.stage === stage && p.mesh.visible);
      const hit = ray.intersectObjects(meshes.map((p) => p.mesh))[0];
      if (!hit?.face) return;
      const piece = meshes.find((p) => p.mesh === hit.object)!;
      const fdi = piece.surface.facts.tooth[hit.face.a];
      if (fdi) this.onPick(fdi);
    });
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  private draw(): void {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.lights.position.copy(this.camera.position);
      this.lights.quaternion.copy(this.camera.quaternion);
      const size = this.renderer.getSize(new Vector2());
      const edge = Math.round(size.x * this.divide);
      this.renderer.setScissorTest(true);
      this.renderer.setClearColor(this.dark.matches ? 0x12191d : 0xf3f5f6, 1);
      this.pass("before", 0, edge, size);
      this.pass("after", edge, size.x - edge, size);
      this.host.dataset.drawn = String(Number(this.host.dataset.drawn ?? 0) + 1);
    });
  }

  private pass(stage: "before" | "after", x: number, width: number, size: Vector2): void {
    if (width <= 0) return;
    for (const p of this.pieces) {
      const shown = p.surface.packed.jaw === "upper" ? this.options.upper : this.options.lower;
      p.mesh.visible = shown && (p.stage === stage || (p.stage === "ghost" && this.options.ghost && stage === "after"));
    }
    this.renderer.setScissor(x, 0, width, size.y);
    this.renderer.setViewport(0, 0, size.x, size.y);
    this.renderer.clear();
    this.renderer.render(this.scene, this.camera);
    for (const p of this.pieces) p.mesh.visible = p.surface.packed.jaw === "upper" ? this.options.upper : this.options.lower;
  }
}
