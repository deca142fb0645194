import type { Clock, Timer } from '../../../core/clock.ts';
import type { Answer } from '../api/answer.ts';
import type { CameraSettings, SettingsPage } from '../api/answers.gen.ts';
import type { NodeApi } from '../api/node-api.ts';
import type { DrawnShapes } from './draw-shapes.ts';

type ShapeListener = (shapes: DrawnShapes | undefined) => void;

/** Which cameras have settings, and of which version, is asked this often while somebody looks. */
const LOOK_MS = 10_000;
const PAGE_ROWS = 1_000;
const PAGES_MAX = 12;
/** Settings asked for at once: pictures come first. */
const QUESTIONS_MAX = 3;
/** Shapes kept of cameras nobody looks at any more. */
const KEPT_MAX = 2_000;

/**
 * Lines and zones of the cameras on the screen. Only those that have settings are asked for, and again only when these
 * changed: a wall of a thousand cameras costs one list each ten seconds.
 */
export class ShapeBook {
  readonly #api: Pick<NodeApi, 'get'>;
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Set<ShapeListener>>();
  readonly #known = new Map<string, { readonly version: number; readonly shapes: DrawnShapes }>();
  #versions = new Map<string, number>();
  #looking = false;
  #timer: Timer | undefined;
  readonly #asking = new Set<string>();

  constructor(api: Pick<NodeApi, 'get'>, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Tells `listener` the camera's shapes, and again when they change, until the returned function is called. */
  follow(camera: string, listener: ShapeListener): () => void {
    const listeners = this.#listeners.get(camera) ?? new Set();
    this.#listeners.set(camera, listeners.add(listener));
    const known = this.#known.get(camera);
    if (known !== undefined) listener(known.shapes);
    if (this.#timer === undefined) this.#look();
    else this.#ask();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(camera) === listeners) this.#listeners.delete(camera);
    };
  }

  /** Looks now: somebody changed settings here. */
  changed(): void {
    this.#look();
  }

  #look(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#listeners.size === 0) return;
    this.#timer = this.#clock.after(LOOK_MS, () => this.#look());
    if (!this.#looking) void this.#readVersions();
  }

  async #readVersions(): Promise<void> {
    this.#looking = true;
    const versions = new Map<string, number>();
    let after: string | null = '';
    for (let page = 0; after !== null && page < PAGES_MAX; page++) {
      const answer: Answer<SettingsPage> = await this.#api.get('v1/settings', { limit: String(PAGE_ROWS), after });
      if (answer.kind !== 'ok') break;
      for (const { camera, version } of answer.value.cameras) versions.set(camera, version);
      after = answer.value.next;
    }
    this.#looking = false;
    // A list that broke off tells nothing of those behind.
    if (after !== null) return;
    this.#versions = versions;
    for (const camera of this.#known.keys()) {
      if (versions.has(camera)) continue;
      this.#known.delete(camera);
      for (const listener of this.#listeners.get(camera) ?? []) listener(undefined);
    }
    this.#ask();
  }

  #ask(): void {
    for (const camera of this.#listeners.keys()) {
      if (this.#asking.size >= QUESTIONS_MAX) return;
      const version = this.#versions.get(camera);
      if (version === undefined || this.#asking.has(camera) || this.#known.get(camera)?.version === version) continue;
      this.#asking.add(camera);
      void this.#read(camera);
    }
  }

  async #read(camera: string): Promise<void> {
    const answer = await this.#api.get<CameraSettings>(`v1/cameras/${camera}/settings`);
    this.#asking.delete(camera);
    if (answer.kind !== 'ok') {
      // What is there stays; asked again once the next list names it.
      this.#versions.delete(camera);
      this.#ask();
      return;
    }
    const shapes = shapesOf(answer.value);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < KEPT_MAX) break;
      this.#known.delete(oldest);
    }
    // Read after the list was, it may be of another version: that of the list is not asked for again and again.
    this.#versions.set(camera, answer.value.version);
    this.#known.set(camera, { version: answer.value.version, shapes });
    for (const listener of this.#listeners.get(camera) ?? []) listener(shapes);
    this.#ask();
  }
}

const NO_SHAPES: DrawnShapes = { lines: [], zones: [] };

function shapesOf({ settings }: CameraSettings): DrawnShapes {
  if (settings === null) return NO_SHAPES;
  // The node's answer has passed its own schema.
  const { lines = [], zones = [] } = settings as Partial<DrawnShapes>;
  return { lines, zones };
}
