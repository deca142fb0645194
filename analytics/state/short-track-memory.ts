import type { LineMemory } from '../traffic/line-counter.ts';
import { movingAt, type TrackMemory } from '../traffic/track-memory.ts';
import { type Column, Series } from './packed-value.ts';

/** Flags and signs of a line's memory in one number, its depth, the time it was passed. */
type ShortLine = readonly [code: number, deepest: number, throughAtMs: number];

/** What traffic analytics remembers of one object, without what follows from the rest. */
export type ShortTrackMemory = Omit<TrackMemory, 'path' | 'sure' | 'speed' | 'lines'> & {
  readonly path: Series | number[];
  /** `true` where it is the place it is at. */
  readonly sure: TrackMemory['sure'] | true;
  readonly speed: readonly [vx: number, vy: number, kmh: number | null] | null;
  readonly lines: Readonly<Record<string, ShortLine>>;
};

/** Of a path: time, x, y, height. See PATH_STRIDE. */
const PATH_COLUMNS: readonly Column[] = [
  { steps: 'time', order: 2 },
  { steps: 10_000, order: 2 },
  { steps: 10_000, order: 2 },
  { steps: 10_000, order: 1 },
];

export function shortTrackMemory(memory: TrackMemory): ShortTrackMemory {
  const { path, sure, speed, x, y, lastSeenMs } = memory;
  const lines: Record<string, ShortLine> = {};
  for (const id in memory.lines) {
    const line = memory.lines[id];
    if (line !== undefined) lines[id] = [codeOf(line), line.deepest, line.throughAtMs];
  }
  return {
    ...memory,
    path: new Series(path, PATH_COLUMNS),
    sure: sure !== null && sure.x === x && sure.y === y && sure.atMs === lastSeenMs ? true : sure,
    speed: speed === null ? null : [speed.vx, speed.vy, speed.kmh],
    lines,
  };
}

export function fullTrackMemory(short: ShortTrackMemory): TrackMemory {
  const { path, sure, speed, x, y, lastSeenMs } = short;
  const lines: Record<string, LineMemory> = {};
  for (const [id, [code, deepest, throughAtMs]] of Object.entries(short.lines)) {
    lines[id] = { ...lineOf(code), deepest, throughAtMs };
  }
  return {
    ...short,
    path: [...(path instanceof Series ? path.values : path)],
    sure: sure === true ? { x, y, atMs: lastSeenMs } : sure,
    speed: speed === null ? null : movingAt(...speed),
    lines,
  };
}

const codeOf = ({ side, last, through, forward, backward }: LineMemory): number =>
  side + 1 + 3 * (last + 1) + (through ? 9 : 0) + (forward ? 18 : 0) + (backward ? 36 : 0);

function lineOf(code: number): Pick<LineMemory, 'side' | 'last' | 'through' | 'forward' | 'backward'> {
  return {
    side: ((code % 3) - 1) as LineMemory['side'],
    last: ((Math.floor(code / 3) % 3) - 1) as LineMemory['last'],
    through: Math.floor(code / 9) % 2 === 1,
    forward: Math.floor(code / 18) % 2 === 1,
    backward: Math.floor(code / 36) % 2 === 1,
  };
}
