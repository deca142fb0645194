import type { HealthSettings } from '../../config/camera-settings/schema.ts';
import { type CameraEvent, HEALTH_CONDITIONS, type HealthCondition } from '../../core/camera-event.ts';
import type { PictureStats } from '../../core/picture-stats.ts';
import { type LastingState, lasting, NOT_SO } from './lasting.ts';
import { relativeSharpness, UsualView, type UsualViewState } from './usual-view.ts';

type Emit = (event: CameraEvent) => void;

/** Plain JSON. */
export interface HealthState {
  readonly version: 1;
  readonly conditions: Partial<Record<HealthCondition, LastingState>>;
  readonly lastReceivedMs: number | null;
  readonly fingerprint: number | null;
  readonly sameSinceMs: number;
  /** 0 unknown, 1 day, 2 night; and what is about to replace it. */
  readonly night: LastingState | null;
  /** Of day and night apart: infrared light draws other edges. */
  readonly day: UsualViewState | null;
  readonly dark: UsualViewState | null;
  readonly movedAtMs: number | null;
}

/** Night: hardly any light, or none but infrared, which has no colour. Between the two pairs it stays what it was. */
const NIGHT = { meanMax: 45, colourMax: 6 };
const DAY = { meanMin: 60, colourMin: 10 };
const LIGHT_FOR_MS = 10_000;
/** A camera that was moved sees what it sees from now on: after this long the new view is the usual one. */
const NEW_VIEW_AFTER_MS = 600_000;
/** Where pictures are less alike than this by and large, nothing can be told from it. */
const LIKENESS_MIN = 0.3;
/** A covered lens shows less contrast than this share of what is usual. */
const COVERED_SHARE_MAX = 0.5;
/** Before that is known, one in which nothing is sharp is covered: asphalt has grain, a hand before the lens has none. */
const COVERED_SHARPNESS_MAX = 20;
/** Black has no lamps in it; a road at night has. */
const BLACK_DEVIATION_MAX = 12;

/**
 * Judges the camera by its pictures: black, frozen, blurred, washed out, moved, covered, offline, day or night.
 *
 * What is told has lasted for `badAfterS`, and has been gone for as long when it is over. Of several faults that one
 * picture shows only the plainest is told: a covered camera is also blurred and looks elsewhere.
 */
export class HealthMonitor {
  readonly #settings: HealthSettings;
  readonly #conditions = new Map<HealthCondition, LastingState>();
  #lastReceivedMs: number | null;
  #fingerprint: number | null;
  #sameSinceMs: number;
  #night: LastingState | null;
  #day: UsualView;
  #dark: UsualView;
  #movedAtMs: number | null;

  constructor(settings: HealthSettings, state?: HealthState) {
    this.#settings = settings;
    const from = state?.version === 1 ? state : undefined;
    for (const condition of HEALTH_CONDITIONS) this.#conditions.set(condition, from?.conditions[condition] ?? NOT_SO);
    this.#lastReceivedMs = from?.lastReceivedMs ?? null;
    this.#fingerprint = from?.fingerprint ?? null;
    this.#sameSinceMs = from?.sameSinceMs ?? 0;
    this.#night = from?.night ?? null;
    this.#day = new UsualView(from?.day ?? null);
    this.#dark = new UsualView(from?.dark ?? null);
    this.#movedAtMs = from?.movedAtMs ?? null;
  }

  /** The camera cannot see what it should: figures measured meanwhile are not to be relied on. */
  get unfit(): boolean {
    for (const [condition, { open }] of this.#conditions) if (open && condition !== 'offline') return true;
    return false;
  }

  /** Being offline would be told, and has not been. */
  get waitsForOffline(): boolean {
    return this.#settings.enabled && this.#settings.offlineAfterS !== null && !this.#is('offline');
  }

  /** A picture was decoded. @param atMs event time, ms since the Unix epoch */
  observe(picture: PictureStats, atMs: number, emit: Emit): void {
    this.received(atMs, emit);
    if (!this.#settings.enabled) return;
    this.#observeLight(picture, atMs, emit);
    const usual = this.#night?.open === true ? this.#dark : this.#day;
    const fault = this.#faultOf(picture, usual);
    const isFrozen = this.#isFrozen(picture, atMs);
    for (const condition of PICTURE_CONDITIONS) {
      const isSo = condition === 'frozen' ? isFrozen : fault?.condition === condition;
      // Being frozen has had its time already.
      const forMs = condition === 'frozen' && isSo ? 0 : this.#settings.badAfterS * 1_000;
      this.#tell(condition, isSo, atMs, forMs, () => (condition === 'frozen' ? FROZEN : (fault?.detail ?? '')), emit);
    }
    if (fault === undefined && !isFrozen) usual.learn(picture, atMs);
    this.#acceptNewView(atMs, emit);
  }

  /** A frame came in, looked at or not. */
  received(atMs: number, emit: Emit): void {
    const { offlineAfterS, badAfterS, enabled } = this.#settings;
    const last = this.#lastReceivedMs;
    this.#lastReceivedMs = atMs;
    if (!enabled || offlineAfterS === null) return;
    const offline = this.#conditions.get('offline') ?? NOT_SO;
    // Back means to stay: one that comes and goes stays offline.
    const gone = last !== null && atMs - last >= offlineAfterS * 1_000;
    if (offline.open && gone) this.#conditions.set('offline', { open: true, sinceMs: atMs });
    this.#tell('offline', false, atMs, badAfterS * 1_000, () => '', emit);
  }

  /** Time passed; to be called about once a second, frames or not. */
  silent(atMs: number, emit: Emit): void {
    const { offlineAfterS, enabled } = this.#settings;
    // A camera that has never come is waited for from the first time it is asked about.
    this.#lastReceivedMs ??= atMs;
    if (!enabled || offlineAfterS === null) return;
    const silentMs = atMs - this.#lastReceivedMs;
    if (silentMs < offlineAfterS * 1_000) return;
    const detail = () => `nothing was received for ${Math.round(silentMs / 1_000)} s`;
    this.#tell('offline', true, atMs, 0, detail, emit);
  }

  state(): HealthState {
    return {
      version: 1,
      conditions: Object.fromEntries([...this.#conditions].filter(([, s]) => s.open || s.sinceMs !== null)),
      lastReceivedMs: this.#lastReceivedMs,
      fingerprint: this.#fingerprint,
      sameSinceMs: this.#sameSinceMs,
      night: this.#night,
      day: this.#day.state(),
      dark: this.#dark.state(),
      movedAtMs: this.#movedAtMs,
    };
  }

  #is(condition: HealthCondition): boolean {
    return this.#conditions.get(condition)?.open === true;
  }

  /** The plainest fault of one picture. */
  #faultOf(
    picture: PictureStats,
    usual: UsualView,
  ): { readonly condition: HealthCondition; readonly detail: string } | undefined {
    const { blackMeanMax, washedOutShareMin, coveredDeviationMax, blurredShareMax, movedBelow } = this.#settings;
    const { mean, deviation, brightShare } = picture;
    if (mean <= blackMeanMax && deviation <= BLACK_DEVIATION_MAX) {
      return { condition: 'black', detail: `mean brightness ${mean.toFixed(0)} of 255` };
    }
    if (brightShare >= washedOutShareMin) {
      return { condition: 'washed_out', detail: `${(brightShare * 100).toFixed(0)} % of the picture is white` };
    }
    // Bare asphalt from above is as plain as a hand before the lens: what counts is that it was not so before.
    const lessThanUsual = usual.known
      ? deviation < usual.deviation * COVERED_SHARE_MAX
      : picture.sharpness < COVERED_SHARPNESS_MAX;
    if (deviation <= coveredDeviationMax && lessThanUsual) {
      return { condition: 'covered', detail: `brightness varies by ${deviation.toFixed(1)} of 255 only` };
    }
    if (!usual.known) return undefined;
    const share = usual.sharpness > 0 ? relativeSharpness(picture) / usual.sharpness : 1;
    if (share < blurredShareMax) {
      return { condition: 'blurred', detail: `sharpness is ${(share * 100).toFixed(0)} % of what is usual` };
    }
    const likeness = usual.likeness(picture) / Math.max(LIKENESS_MIN, usual.usualLikeness);
    if (likeness < movedBelow) {
      const percent = Math.max(0, likeness * 100).toFixed(0);
      return { condition: 'moved', detail: `what stands still looks ${percent} % like it used to` };
    }
    return undefined;
  }

  #isFrozen({ fingerprint }: PictureStats, atMs: number): boolean {
    if (fingerprint !== this.#fingerprint) {
      this.#fingerprint = fingerprint;
      this.#sameSinceMs = atMs;
    }
    return atMs - this.#sameSinceMs >= this.#settings.frozenAfterS * 1_000;
  }

  #observeLight({ mean, colour }: PictureStats, atMs: number, emit: Emit): void {
    const looksNight = mean <= NIGHT.meanMax || colour <= NIGHT.colourMax;
    const looksDay = mean >= DAY.meanMin && colour >= DAY.colourMin;
    const before = this.#night;
    if (before === null) {
      // What it is at first is no change.
      if (looksNight || looksDay) this.#night = { open: looksNight, sinceMs: null };
      return;
    }
    const isNight = looksNight ? true : looksDay ? false : before.open;
    this.#night = lasting(before, isNight, atMs, LIGHT_FOR_MS);
    if (this.#night.open !== before.open) {
      emit({ kind: 'daylight', atMs, light: this.#night.open ? 'night' : 'day' });
    }
  }

  /** After a while the view of a camera that was moved is the usual one. */
  #acceptNewView(atMs: number, emit: Emit): void {
    if (!this.#is('moved')) {
      this.#movedAtMs = null;
      return;
    }
    this.#movedAtMs ??= atMs;
    if (atMs - this.#movedAtMs < NEW_VIEW_AFTER_MS) return;
    this.#day = new UsualView(null);
    this.#dark = new UsualView(null);
    this.#movedAtMs = null;
    this.#conditions.set('moved', NOT_SO);
    emit({
      kind: 'health',
      atMs,
      condition: 'moved',
      state: 'closed',
      detail: 'the new view is taken as the usual one',
    });
  }

  #tell(
    condition: HealthCondition,
    isSo: boolean,
    atMs: number,
    forMs: number,
    detail: () => string,
    emit: Emit,
  ): void {
    const before = this.#conditions.get(condition) ?? NOT_SO;
    const after = lasting(before, isSo, atMs, forMs);
    if (after === before) return;
    this.#conditions.set(condition, after);
    if (after.open === before.open) return;
    const state = after.open ? 'opened' : 'closed';
    emit({ kind: 'health', atMs, condition, state, detail: after.open ? detail() : 'it is over' });
  }
}

const FROZEN = 'the very same picture again and again';
const PICTURE_CONDITIONS = HEALTH_CONDITIONS.filter((condition) => condition !== 'offline');
