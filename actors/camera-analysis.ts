import { CameraAnalytics, type CameraAnalyticsState, type Findings } from '../analytics/camera-analytics.ts';
import { FrameClock } from '../analytics/frame-clock.ts';
import type { Taxonomy } from '../analytics/waste/taxonomy.ts';
import type { CameraSettings } from '../config/camera-settings/schema.ts';
import type { AlertChange } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import { errorCode } from '../core/errors.ts';
import { type Frame, uprightSize } from '../core/frame.ts';
import type { CameraId, Epoch, ShardId } from '../core/ids.ts';
import type { FrameOutcome } from '../core/outcome.ts';
import type { PictureStats } from '../core/picture-stats.ts';
import type { CameraRecord } from './camera-book.ts';

/** What a camera is for, as its settings say now. */
export interface CameraPlan {
  readonly settings: CameraSettings;
  /** Of the waste pipeline. */
  readonly taxonomy: Taxonomy | undefined;
  /** Somebody wrote settings for this camera: it is expected, and missed where it does not come. */
  readonly own: boolean;
}

/** Keeps what analytics remembers while a camera has no actor, and through the end of the process. */
export interface CameraStates {
  load(camera: CameraId): CameraAnalyticsState | undefined;
  /** @param urgent an alert was raised: to disk now, not with the next round. */
  save(camera: CameraId, shard: ShardId, state: CameraAnalyticsState, urgent: boolean): void;
  /** What was remembered is of no use: an analysis failed on it. */
  drop(camera: CameraId): void;
}

/** Told of all that analytics finds, with the frame it was found in where there was one. */
export type FindingsListener = (record: CameraRecord, epoch: Epoch, findings: Findings, look: Look | undefined) => void;

export interface Look {
  readonly frame: Frame;
  /** `name@version` that saw it; undefined where it was not run. */
  readonly model: string | undefined;
}

export interface AnalysisServices {
  readonly planOf: (camera: CameraId) => CameraPlan;
  readonly states: CameraStates;
  /** The highest opening number of each of the camera's rules that was ever raised. */
  readonly openings: (camera: CameraId) => ReadonlyMap<string, number>;
  /** The last change of each of the camera's alerts that are known, oldest first; what is remembered may be older. */
  readonly raisedBefore: (camera: CameraId) => readonly AlertChange[];
  readonly onFindings: FindingsListener;
  /** How often what is remembered is saved, ms. */
  readonly checkpointMs: number;
}

/** Code of the error of analytics/state/ for a state it cannot read. */
const PACKED_STATE_BAD = 'packed_state_bad';
/** What is remembered from further ahead than this is of a clock that was wrong. */
const AHEAD_MS_MAX = 60_000;

/**
 * The analytics of one camera, beside its actor: gives frames their event time, tells whoever listens what was found,
 * and saves what is remembered.
 */
export class CameraAnalysis {
  readonly #services: AnalysisServices;
  readonly #record: CameraRecord;
  readonly #epoch: Epoch;
  readonly #clock: Clock;
  #plan: CameraPlan;
  #analytics: CameraAnalytics;
  #frameClock: FrameClock;
  #savedAtMs: number;
  /** Something was observed since it was saved. */
  #dirty = false;

  /** @param epoch under which its shard is served: what is found is found under it. */
  constructor(services: AnalysisServices, record: CameraRecord, epoch: Epoch, clock: Clock) {
    this.#services = services;
    this.#record = record;
    this.#epoch = epoch;
    this.#clock = clock;
    this.#plan = services.planOf(record.camera);
    const state = services.states.load(record.camera);
    // A clock that was ahead when it was saved would keep time standing still until it is caught up with.
    const ofFuture = state !== undefined && state.atMs - clock.wallMs() > AHEAD_MS_MAX;
    this.#analytics = this.#recall(ofFuture ? undefined : state);
    this.#analytics.adopt(services.raisedBefore(record.camera));
    this.#analytics.resumed();
    this.#frameClock = new FrameClock(this.#analytics.atMs);
    this.#savedAtMs = clock.nowMs();
  }

  get settings(): CameraSettings {
    return this.#plan.settings;
  }

  /** It is missed where it does not come, or an alert is due without a frame: its actor has to stay until then. */
  get waits(): boolean {
    return this.#plan.own && this.#analytics.waits;
  }

  analysed(
    frame: Frame,
    outcome: Extract<FrameOutcome, { kind: 'inferred' }>,
    picture: PictureStats | undefined,
  ): Findings {
    const { detections, weakDetections, model } = outcome;
    const all = weakDetections.length === 0 ? detections : [...detections, ...weakDetections];
    const atMs = this.#frameClock.frame(frame);
    const found = this.#analytics.analysed({ atMs, detections: all, ...uprightSize(frame.header), picture });
    frame.trace?.mark('track');
    return this.#told(found, { frame, model });
  }

  /** A frame ended otherwise. */
  ended(frame: Frame, outcome: Exclude<FrameOutcome, { kind: 'inferred' }>, picture: PictureStats | undefined): void {
    const findings =
      outcome.kind === 'gated'
        ? this.#analytics.gated(this.#frameClock.frame(frame), picture)
        : this.#analytics.unseen(outcome.kind, this.#frameClock.unseen(frame));
    this.#told(findings, { frame, model: undefined });
  }

  /** To be called once a second. */
  tick(): void {
    this.#told(this.#analytics.tick(this.#frameClock.tick(this.#clock.nowMs(), this.#clock.wallMs())), undefined);
    if (this.#dirty && this.#clock.nowMs() - this.#savedAtMs >= this.#services.checkpointMs) this.save(false);
  }

  /** The settings have changed: goes on under the new ones with what is still of use. */
  reload(): void {
    this.#plan = this.#services.planOf(this.#record.camera);
    this.#analytics = this.#make(this.#analytics.state());
    this.save(true);
  }

  save(urgent: boolean): void {
    this.#savedAtMs = this.#clock.nowMs();
    this.#dirty = false;
    this.#services.states.save(this.#record.camera, this.#record.shard, this.#analytics.state(), urgent);
  }

  /** A bug was met: what led to it must not lead to it again. */
  drop(): void {
    this.#services.states.drop(this.#record.camera);
  }

  /** What was kept may be damaged: the camera begins anew then, and does not fail over it again and again. */
  #recall(state: CameraAnalyticsState | undefined): CameraAnalytics {
    try {
      return this.#make(state);
    } catch (error) {
      if (errorCode(error) !== PACKED_STATE_BAD) throw error;
      this.#services.states.drop(this.#record.camera);
      return this.#make(undefined);
    }
  }

  #make(state: CameraAnalyticsState | undefined): CameraAnalytics {
    const analytics = new CameraAnalytics(this.#plan.settings, this.#plan.taxonomy, state);
    analytics.raiseOpenings(this.#services.openings(this.#record.camera));
    return analytics;
  }

  #told(findings: Findings, look: Look | undefined): Findings {
    if (look !== undefined) this.#dirty = true;
    const { events, alerts, intervals, objects } = findings;
    if (events.length + alerts.length + intervals.length + objects.length > 0) {
      this.#services.onFindings(this.#record, this.#epoch, findings, look);
      if (alerts.length > 0) this.save(true);
    }
    return findings;
  }
}
