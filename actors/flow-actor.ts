import type { CameraId } from '../core/ids.ts';
import { RateMeter } from '../core/rate-meter.ts';
import { PRIORITY_WEIGHTS } from '../models/batch/pending-frames.ts';
import type { CameraBook, CameraRecord } from './camera-book.ts';
import type { DeviceMessage } from './device-messages.ts';
import type { DeviceView } from './device-view.ts';
import { creditWindow } from './flow/credit-window.ts';
import { demandFps, entitledFps, keepsTo, nextOwnFps } from './flow/demand.ts';
import { explainRung, type LadderState, type LadderTimes, nextRung, startOfLadder } from './flow/ladder.ts';
import { type BudgetState, DEPARTURES_MIN, LATE_SHARE_MAX, nextBudget } from './flow/rate-budget.ts';
import { type Claim, shareOut } from './flow/share-out.ts';
import type { FlowView } from './flow-view.ts';
import { relief } from './placement.ts';
import type { Actor, ActorContext, ActorRef } from './runtime/types.ts';

export type FlowMessage = { readonly kind: 'look' };

/** What an operator should hear of the ladder. */
export interface RungChange {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

export interface FlowServices {
  readonly book: CameraBook;
  readonly devices: readonly { readonly view: DeviceView; readonly ref: ActorRef<DeviceMessage> }[];
  readonly view: FlowView;
  readonly creditWindow: number;
  readonly frameDeadlineMs: number;
  readonly ladder: LadderTimes;
  /** A camera may send past its credit for this long; undefined where it may for ever. */
  readonly disobedientMsMax: number | undefined;
  readonly onRung: (change: RungChange) => void;
  /** A camera has ignored its credit for too long, and is disconnected at its next frame. */
  readonly onExpelled: (camera: CameraId) => void;
}

const LOOK_MS = 250;
/** What a camera was asked for is held against it until it can have heard otherwise: halves in 2.4 s. */
const HELD_DECAY = 0.93;
/** Cameras moved between devices at a look: the others' turn comes at the next. */
const MOVES_MAX = 64;

/** Saving work ends the shortage that called for it: it goes on for a while, or it would come and go. */
const SAVES_FOR_MS = 60_000;
/** Shares are computed in floating point. */
const NEARLY = 0.999;
/** A camera that gets less than this share of what it could use is short of it. */
const SHORT_OF = 0.95;

interface Looked {
  readonly record: CameraRecord;
  readonly receivedFps: number;
  readonly entitledFps: number;
}

/**
 * Looks at the whole node four times a second: shares out what the devices sustain over the cameras, moves along the
 * degradation ladder, and evens out the load of the devices. It writes what it finds into the cameras' records and its
 * view; camera and device actors act on it.
 */
export class FlowActor implements Actor<FlowMessage> {
  readonly #context: ActorContext<FlowMessage>;
  readonly #services: FlowServices;
  #budget: BudgetState = { fps: 0, holdUntilMs: 0 };
  #ladder: LadderState;
  #atTheLeast = false;
  #savesUntilMs = Number.NEGATIVE_INFINITY;
  /** Satisfaction over about a second: one look sees few frames of each camera. */
  #satisfaction = 1;

  constructor(context: ActorContext<FlowMessage>, services: FlowServices) {
    this.#context = context;
    this.#services = services;
    // After a restart of this actor the node still stands where it stood.
    this.#ladder = { ...startOfLadder(context.clock.nowMs()), rung: services.view.rung };
  }

  onStart(): void {
    this.#context.schedule(LOOK_MS, { kind: 'look' });
  }

  receive(): void {
    this.#context.schedule(LOOK_MS, { kind: 'look' });
    const nowMs = this.#context.clock.nowMs();
    const { view } = this.#services;
    const looked: Looked[] = [];
    const claims: Claim[] = [];
    for (const record of this.#services.book.records()) {
      if (record.remote) continue;
      const { look, claim } = this.#look(record, nowMs);
      looked.push(look);
      claims.push(claim);
    }
    const capacityFps = this.#capacityFps(view.inputSize);
    view.hasAboveLow = looked.some(({ record, receivedFps }) => record.priority !== 'low' && receivedFps > 0.1);
    this.#findShares(looked, capacityFps, nowMs);
    const grantedFps = this.#handOut(looked, claims, capacityFps, nowMs);
    this.#climb(looked, capacityFps, nowMs);
    this.#evenOut(looked);
    const short = view.rung > 0 || looked.some(({ record }) => record.flow.grantedShare < SHORT_OF);
    if (short) this.#savesUntilMs = nowMs + SAVES_FOR_MS;
    view.saves = nowMs < this.#savesUntilMs;
    view.load = {
      ...view.load,
      receivedFps: sum(looked, ({ receivedFps }) => receivedFps),
      wantedFps: sum(looked, ({ record }) => record.flow.wantedFps),
      grantedFps,
      capacityFps,
      satisfaction: Math.min(1, this.#satisfaction),
    };
  }

  #look(record: CameraRecord, nowMs: number): { readonly look: Looked; readonly claim: Claim } {
    const { flow } = record;
    const { fpsMin, fpsMax } = flow.range;
    const receivedFps = record.framesIn.perSecond(nowMs);
    flow.knownSinceMs ??= nowMs;
    flow.heldFps = Math.max(flow.targetFps, flow.heldFps * HELD_DECAY);
    flow.obeys = keepsTo(receivedFps, flow.heldFps);
    this.#judge(record, nowMs);
    const { wantedFps, targetFps, obeys, still } = flow;
    // As the meter would show a camera that keeps exactly to its targets: with its lag, and from nothing on.
    flow.expectedFps += (targetFps - flow.expectedFps) * (1 - Math.exp(-LOOK_MS / RateMeter.WINDOW_MS));
    flow.ownFps = nextOwnFps({ receivedFps, targetFps: Math.min(targetFps, flow.expectedFps), ownFps: flow.ownFps });
    const seen = { receivedFps, wantedFps, targetFps, ownFps: flow.ownFps, obeys, still, fpsMax };
    const claim = { wantedFps: demandFps(seen), leastFps: fpsMin, weight: PRIORITY_WEIGHTS[flow.priority] };
    return { look: { record, receivedFps, entitledFps: entitledFps(seen) }, claim };
  }

  /** By policy, a camera that goes on sending past its credit is sent away at its next frame. */
  #judge({ camera, flow }: CameraRecord, nowMs: number): void {
    const { disobedientMsMax, onExpelled } = this.#services;
    if (flow.obeys || disobedientMsMax === undefined) {
      flow.disobedientSinceMs = undefined;
      return;
    }
    flow.disobedientSinceMs ??= nowMs;
    if (flow.expelled || nowMs - flow.disobedientSinceMs <= disobedientMsMax) return;
    flow.expelled = true;
    onExpelled(camera);
  }

  /** Whose frames the devices could all run if what they do now were shared out fairly. */
  #findShares(looked: readonly Looked[], capacityFps: number, nowMs: number): void {
    const handledFps = sum(this.#services.devices, ({ view }) => view.handled.perSecond(nowMs));
    const shares = shareOut(
      Math.max(handledFps, capacityFps), // the former lags behind a load that has just begun
      looked.map(({ record: { flow }, receivedFps }) => ({
        wantedFps: receivedFps,
        leastFps: 0,
        weight: PRIORITY_WEIGHTS[flow.priority],
      })),
    );
    looked.forEach(({ record, receivedFps }, i) => {
      record.flow.withinShare = (shares[i] ?? 0) >= receivedFps;
    });
  }

  #capacityFps(inputSize: number): number {
    return sum(this.#services.devices, ({ view }) => (view.healthy ? view.capacityFps(inputSize) : 0));
  }

  /** Credits and rates: what each camera is asked for from now on. Returns their sum. */
  #handOut(looked: readonly Looked[], claims: readonly Claim[], capacityFps: number, nowMs: number): number {
    const { devices, view } = this.#services;
    const departures = sum(devices, (d) => d.view.departures);
    const late = sum(devices, (d) => d.view.lateDepartures);
    if (departures >= DEPARTURES_MIN) {
      for (const device of devices) {
        device.view.departures = 0;
        device.view.lateDepartures = 0;
      }
    }
    const leastFps = sum(claims, (claim) => Math.min(claim.leastFps, claim.wantedFps));
    if (this.#budget.fps === 0) this.#budget = { fps: capacityFps, holdUntilMs: nowMs };
    this.#budget = nextBudget(this.#budget, {
      nowMs,
      departures,
      late,
      handledFps: sum(devices, (d) => d.view.handled.perSecond(nowMs)),
      gatedFps: sum(devices, ({ view: v }) => Math.max(0, v.handled.perSecond(nowMs) - v.frames.perSecond(nowMs))),
      wantedFps: sum(claims, ({ wantedFps }) => wantedFps),
      capacityFps,
      leastFps,
    });
    if (departures >= DEPARTURES_MIN) {
      const lateShare = late / departures;
      this.#atTheLeast = lateShare > LATE_SHARE_MAX && this.#budget.fps <= leastFps;
      view.load = { ...view.load, lateShare };
    } else if (departures === 0) {
      this.#atTheLeast = false;
      view.load = { ...view.load, lateShare: 0 };
    }
    const granted = shareOut(this.#budget.fps, claims);
    looked.forEach(({ record }, i) => {
      const { flow } = record;
      const wanted = claims[i]?.wantedFps ?? 0;
      const grantedFps = granted[i] ?? 0;
      flow.grantedShare = wanted > 0 ? Math.min(1, grantedFps / wanted) : 1;
      // One that gets all it is known to send may send what it wants: it may have come to send more.
      flow.targetFps = grantedFps < wanted * NEARLY ? Math.min(grantedFps, flow.wantedFps) : flow.wantedFps;
      flow.credit = creditWindow(flow.targetFps, this.#services.frameDeadlineMs, this.#services.creditWindow);
    });
    return sum(looked, ({ record }) => record.flow.targetFps);
  }

  #climb(looked: readonly Looked[], capacityFps: number, nowMs: number): void {
    const { view, devices, ladder } = this.#services;
    const counted = looked.filter(
      ({ record }) => isCounted(record, nowMs) && !(view.shedsLow && record.flow.priority === 'low'),
    );
    const entitled = sum(counted, (l) => l.entitledFps);
    const served = sum(counted, (l) => Math.min(l.entitledFps, l.record.flow.served.perSecond(nowMs)));
    // With next to nothing to do there is nothing to be dissatisfied with.
    const satisfaction = entitled < 1 ? 1 : served / entitled;
    this.#satisfaction += 0.25 * (satisfaction - this.#satisfaction);

    const below = view.rungs[this.#ladder.rung - 1];
    const low = looked.filter(({ record }) => record.priority === 'low');
    const lowFps = view.shedsLow && below?.kind !== 'shed_low' ? sum(low, (l) => l.entitledFps) : 0;
    const runFps = sum(devices, (d) => d.view.frames.perSecond(nowMs));
    const neededFps = runFps / Math.max(0.05, Math.min(1, this.#satisfaction)) + lowFps;
    const capacityBelow = below === undefined ? capacityFps : this.#capacityFps(below.inputSize);
    const seen = {
      nowMs,
      satisfaction: this.#satisfaction,
      atTheLeast: this.#atTheLeast,
      satisfactionBelow: neededFps <= 0 ? Number.POSITIVE_INFINITY : capacityBelow / neededFps,
    };
    const next = nextRung(view.rungs, this.#ladder, seen, ladder);
    const why = explainRung(view.rungs, next, seen);
    if (next.rung !== this.#ladder.rung) this.#take(next.rung, why);
    this.#ladder = next;
    view.why = why;
  }

  #take(rung: number, why: string): void {
    const { view, devices, onRung } = this.#services;
    const change = { from: view.rung, to: rung, why };
    view.rung = rung;
    view.sinceWallMs = this.#context.clock.wallMs();
    for (const { ref } of devices) ref.tell({ kind: 'use-input', inputSize: view.inputSize });
    onRung(change);
  }

  /** Moves cameras from the busiest device to the idlest, where they differ by much. */
  #evenOut(looked: readonly Looked[]): void {
    const { devices, view } = this.#services;
    if (devices.length < 2) return;
    const loads = new Map<string, number>();
    for (const { record, entitledFps } of looked) {
      if (record.device !== undefined) loads.set(record.device, (loads.get(record.device) ?? 0) + entitledFps);
    }
    const move = relief(
      devices.map(({ view: { device, healthy, capacityFps } }) => ({
        device,
        healthy,
        capacityFps: capacityFps(view.inputSize),
        loadFps: loads.get(device) ?? 0,
      })),
    );
    if (move === undefined) return;
    let leftFps = move.fps;
    let moves = 0;
    for (const { record, entitledFps } of looked) {
      if (moves >= MOVES_MAX || leftFps <= 0) break;
      if (record.device !== move.from.device || entitledFps <= 0 || entitledFps > leftFps) continue;
      record.device = move.to.device;
      leftFps -= entitledFps;
      moves++;
    }
  }
}

/** A camera that has sent nothing for this long, or for three of the frames asked of it, is not waiting for anything. */
const SILENT_MS = 1_000;

/** Whether a camera's rates say something: it has been known for long enough, and still sends. */
function isCounted({ flow, lastFrameMs }: CameraRecord, nowMs: number): boolean {
  if (lastFrameMs === undefined || flow.knownSinceMs === undefined) return false;
  if (nowMs - flow.knownSinceMs < RateMeter.WINDOW_MS) return false;
  return nowMs - lastFrameMs <= Math.max(SILENT_MS, 3_000 / flow.targetFps);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
