/**
 * A swarm in groups: cameras of one group send alike, and each group has figures of its own, so that what one camera
 * costs the others shows.
 */

export interface SwarmGroup {
  readonly name: string;
  /** Names of its cameras. */
  readonly cameras: readonly string[];
  /** Frames/s of each; 0 sends whenever there is credit. */
  readonly fps: number;
  readonly obeyCredits: boolean;
}

/** One group as a command line gives it. */
export interface GroupSpec {
  readonly name: string;
  readonly cameras: number;
  /** Of the swarm's rate. */
  readonly factor: number;
  /** Absent: as the swarm. */
  readonly obeyCredits?: boolean;
  /** Cameras are named after the group, `critical-0`, instead of by the swarm's prefix alone. */
  readonly named: boolean;
}

export interface GroupDefaults {
  readonly cameras: number;
  readonly fps: number;
  readonly obeyCredits: boolean;
  readonly prefix: string;
  /** Whether `prefix` was asked for: then it also stands in the names of named groups. */
  readonly prefixGiven: boolean;
}

/** The whole swarm is this group where it has no others. */
export const ONE_GROUP = 'all';

/**
 * Reads `name:cameras[:factor][:ignore|:obey]`, comma between groups, e.g. `critical:4,hot:1:10:ignore`.
 * @throws RangeError naming the part that is wrong
 */
export function parseGroups(text: string): readonly GroupSpec[] {
  const specs = text.split(',').map((part) => {
    const [name = '', cameras = '', ...rest] = part.split(':');
    const manner = rest.at(-1) === 'ignore' || rest.at(-1) === 'obey' ? rest.pop() : undefined;
    const factor = Number(rest[0] ?? 1);
    if (!/^[A-Za-z0-9._-]{1,32}$/.test(name) || rest.length > 1) throw new RangeError(`group ${part}: malformed`);
    if (!(Number.isInteger(Number(cameras)) && Number(cameras) >= 1)) throw new RangeError(`group ${part}: no cameras`);
    if (!(factor > 0)) throw new RangeError(`group ${part}: the factor must be over 0`);
    return {
      name,
      cameras: Number(cameras),
      factor,
      named: true,
      ...(manner === undefined ? {} : { obeyCredits: manner === 'obey' }),
    };
  });
  if (new Set(specs.map((s) => s.name)).size !== specs.length) throw new RangeError(`--groups ${text}: a name twice`);
  return specs;
}

/**
 * Reads `cameras:factor`: so many of the swarm's cameras send at `factor` times the rate, the rest as they would.
 * @throws RangeError where that is not so many of `cameras`
 */
export function parseHot(text: string, cameras: number): readonly GroupSpec[] {
  const [hot, factor] = text.split(':').map(Number);
  if (hot === undefined || factor === undefined || !(hot >= 1 && hot < cameras) || !(factor > 0)) {
    throw new RangeError(`--hot ${text}: must be N:FACTOR with N under ${cameras}`);
  }
  return [
    { name: 'hot', cameras: hot, factor, named: false },
    { name: 'others', cameras: cameras - hot, factor: 1, named: false },
  ];
}

/** The groups with their cameras by name; without specs one group of all cameras. */
export function swarmGroups(specs: readonly GroupSpec[] | undefined, defaults: GroupDefaults): readonly SwarmGroup[] {
  const { prefix, prefixGiven } = defaults;
  const all = specs ?? [{ name: ONE_GROUP, cameras: defaults.cameras, factor: 1, named: false }];
  let unnamed = 0;
  return all.map((spec) => {
    const stem = spec.named ? (prefixGiven ? `${spec.name}-${prefix}` : spec.name) : prefix;
    const cameras = Array.from({ length: spec.cameras }, (_, i) => `${stem}-${spec.named ? i : unnamed + i}`);
    if (!spec.named) unnamed += spec.cameras;
    return {
      name: spec.name,
      cameras,
      fps: defaults.fps * spec.factor,
      obeyCredits: spec.obeyCredits ?? defaults.obeyCredits,
    };
  });
}
