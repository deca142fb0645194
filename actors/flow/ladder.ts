import type { Rung, RungKind } from '../../core/overload.ts';

/**
 * The degradation ladder: what a node gives up, in which order, and when it takes it back.
 *
 *     normal ─► lower_fps ─► smaller_input … ─► shed_low ─► refuse_new
 *            ◄─           ◄─                 ◄─          ◄─
 *
 * What it looks at is satisfaction: of the frames that cameras may expect to have analysed, the share that is. A camera
 * may expect what it wants, up to the most that is ever asked of one, so that one which sends ten times that moves
 * nothing. A rung is taken when satisfaction has been below its threshold for `climbAfterMs`, and left when the rung
 * below would have satisfied by a margin for `descendAfterMs`, judged by what is asked for now against the capacity
 * measured for its input size.
 */
export interface LadderState {
  readonly rung: number;
  readonly sinceMs: number;
  /** Since when the next rung up, or the one below, has been called for; undefined while it is not. */
  readonly climbSinceMs: number | undefined;
  readonly descendSinceMs: number | undefined;
}

export interface LadderObservation {
  readonly nowMs: number;
  /** Of what cameras may expect, the share that was analysed or found still, 0..1. */
  readonly satisfaction: number;
  /** Cameras are asked for the least already, and frames are late all the same. */
  readonly atTheLeast: boolean;
  /** Satisfaction to be expected on the rung below, 0..1 or more where capacity is left over. */
  readonly satisfactionBelow: number;
}

export interface LadderTimes {
  readonly climbAfterMs: number;
  readonly descendAfterMs: number;
}

/**
 * A rung is called for below this satisfaction; detail also where no camera can be asked for less. First frames are given
 * up, three of five: on real footage counts stay right at 2 frames/s (docs/gating.md), and do not at 224 pixels. Then
 * detail, then whole cameras.
 */
const CLIMB_BELOW: Readonly<Record<RungKind, number>> = {
  normal: 0,
  lower_fps: 0.9,
  smaller_input: 0.4,
  shed_low: 0.33,
  refuse_new: 0.25,
};
/** What the rung below must give beyond the threshold that led here. */
const MARGIN = 0.15;

/** The rungs of a node that can run `inputSizes`, largest first. */
export function ladderOf(inputSizes: readonly number[]): readonly Rung[] {
  const [largest = 0, ...smaller] = inputSizes;
  const smallest = smaller.at(-1) ?? largest;
  return [
    { kind: 'normal', inputSize: largest },
    { kind: 'lower_fps', inputSize: largest },
    ...smaller.map((inputSize): Rung => ({ kind: 'smaller_input', inputSize })),
    { kind: 'shed_low', inputSize: smallest },
    { kind: 'refuse_new', inputSize: smallest },
  ];
}

export function startOfLadder(nowMs: number): LadderState {
  return { rung: 0, sinceMs: nowMs, climbSinceMs: undefined, descendSinceMs: undefined };
}

/** Where to stand now: pure. One rung at a time, either way. */
export function nextRung(
  rungs: readonly Rung[],
  state: LadderState,
  seen: LadderObservation,
  times: LadderTimes,
): LadderState {
  const { nowMs } = seen;
  const above = rungs[state.rung + 1];
  const here = rungs[state.rung];
  const climbs =
    above !== undefined &&
    (seen.satisfaction < CLIMB_BELOW[above.kind] || (seen.atTheLeast && above.kind === 'smaller_input'));
  const descends =
    !climbs && here !== undefined && state.rung > 0 && seen.satisfactionBelow >= CLIMB_BELOW[here.kind] + MARGIN;
  const climbSinceMs = climbs ? (state.climbSinceMs ?? nowMs) : undefined;
  const descendSinceMs = descends ? (state.descendSinceMs ?? nowMs) : undefined;
  if (climbSinceMs !== undefined && nowMs - climbSinceMs >= times.climbAfterMs) return at(state.rung + 1, nowMs);
  if (descendSinceMs !== undefined && nowMs - descendSinceMs >= times.descendAfterMs) return at(state.rung - 1, nowMs);
  return { ...state, climbSinceMs, descendSinceMs };
}

const at = (rung: number, nowMs: number): LadderState => ({ ...startOfLadder(nowMs), rung });

/** Why a node stands where it does and what would move it, for people. */
export function explainRung(rungs: readonly Rung[], state: LadderState, seen: LadderObservation): string {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const nameOf = (rung: Rung): string => rung.kind.replace('_', ' ');
  const here = rungs[state.rung];
  const above = rungs[state.rung + 1];
  const now = `${percent(Math.min(1, seen.satisfaction))} of what cameras may expect is analysed`;
  const up =
    above === undefined
      ? 'nothing is left to give up'
      : `below ${percent(CLIMB_BELOW[above.kind])} comes ${nameOf(above)}`;
  if (here === undefined || state.rung === 0) return `${now}; ${up}.`;
  const capacity = Number.isFinite(seen.satisfactionBelow)
    ? `capacity for ${percent(seen.satisfactionBelow)} of the load`
    : 'capacity without any load';
  return `${now}; ${up}; the rung below has ${capacity} and is taken again from ${percent(CLIMB_BELOW[here.kind] + MARGIN)} on.`;
}
