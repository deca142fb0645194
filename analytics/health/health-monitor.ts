import type { HealthSettings } from '../../config/camera-settings/schema.ts';
import { type CameraEvent, HEALTH_CONDITIONS, type HealthCondition } from '../../core/camera-event.ts';
import type { PictureStats } from '../../core/picture-stats.ts';
import { type LastingState, lasting, NOT_SO } from './lasting.ts';
import { faultAgainst, plainFaultOf } from './picture-faults.ts';
import { UsualView, type UsualViewState } from './usual-view.ts';

type Emit = (event: CameraEvent) => void;

/** Plain JSON. */
export interface HealthState {
  readonly version: 1;
  readonly conditions: Partial<Record<HealthCondition, LastingState>>;
  readonly lastReceivedMs: number | null;
  readonly fingerprint: number | null;
  readonly sameSinceMs: number;
  /** Open at night; null before the first picture. */
  readonly night: LastingState | null;
  /** Of day and night apart: infrared light draws other edges. */
  readonly day: UsualViewState | null;
  readonly dark: UsualViewState | null;
  readonly movedAtMs: number | null;
}

/** Mean brightness. Between the two it stays what it was. */
const NIGHT_MEAN_MAX = 45;
const DAY_MEAN_MIN = 60;
/** Infrared light has no colour: a camera that usually sees this much and now less than this share of it sees by that. */
const COLOUR_USUAL_MIN = 10;
const INFRARED_SHARE_MAX = 0.25;
const COLOURED_SHARE_MIN = 0.4;
const LIGHT_FOR_MS = 10_000;
/** A camera that was moved sees what it sees from now on: after this long the new view is the usual one. */
const NEW_VIEW_AFTER_MS = 600_000;
/** What is told is over only where it is this much better than what was told, so that nothing flaps on the threshold. */
const EASED = 1.25;

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

  /** Nobody was there for a while: what was not received then is not missed. */
  resumed(): void {
    this.#lastReceivedMs = null;
  }

  /** A picture was decoded. @param atMs event time, ms since the Unix epoch */
  observe(picture: PictureStats, atMs: number, emit: Emit): void {
    this.received(atMs, emit);
    if (!this.#settings.enabled) return;
    // On the first evening the day is all there is to go by.
    const known = this.#usual.known ? this.#usual : this.#day.known ? this.#day : this.#dark;
    const plain = plainFaultOf(picture, known, this.#settings, this.#easeOf('covered'));
    // Black is the same black each time, and white the same white.
    const isFrozen = this.#isFrozen(picture, atMs) && plain === undefined;
    // What a picture with nothing on it says of the light is not so.
    if (plain === undefined && !isFrozen) this.#observeLight(picture, atMs, emit);
    const usual = this.#usual;
    const likeness = usual.likeness(picture);
    // While the light changes, and until it is known what the other one looks like, nothing can be compared.
    const compares = usual.known && this.#night?.sinceMs === null;
    const fault =
      plain ?? (compares ? faultAgainst(usual, picture, likeness, this.#settings, (c) => this.#easeOf(c)) : undefined);
    for (const condition of PICTURE_CONDITIONS) {
      const isFreezing = condition === 'frozen';
      const isSo = isFreezing ? isFrozen : fault?.condition === condition;
      if (!isSo && plain === undefined && !compares && COMPARED.has(condition)) this.#hold(condition);
      // It looks now like one, now like the other: the first one is told, and not later for that.
      else if (!isSo && !this.unfit && UNLIKE.has(condition) && fault !== undefined && UNLIKE.has(fault.condition))
        continue;
      // Being frozen has had its time already.
      else {
        const forMs = isFreezing && isSo ? 0 : this.#settings.badAfterS * 1_000;
        this.#tell(condition, isSo, atMs, forMs, () => (isFreezing ? FROZEN : (fault?.detail ?? '')), emit);
      }
    }
    const isFit = fault === undefined && !isFrozen && !this.unfit;
    if (isFit && (compares || !usual.known)) usual.learn(picture, atMs, likeness);
    this.#acceptNewView(atMs, emit);
  }

  /** A frame came in, looked at or not. */
  received(atMs: number, emit: Emit): void {
    const { offlineAfterS, badAfterS, enabled } = this.#settings;
    const last = this.#lastReceivedMs;
    this.#lastReceivedMs = Math.max(last ?? atMs, atMs);
    this.#endUnwatched(atMs, emit);
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
    this.#endUnwatched(atMs, emit);
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

  /** What the settings do not ask for any more is over, as far as anybody is told. */
  #endUnwatched(atMs: number, emit: Emit): void {
    const { enabled, offlineAfterS } = this.#settings;
    if (enabled && offlineAfterS !== null) return;
    for (const [condition, { open }] of this.#conditions) {
      if (enabled && condition !== 'offline') continue;
      this.#conditions.set(condition, NOT_SO);
      const detail = 'the settings do not ask for it any more';
      if (open) emit({ kind: 'health', atMs, condition, state: 'closed', detail });
    }
  }

  #is(condition: HealthCondition): boolean {
    return this.#conditions.get(condition)?.open === true;
  }

  /** What is usual by the light there is. */
  get #usual(): UsualView {
    return this.#night?.open === true ? this.#dark : this.#day;
  }

  #easeOf(condition: HealthCondition): number {
    return this.#is(condition) ? EASED : 1;
  }

  /** Whether it is so cannot be told: it stays what it is, and what seemed about to change begins anew. */
  #hold(condition: HealthCondition): void {
    this.#conditions.set(condition, { open: this.#is(condition), sinceMs: null });
  }

  #isFrozen({ fingerprint }: PictureStats, atMs: number): boolean {
    if (fingerprint !== this.#fingerprint) {
      this.#fingerprint = fingerprint;
      this.#sameSinceMs = atMs;
    }
    return atMs - this.#sameSinceMs >= this.#settings.frozenAfterS * 1_000;
  }

  #observeLight({ mean, colour }: PictureStats, atMs: number, emit: Emit): void {
    const before = this.#night;
    if (before === null) {
      // What it is at first is no change.
      this.#night = { open: mean <= NIGHT_MEAN_MAX, sinceMs: null };
      return;
    }
    const usual = this.#day.known && this.#day.colour >= COLOUR_USUAL_MIN ? this.#day.colour : 0;
    const looksNight = mean <= NIGHT_MEAN_MAX || colour < usual * INFRARED_SHARE_MAX;
    const looksDay = mean >= DAY_MEAN_MIN && colour >= usual * COLOURED_SHARE_MIN;
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

/** What is hard to tell apart where a scene is plain. */
const UNLIKE: ReadonlySet<HealthCondition> = new Set(['covered', 'blurred', 'moved']);
/** Told by comparison alone. */
const COMPARED: ReadonlySet<HealthCondition> = new Set(['blurred', 'moved']);
const FROZEN = 'the very same picture again and again';
const PICTURE_CONDITIONS = HEALTH_CONDITIONS.filter((condition) => condition !== 'offline');
