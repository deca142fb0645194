import { Store } from '../state/store.ts';
import type { DrawnShapes } from './draw-shapes.ts';

/** What is drawn over a picture. */
export interface OverlayChoice {
  readonly boxes: boolean;
  /** Where tracked objects came from. */
  readonly trails: boolean;
  /** The number of its track at each box. */
  readonly ids: boolean;
  /** Lines and zones of the camera's settings. */
  readonly shapes: boolean;
}

export interface Overlay extends OverlayChoice {
  readonly drawn: DrawnShapes | undefined;
}

export const OVERLAY_PARTS = [
  ['boxes', 'Boxes'],
  ['trails', 'Trails'],
  ['ids', 'Track numbers'],
  ['shapes', 'Lines and zones'],
] as const satisfies readonly (readonly [keyof OverlayChoice, string])[];

const DEFAULTS = {
  wall: { boxes: true, trails: true, ids: false, shapes: true },
  camera: { boxes: true, trails: true, ids: true, shapes: true },
} as const satisfies Record<string, OverlayChoice>;

export type OverlayPlace = keyof typeof DEFAULTS;

/** Everything, as a view without a choice shows it. */
export const WHOLE_OVERLAY: Overlay = { boxes: true, trails: false, ids: true, shapes: false, drawn: undefined };

/** What this browser wants drawn, on the wall and on a camera's page; kept by the browser. */
class OverlayStore extends Store<OverlayChoice> {
  readonly #key: string;

  constructor(place: OverlayPlace) {
    const key = `camshard.overlay.${place}`;
    super({ ...DEFAULTS[place], ...kept(key) });
    this.#key = key;
  }

  override set(choice: OverlayChoice): void {
    window.localStorage.setItem(this.#key, JSON.stringify(choice));
    super.set(choice);
  }
}

function kept(key: string): Partial<OverlayChoice> {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(key) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      OVERLAY_PARTS.flatMap(([part]) => {
        const chosen = (value as Record<string, unknown>)[part];
        return typeof chosen === 'boolean' ? [[part, chosen]] : [];
      }),
    );
  } catch {
    return {};
  }
}

const stores = new Map<OverlayPlace, OverlayStore>();

export function overlayStore(place: OverlayPlace): Store<OverlayChoice> {
  const store = stores.get(place) ?? new OverlayStore(place);
  stores.set(place, store);
  return store;
}
