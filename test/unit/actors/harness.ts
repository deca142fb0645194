import { CameraBook } from '../../../actors/camera-book.ts';
import type { DeviceEvent } from '../../../actors/device-messages.ts';
import type { FrameSource, Welcome } from '../../../actors/frame-source.ts';
import { createActorSystem } from '../../../actors/runtime/system.ts';
import type { ActorFailure } from '../../../actors/runtime/types.ts';
import { type NodeConfigInput, nodeConfigSchema } from '../../../config/schema.ts';
import type { Frame } from '../../../core/frame.ts';
import { type CameraId, connectionId, nodeId } from '../../../core/ids.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import type { FrameOutcome } from '../../../core/outcome.ts';
import type { Decoder } from '../../../models/decode/decoder.ts';
import { createRing } from '../../../shards/ring.ts';
import { localShardMap } from '../../../shards/shard-map.ts';
import { startActors } from '../../../src/actors.ts';
import type { ServedModel } from '../../../src/devices.ts';
import { frameOf } from '../models/batch/fixtures.ts';

export const ring = createRing({ shardCount: 8, virtualNodes: 20 });

const served: ServedModel = {
  model: { key: 'simulated@1', path: '', inputSize: 320, inputName: '', outputName: '', labels: ['car'], padValue: 0 },
  scoreThreshold: 0,
};
/** Simulated devices that decode are given pictures whose number says whether they are good. */
const decoder: Decoder = {
  decodeInto: () => Promise.reject(new Error('nothing is decoded here')),
  close: () => Promise.resolve(),
  active: 0,
};

export interface Answer {
  readonly seq: number;
  readonly outcome: FrameOutcome;
  readonly latencyMs: number;
  readonly answeredUpTo: number;
}

/** A camera as the actors see it; remembers what it was told. */
export class RecordingSource implements FrameSource {
  readonly id;
  readonly kind: 'stream' | 'request';
  open = true;
  readonly answers: Answer[] = [];
  readonly welcomes: Welcome[] = [];
  wasReplaced = false;
  refusal: string | undefined;

  constructor(id: number, kind: 'stream' | 'request' = 'stream') {
    this.id = connectionId(id);
    this.kind = kind;
  }
  welcome(welcome: Welcome): void {
    this.welcomes.push(welcome);
  }
  settled(frame: Frame, outcome: FrameOutcome, latencyMs: number, answeredUpTo: number): void {
    this.answers.push({ seq: frame.seq, outcome, latencyMs, answeredUpTo });
  }
  replaced(): void {
    this.wasReplaced = true;
  }
  refused(code: string): void {
    this.refusal = code;
  }
  get outcomes(): string[] {
    return this.answers.map(({ seq, outcome }) => `${seq}:${'reason' in outcome ? outcome.reason : outcome.kind}`);
  }
}

/** The production actors of one node on simulated devices, under a clock that stands still until told. */
export function startHarness(input: NodeConfigInput = {}) {
  const config = nodeConfigSchema.parse({ devices: [{ kind: 'simulated', noise: 0 }], ...input });
  const clock = new ManualClock();
  const book = new CameraBook({ clock, camerasMax: config.ingest.camerasMax });
  const failures: ActorFailure[] = [];
  const events: DeviceEvent[] = [];
  const results: string[] = [];
  const system = createActorSystem({ clock, onFailure: (failure) => failures.push(failure) });
  let onResult: () => void = () => {};
  const actors = startActors({
    system,
    config,
    served,
    decoder,
    book,
    ring,
    shardMap: localShardMap(nodeId('test'), 8),
    onResult: (record, frame) => {
      onResult();
      results.push(`${record.camera}:${frame.seq}`);
    },
    onDeviceEvent: (event) => events.push(event),
  });
  let connections = 0;
  const settle = () => clock.advanceAsync(0.001, 0.001);

  return {
    clock,
    book,
    system,
    failures,
    events,
    results,
    ...actors,
    settle,
    /** Has the next result's listener throw: a bug in an actor's own code. */
    breakNextResult(): void {
      onResult = () => {
        onResult = () => {};
        throw new Error('a bug');
      };
    },
    record(camera: string) {
      const record = book.open(camera as CameraId, ring.shardOf(camera as CameraId));
      if (record === undefined) throw new Error('the book is full');
      return record;
    },
    async connect(camera: string): Promise<RecordingSource> {
      const source = new RecordingSource(++connections);
      const record = this.record(camera);
      record.connections++;
      actors.region.tell({ kind: 'connect', camera: record.camera, source, record });
      await settle();
      return source;
    },
    async disconnect(camera: string, source: RecordingSource): Promise<void> {
      source.open = false;
      const record = this.record(camera);
      actors.region.tell({ kind: 'disconnect', camera: record.camera, source });
      record.connections--;
      await settle();
    },
    /** Pushes a frame as the ingress does: counted first, then told. */
    push(camera: string, seq: number, source: RecordingSource): void {
      const record = this.record(camera);
      book.receive(record);
      actors.region.tell({ kind: 'frame', frame: frameOf(camera, seq, clock.nowMs()), source, record });
    },
  };
}
