import type { CoverageState } from '../coverage.ts';
import type { HealthState } from '../health/health-monitor.ts';
import type { RulesState } from '../rules/rule-engine.ts';
import { fullFilter, shortFilter } from '../tracking/kalman.ts';
import type { TrackLogState } from '../tracking/track-log.ts';
import type { TrackerState } from '../tracking/tracker.ts';
import type { TrafficState } from '../traffic/traffic-analyser.ts';
import type { WasteState } from '../waste/waste-analyser.ts';
import { packValue, unpackValue } from './packed-value.ts';
import { fullRule, type ShortRule, shortRule } from './short-rule.ts';
import { fullTrackMemory, type ShortTrackMemory, shortTrackMemory } from './short-track-memory.ts';

/** Everything a camera's analytics remembers. */
export interface CameraMemory {
  readonly atMs: number;
  readonly intervalStartMs: number | null;
  readonly coverage: CoverageState;
  readonly tracker: TrackerState;
  readonly trackLog: TrackLogState;
  readonly traffic: TrafficState | null;
  readonly waste: WasteState | null;
  readonly health: HealthState;
  readonly rules: RulesState;
}

/** The same as JSON, in few bytes: in checkpoints, in hand-offs. */
export interface CameraAnalyticsState {
  readonly version: 2;
  /** Event time reached, ms since the Unix epoch. */
  readonly atMs: number;
  /** {@link CameraMemory}, see packed-value.ts; base64. */
  readonly packed: string;
}

/** As nodes before kept it: the memory itself, in many bytes. */
type FirstState = CameraMemory & { readonly version: 1 };

/** Without what follows from the rest. */
interface ShortMemory extends Omit<CameraMemory, 'tracker' | 'traffic' | 'rules'> {
  readonly tracker: Omit<TrackerState, 'tracks'> & { readonly tracks: readonly ShortTrack[] };
  readonly traffic: (Omit<TrafficState, 'objects'> & { readonly objects: readonly ShortTrackMemory[] }) | null;
  readonly rules: Omit<RulesState, 'rules'> & { readonly rules: readonly ShortRule[] };
}

type ShortTrack = Omit<TrackerState['tracks'][number], 'filter'> & { readonly filter: ArrayLike<number> };

/** @param memory is read at once, and not kept */
export function packCamera(memory: CameraMemory): CameraAnalyticsState {
  const { atMs, tracker, traffic, rules } = memory;
  const short: ShortMemory = {
    ...memory,
    tracker: { ...tracker, tracks: tracker.tracks.map((track) => ({ ...track, filter: shortFilter(track.filter) })) },
    traffic: traffic && { ...traffic, objects: traffic.objects.map(shortTrackMemory) },
    rules: { ...rules, rules: rules.rules.map(shortRule) },
  };
  return { version: 2, atMs, packed: packValue(short, atMs) };
}

/** @throws PackedStateError `packed_state_bad` where it is damaged */
export function unpackCamera(state: CameraAnalyticsState): CameraMemory {
  const short = unpackValue(state.packed) as ShortMemory;
  const { tracker, traffic, rules } = short;
  return {
    ...short,
    tracker: { ...tracker, tracks: tracker.tracks.map((track) => ({ ...track, filter: fullFilter(track.filter) })) },
    traffic: traffic && { ...traffic, objects: traffic.objects.map(fullTrackMemory) },
    rules: { ...rules, rules: rules.rules.map(fullRule) },
  };
}

/**
 * A state as it was kept, by this version or by one before.
 * @returns undefined where it is of a later version, or no state: the camera begins anew
 */
export function readCameraState(kept: unknown): CameraAnalyticsState | undefined {
  if (typeof kept !== 'object' || kept === null || !('version' in kept)) return undefined;
  const state = kept as CameraAnalyticsState | FirstState;
  if (state.version === 2) return state;
  if (state.version !== 1) return undefined;
  const { version: _first, ...memory } = state;
  return packCamera(memory);
}
