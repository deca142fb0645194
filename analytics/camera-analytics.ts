import type { CameraSettings } from '../config/camera-settings/schema.ts';
import type { AlertChange } from '../core/alert.ts';
import type { CameraEvent } from '../core/camera-event.ts';
import type { Detection } from '../core/detection.ts';
import type { Gauge, IntervalMeasures, Measure } from '../core/measure.ts';
import type { PictureStats } from '../core/picture-stats.ts';
import type { Track, TrackSummary } from '../core/track.ts';
import type { Analyser, Scene } from './analyser.ts';
import { CoverageMeter, type Seen } from './coverage.ts';
import { HealthMonitor } from './health/health-monitor.ts';
import { RuleEngine } from './rules/rule-engine.ts';
import { type CameraAnalyticsState, packCamera, unpackCamera } from './state/camera-state.ts';
import { followedLabels } from './tracking/followed-labels.ts';
import { NO_NEWS, TrackLog, type TrackNews } from './tracking/track-log.ts';
import { Tracker } from './tracking/tracker.ts';
import { TrafficAnalyser } from './traffic/traffic-analyser.ts';
import type { Taxonomy } from './waste/taxonomy.ts';
import { WasteAnalyser } from './waste/waste-analyser.ts';

export { type CameraAnalyticsState, readCameraState } from './state/camera-state.ts';

/** One frame as the model saw it. */
export interface AnalysedFrame {
  /** Event time, ms since the Unix epoch. */
  readonly atMs: number;
  /** Reported ones and, behind them, weaker ones that only serve to hold tracks. Best first. */
  readonly detections: readonly Detection[];
  /** Upright, pixels. */
  readonly width: number;
  readonly height: number;
  /** Undefined where the device looks at no pixels. */
  readonly picture: PictureStats | undefined;
}

/** What one look, or one second without, brought. */
export interface Findings {
  readonly atMs: number;
  /** Track of each detection given; undefined where it has none yet. */
  readonly byDetection: readonly (number | undefined)[];
  readonly tracks: readonly Track[];
  readonly events: readonly CameraEvent[];
  readonly alerts: readonly AlertChange[];
  /** Intervals that ended. */
  readonly intervals: readonly IntervalMeasures[];
  /** Objects that are gone. */
  readonly objects: readonly TrackSummary[];
}

/**
 * Frames may come to be looked at this long after newer ones were shed, or a second passed: time waits for them, and so
 * does the end of an interval. Longer than any deadline.
 */
const CLOSE_GRACE_MS = 2_000;

/**
 * What one camera's detections mean: tracks, counts, incidents, composition, health, alerts.
 *
 *     detections ─▶ tracker ─▶ traffic | waste ─▶ events, gauges ─▶ rules ─▶ alerts
 *     picture ────▶ health ──────────────────────▶ events ──────────┘
 *     every `intervalS`: measures with their coverage
 *
 * Deterministic: the same settings, state and frames give the same findings, on a node and in `camshard replay`.
 */
export class CameraAnalytics {
  readonly #settings: CameraSettings;
  readonly #follows: (label: string) => boolean;
  readonly #tracker: Tracker;
  readonly #trackLog: TrackLog;
  readonly #traffic: TrafficAnalyser | undefined;
  readonly #waste: WasteAnalyser | undefined;
  readonly #analyser: Analyser<unknown> | undefined;
  readonly #health: HealthMonitor;
  readonly #rules: RuleEngine;
  readonly #coverage: CoverageMeter;
  #atMs: number;
  #intervalStartMs: number | undefined;
  /** Findings being gathered; taken by whoever called. */
  #events: CameraEvent[] = [];
  #intervals: IntervalMeasures[] = [];
  readonly #emit = (event: CameraEvent): void => {
    this.#events.push(event);
  };

  /**
   * @param taxonomy of `settings.waste`, where the pipeline is waste.
   * @param packed state of the same camera before, also under other settings: what they no longer name is dropped.
   * @throws PackedStateError `packed_state_bad` where that is damaged
   */
  constructor(settings: CameraSettings, taxonomy: Taxonomy | undefined, packed?: CameraAnalyticsState) {
    const state = packed === undefined ? undefined : unpackCamera(packed);
    this.#settings = settings;
    this.#follows = followedLabels(settings, taxonomy);
    const { scoreMin } = settings.detector;
    this.#tracker = new Tracker({ ...settings.tracker, scoreMin }, state?.tracker);
    this.#trackLog = new TrackLog(state?.trackLog);
    if (settings.pipeline === 'traffic') this.#traffic = new TrafficAnalyser(settings, state?.traffic ?? undefined);
    if (settings.pipeline === 'waste') {
      if (taxonomy === undefined) throw new Error('the waste pipeline needs a taxonomy');
      this.#waste = new WasteAnalyser(settings, taxonomy, state?.waste ?? undefined);
    }
    this.#analyser = this.#traffic ?? this.#waste;
    this.#health = new HealthMonitor(settings.health, state?.health);
    this.#rules = new RuleEngine(settings.rules, state?.rules);
    // Nobody would ever say that they are over.
    if (this.#traffic === undefined) this.#rules.keepIncidents([]);
    this.#coverage = new CoverageMeter(settings.coverage.gapS, state?.coverage);
    this.#atMs = state?.atMs ?? 0;
    this.#intervalStartMs = state?.intervalStartMs ?? undefined;
  }

  /** Event time reached. */
  get atMs(): number {
    return this.#atMs;
  }

  /** Time alone may bring something to tell: that it is offline, or an alert's beginning or end. */
  get waits(): boolean {
    return this.#health.waitsForOffline || this.#rules.waits;
  }

  /** Nobody was there for a while, as after a restart: that nothing was received then is not the camera's fault. */
  resumed(): void {
    this.#health.resumed();
  }

  /** Opening numbers the outbox knows of and the state may not: after a crash none is given twice. */
  raiseOpenings(openings: ReadonlyMap<string, number>): void {
    this.#rules.atLeast(Object.fromEntries(openings));
  }

  /** Alerts the outbox knows of and the state may not: what is open is closed once it is over. Oldest first. */
  adopt(changes: readonly AlertChange[]): void {
    this.#rules.adopt(changes);
  }

  /** A frame was analysed. */
  analysed(frame: AnalysedFrame): Findings {
    const atMs = this.#advance(frame.atMs, true);
    this.#look(frame.picture, atMs);
    const observedS = this.#seen('analysed', atMs);
    if (this.#settings.pipeline === 'none') return this.#findings(observedS, frame.detections.map(nothing));

    const places: number[] = [];
    const followed = frame.detections.filter((detection, i) => {
      const follows = detection.score >= this.#settings.detector.scoreMin && this.#follows(detection.label);
      if (follows) places.push(i);
      return follows;
    });
    const { tracks, ended, byDetection } = this.#tracker.update(followed, atMs, frame.width / frame.height);
    const scene: Scene = { atMs, observedS, tracks, ended, width: frame.width, height: frame.height };
    this.#analyser?.observe(scene, this.#emit);
    const all: (number | undefined)[] = frame.detections.map(nothing);
    places.forEach((place, i) => {
      all[place] = byDetection[i];
    });
    return this.#findings(observedS, all, tracks, this.#trackLog.observe(tracks, ended));
  }

  /** A frame was looked at, and nothing had moved. */
  gated(atMs: number, picture: PictureStats | undefined): Findings {
    const now = this.#advance(atMs, true);
    this.#look(picture, now);
    const observedS = this.#seen('gated', now);
    this.#tracker.unchanged(now);
    this.#analyser?.unchanged(now, observedS, this.#emit);
    return this.#findings(observedS);
  }

  /** A frame came and was not looked at. */
  unseen(how: Exclude<Seen, 'analysed' | 'gated'>, atMs: number): Findings {
    // Older ones may still be with the device: time goes on with those that are looked at.
    const now = this.#advance(atMs - CLOSE_GRACE_MS, false);
    this.#begin(now);
    this.#coverage.unseen(how);
    this.#health.received(Math.max(atMs, now), this.#emit);
    return this.#findings(0);
  }

  /** Time passed; to be called about once a second, frames or not. */
  tick(atMs: number): Findings {
    const now = this.#advance(atMs - CLOSE_GRACE_MS, false);
    this.#health.silent(Math.max(atMs, now), this.#emit);
    return this.#findings(0);
  }

  /** Nothing more will come: the interval at hand ends here, short as it is. */
  finish(atMs: number): Findings {
    const now = this.#advance(atMs, true);
    if (this.#intervalStartMs !== undefined && now > this.#intervalStartMs) {
      this.#close(this.#intervalStartMs, now, now);
      this.#intervalStartMs = undefined;
    }
    return this.#findings(0);
  }

  /** All it remembers, for a checkpoint or a hand-off. */
  state(): CameraAnalyticsState {
    return packCamera({
      atMs: this.#atMs,
      intervalStartMs: this.#intervalStartMs ?? null,
      coverage: this.#coverage.state(),
      tracker: this.#tracker.live(),
      trackLog: this.#trackLog.state(),
      traffic: this.#traffic?.live() ?? null,
      waste: this.#waste?.state() ?? null,
      health: this.#health.state(),
      rules: this.#rules.state(),
    });
  }

  #seen(how: 'analysed' | 'gated', atMs: number): number {
    return this.#coverage.seen(how, atMs, this.#begin(atMs), !this.#health.unfit);
  }

  #look(picture: PictureStats | undefined, atMs: number): void {
    if (picture === undefined) this.#health.received(atMs, this.#emit);
    else this.#health.observe(picture, atMs, this.#emit);
  }

  /** Time goes on to `atMs`: intervals that end on the way are closed. */
  #advance(atMs: number, seen: boolean): number {
    const now = Math.max(this.#atMs, atMs);
    this.#atMs = now;
    const lengthMs = this.#settings.intervalS * 1_000;
    while (this.#intervalStartMs !== undefined) {
      const endMs = (Math.floor(this.#intervalStartMs / lengthMs) + 1) * lengthMs;
      if (now < endMs) break;
      this.#close(this.#intervalStartMs, endMs, seen ? now : undefined);
      // The next one begins with the next frame; where that comes at once, at the end of this one.
      this.#intervalStartMs = seen && now < endMs + lengthMs ? endMs : undefined;
    }
    return now;
  }

  /** The interval `atMs` falls into begins, where none has. */
  #begin(atMs: number): number {
    const lengthMs = this.#settings.intervalS * 1_000;
    this.#intervalStartMs ??= Math.floor(atMs / lengthMs) * lengthMs;
    return this.#intervalStartMs;
  }

  #close(startMs: number, endMs: number, nextSeenMs: number | undefined): void {
    const any = this.#coverage.any;
    const coverage = this.#coverage.close(startMs, endMs, nextSeenMs, this.#settings.coverage.shareMin);
    const measures: Measure[] = this.#analyser?.takeMeasures() ?? [];
    if (any) this.#intervals.push({ startMs, endMs, coverage, measures });
  }

  #findings(
    observedS: number,
    byDetection: readonly (number | undefined)[] = [],
    tracks: readonly Track[] = [],
    { appeared, gone }: TrackNews = NO_NEWS,
  ): Findings {
    // What a camera shows that cannot see is not the case: rules take it as not observed.
    const seenS = this.#health.unfit ? 0 : observedS;
    const gauges: readonly Gauge[] = seenS > 0 ? (this.#analyser?.gauges() ?? []) : [];
    const events = this.#events;
    const intervals = this.#intervals;
    this.#events = [];
    this.#intervals = [];
    const alerts = this.#rules.observe({ atMs: this.#atMs, observedS: seenS, events, gauges, appeared });
    return { atMs: this.#atMs, byDetection, tracks, events, alerts, intervals, objects: gone };
  }
}

const nothing = (): undefined => undefined;
