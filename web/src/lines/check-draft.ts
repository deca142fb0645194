import { config as configureZod } from 'zod';
import { checkGround } from '../../../analytics/geometry/ground-plane.ts';
import { parseCameraSettings } from '../../../config/camera-settings/check-document.ts';
import type { SettingsFault } from '../../../config/camera-settings/fault.ts';
import type { CameraSettings } from '../../../config/camera-settings/schema.ts';
import { type Draft, type ShapeRef, tidy } from './draft.ts';

// The page's Content-Security-Policy forbids code made of text, which zod otherwise tries.
configureZod({ jitless: true });

export interface Checked {
  readonly faults: readonly SettingsFault[];
  /** The whole document, where nothing is wrong with it. */
  readonly settings: CameraSettings | undefined;
  /** What can be tried out: without the shapes that are faulty. Undefined where it is more than shapes. */
  readonly playable: CameraSettings | undefined;
}

/** What the node checks before it takes a document, but for names of taxonomies, which lie on its disk. */
export function checkDraft(draft: Draft): Checked {
  const result = parse(tidy(draft));
  if ('settings' in result) return { faults: [], settings: result.settings, playable: result.settings };
  return { faults: result.faults, settings: undefined, playable: playableOf(draft, result.faults) };
}

const parse = (document: unknown) =>
  parseCameraSettings(document, {
    check: ({ ground }) => {
      const fault = ground === null ? undefined : checkGround(ground);
      return fault === undefined ? [] : [{ at: ['ground', 'image'], message: fault.message }];
    },
  });

function playableOf(draft: Draft, faults: readonly SettingsFault[]): CameraSettings | undefined {
  const isFaulty = (path: string) => faults.some((f) => f.path === path || f.path.startsWith(`${path}.`));
  const result = parse(
    tidy({
      ...draft,
      rules: [],
      lines: (draft.lines ?? []).filter((_, i) => !isFaulty(`lines[${i}]`)),
      zones: (draft.zones ?? []).filter((_, i) => !isFaulty(`zones[${i}]`)),
      ground: faults.some(({ path }) => path.startsWith('ground')) ? null : draft.ground,
    }),
  );
  return 'settings' in result ? result.settings : undefined;
}

/** The shape a fault's path is about: `zones[2].polygon[1]` is the third zone. */
export function shapeOfPath(path: string): ShapeRef | undefined {
  const [, list, index] = /^(lines|zones)\[(\d+)\]/.exec(path) ?? [];
  if (list === undefined) return undefined;
  return { kind: list === 'lines' ? 'line' : 'zone', index: Number(index) };
}

/** A fault's sentence without the path before it. */
export const faultText = ({ path, message }: SettingsFault): string => {
  const bare = path !== '' && message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
  return `${bare.charAt(0).toUpperCase()}${bare.slice(1)}`;
};
