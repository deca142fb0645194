import { parseCameraSettingsText } from '../../config/camera-settings/parse-camera-settings.ts';
import type { CameraSettings } from '../../config/camera-settings/schema.ts';
import type { SceneName } from '../../src/demo/art.ts';
import { demoSettings } from '../../src/demo/demo-settings.ts';
import { createScene } from '../../src/demo/scene.ts';

/** One object of a demo scene that truly crossed a line. */
export interface TrueDemoCrossing {
  readonly line: string;
  readonly direction: 'forward' | 'backward';
  /** s since the scene began. */
  readonly atS: number;
  readonly object: string;
}

const SIZE = { width: 640, height: 352 } as const;
/** Between two looks at the truth; the fastest object moves less than a pixel's thickness of a line meanwhile. */
const STEP_S = 0.02;

export async function demoCameraSettings(scene: SceneName): Promise<CameraSettings> {
  const parsed = parseCameraSettingsText(await demoSettings(scene));
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.settings;
}

/** When the middle of whose box's lower edge went through which line, by the scene itself. */
export function trueCrossings(scene: SceneName, lines: CameraSettings['lines'], untilS: number): TrueDemoCrossing[] {
  const drawn = createScene(scene, SIZE);
  const before = new Map<string, readonly [x: number, y: number]>();
  const crossings: TrueDemoCrossing[] = [];
  for (let atS = 0; atS <= untilS; atS += STEP_S) {
    for (const { id: object, label, box } of drawn.objectsAt(atS)) {
      const here = [((box[0] + box[2]) / 2) * SIZE.width, box[3] * SIZE.height] as const;
      const there = before.get(object);
      before.set(object, here);
      if (there === undefined) continue;
      for (const { id, labels, from, to } of lines) {
        if (labels !== null && !labels.includes(label)) continue;
        const way = crossed(there, here, inPixels(from), inPixels(to));
        if (way !== undefined) crossings.push({ line: id, direction: way, atS, object });
      }
    }
  }
  return crossings;
}

type Pixels = readonly [x: number, y: number];

const inPixels = ([x, y]: readonly [number, number]): Pixels => [x * SIZE.width, y * SIZE.height];

function crossed(there: Pixels, here: Pixels, a: Pixels, b: Pixels): 'forward' | 'backward' | undefined {
  const side = ([x, y]: Pixels): number => (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
  const [s0, s1] = [side(there), side(here)];
  if (s0 > 0 === s1 > 0) return undefined;
  const at = s0 / (s0 - s1);
  const x = there[0] + (here[0] - there[0]) * at - a[0];
  const y = there[1] + (here[1] - there[1]) * at - a[1];
  const along = (x * (b[0] - a[0]) + y * (b[1] - a[1])) / ((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2);
  if (along < 0 || along > 1) return undefined;
  // y goes down: the right hand is where the cross product is positive.
  return s1 > 0 ? 'forward' : 'backward';
}
