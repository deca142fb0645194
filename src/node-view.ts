import type { CameraBook, CameraRecord } from '../actors/camera-book.ts';
import type { DeviceView } from '../actors/device-view.ts';
import type { Clock } from '../core/clock.ts';
import { uprightSize } from '../core/frame.ts';
import type { CameraId } from '../core/ids.ts';
import type { CameraSummary, DeviceBucket, DeviceSummary, NodeStatsMessage } from '../core/protocol.ts';
import type { IngestCounters } from './ingest/ingest-counters.ts';
import type { LatencyWindow } from './telemetry/latency-window.ts';

export interface NodeViewSources {
  readonly clock: Clock;
  readonly nodeId: string;
  readonly book: CameraBook;
  readonly devices: readonly DeviceView[];
  readonly counters: IngestCounters;
  readonly latencies: LatencyWindow;
  readonly isDraining: () => boolean;
  /** Whether the cluster keeps this node from serving, and why. */
  readonly notReady?: () => { readonly code: string; readonly why: string } | undefined;
  /** Crashes of the node with a frame of this camera on a device, as the crash journal has them. */
  readonly cameraCrashes: (camera: CameraId) => number;
}

export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly code: string; readonly why: string };

/** With frames in flight and none through a device for this long, the node is wedged; far over any deadline. */
const WEDGED_MS = 5_000;

/** What the node shows of itself, to the API, the live page and the probes alike. Reads only. */
export class NodeView {
  readonly #sources: NodeViewSources;
  readonly #startedMs: number;

  constructor(sources: NodeViewSources) {
    this.#sources = sources;
    this.#startedMs = sources.clock.nowMs();
  }

  /** Whether a load balancer should send cameras here; fails when wedged, not only when absent. */
  readiness(): Readiness {
    const { book, devices, clock, isDraining } = this.#sources;
    const nowMs = clock.nowMs();
    if (isDraining()) return { ready: false, code: 'draining', why: 'the node stops' };
    if (!devices.some((view) => view.state === 'ready')) {
      return { ready: false, code: 'no_device_ready', why: devices.map((d) => `${d.device} is ${d.state}`).join(', ') };
    }
    if (book.inFlight > 0 && nowMs - book.lastProgressMs > WEDGED_MS) {
      return {
        ready: false,
        code: 'wedged',
        why: `${book.inFlight} frames in flight and none came through a device for ${WEDGED_MS} ms`,
      };
    }
    const apart = this.#sources.notReady?.();
    return apart === undefined ? { ready: true } : { ready: false, ...apart };
  }

  camera(record: CameraRecord): CameraSummary {
    const nowMs = this.#sources.clock.nowMs();
    const size = record.lastHeader === undefined ? undefined : uprightSize(record.lastHeader);
    return {
      camera: record.camera,
      shard: record.shard,
      node: this.#sources.nodeId,
      via: this.#sources.nodeId,
      connected: record.connections > 0,
      fpsIn: round1(record.framesIn.perSecond(nowMs)),
      fpsOut: round1(record.framesOut.perSecond(nowMs)),
      targetFps: round1(record.targetFps),
      priority: record.priority,
      crashes: this.#sources.cameraCrashes(record.camera),
      device: record.device ?? null,
      latencyMs: record.latencyMs === undefined ? null : round1(record.latencyMs),
      width: size?.width ?? null,
      height: size?.height ?? null,
      lastFrameAt: record.lastFrameWallMs === undefined ? null : Math.round(record.lastFrameWallMs),
      ledger: record.ledger.snapshot(),
    };
  }

  /** Up to `limit` cameras. */
  cameras(limit: number): CameraSummary[] {
    const summaries: CameraSummary[] = [];
    for (const record of this.#sources.book.records()) {
      if (summaries.length >= limit) break;
      summaries.push(this.camera(record));
    }
    return summaries;
  }

  devices(): DeviceSummary[] {
    const nowMs = this.#sources.clock.nowMs();
    return this.#sources.devices.map((view) => deviceSummary(view, nowMs));
  }

  stats(): NodeStatsMessage {
    const { clock, nodeId, book, counters, latencies } = this.#sources;
    const nowMs = clock.nowMs();
    let fpsIn = 0;
    let fpsOut = 0;
    for (const record of book.records()) {
      fpsIn += record.framesIn.perSecond(nowMs);
      fpsOut += record.framesOut.perSecond(nowMs);
    }
    return {
      type: 'stats',
      node: nodeId,
      uptimeMs: Math.round(nowMs - this.#startedMs),
      cameras: book.size,
      connections: counters.connectionsOpen,
      fpsIn: round1(fpsIn),
      fpsOut: round1(fpsOut),
      latencyMs: latencies.percentiles(nowMs),
      ledger: book.total(),
      devices: this.devices(),
    };
  }
}

function deviceSummary(view: DeviceView, nowMs: number): DeviceSummary {
  const { fps, batchSize, computeMs, queueMs, busyShare } = view.recent(nowMs);
  const { memory } = view;
  return {
    device: view.device,
    kind: view.kind,
    ...(view.configuredKind === view.kind ? {} : { configuredKind: view.configuredKind }),
    state: view.state,
    breaker: view.breaker,
    model: view.model,
    inputSize: view.inputSize,
    batchMax: view.batchMax,
    memory:
      memory === undefined
        ? null
        : {
            totalBytes: memory.totalBytes,
            usedBytes: memory.usedBytes,
            ownBytes: memory.ownBytes ?? null,
            plannedPeakBytes: view.plannedPeakBytes > 0 ? Math.round(view.plannedPeakBytes) : null,
            limitBytes: Math.round(view.memoryLimitBytes),
          },
    outOfMemory: view.outOfMemory,
    renewals: view.renewals,
    pending: view.pending,
    inFlightBatches: view.batchesInFlight,
    fps: round1(fps),
    batchSize: round1(batchSize),
    computeMs: round1(computeMs),
    queueMs: round1(queueMs),
    busyShare: Math.round(busyShare * 1_000) / 1_000,
    buckets: bucketsOf(view),
  };
}

function bucketsOf(view: DeviceView): DeviceBucket[] {
  const sizes = new Set([...view.buckets, ...view.batchesBySize.keys()]);
  return [...sizes]
    .sort((a, b) => a - b)
    .map((frames) => {
      const expectedMs = view.predictMs(view.inputSize, frames);
      const batches = view.batchesBySize.get(frames) ?? 0;
      return { frames, batches, expectedMs: expectedMs > 0 ? Math.round(expectedMs * 100) / 100 : null };
    });
}

const round1 = (value: number): number => Math.round(value * 10) / 10;
