import type { AnalysisServices } from '../../../actors/camera-analysis.ts';
import { CameraBook } from '../../../actors/camera-book.ts';
import { CameraFlow } from '../../../actors/camera-flow.ts';
import { type CameraRelays, NO_RELAYS } from '../../../actors/camera-relays.ts';
import type { DeviceEvent } from '../../../actors/device-messages.ts';
import { priorityRules } from '../../../actors/flow/priority-rules.ts';
import type { RungChange } from '../../../actors/flow-actor.ts';
import type { FrameSource, Redirect, Welcome } from '../../../actors/frame-source.ts';
import { type Ownership, soleOwnership } from '../../../actors/ownership.ts';
import { createActorSystem } from '../../../actors/runtime/system.ts';
import type { ActorFailure } from '../../../actors/runtime/types.ts';
import type { Findings } from '../../../analytics/camera-analytics.ts';
import { type NodeConfig, type NodeConfigInput, nodeConfigSchema } from '../../../config/schema.ts';
import type { Frame } from '../../../core/frame.ts';
import { type CameraId, connectionId, deviceId, epoch } from '../../../core/ids.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import type { FrameOutcome } from '../../../core/outcome.ts';
import type { StreamTarget } from '../../../core/protocol.ts';
import type { Decoder } from '../../../models/decode/decoder.ts';
import type { DeviceModel } from '../../../models/device/port.ts';
import { SimulatedCard } from '../../../models/device/simulated-card.ts';
import { SimulatedDevice } from '../../../models/device/simulated-device.ts';
import { createRing } from '../../../shards/ring.ts';
import { startActors } from '../../../src/actors.ts';
import { frameOf } from '../models/batch/fixtures.ts';

export const ring = createRing({ shardCount: 8, virtualNodes: 20 });

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
  readonly findings: Findings | undefined;
}

/** A camera as the actors see it; remembers what it was told. */
export class RecordingSource implements FrameSource {
  readonly id;
  readonly kind: 'stream' | 'request';
  open = true;
  relayed = false;
  follows = false;
  redirected = false;
  firstSeq: number | undefined;
  readonly redirects: Redirect[] = [];
  readonly answers: Answer[] = [];
  readonly welcomes: Welcome[] = [];
  readonly credits: { readonly credit: number; readonly target: StreamTarget }[] = [];
  wasReplaced = false;
  refusal: string | undefined;

  constructor(id: number, kind: 'stream' | 'request' = 'stream') {
    this.id = connectionId(id);
    this.kind = kind;
  }
  welcome(welcome: Welcome): void {
    this.welcomes.push(welcome);
  }
  settled(frame: Frame, outcome: FrameOutcome, latencyMs: number, answeredUpTo: number, findings?: Findings): void {
    this.answers.push({ seq: frame.seq, outcome, latencyMs, answeredUpTo, findings });
  }
  credit(credit: number, target: StreamTarget): void {
    this.credits.push({ credit, target });
  }
  redirect(to: Redirect): void {
    this.redirects.push(to);
  }
  replaced(): void {
    this.wasReplaced = true;
  }
  expelled(): void {
    this.refusal = 'disobedient';
    this.open = false;
  }
  refused(code: string): void {
    this.refusal = code;
  }
  get outcomes(): string[] {
    return this.answers.map(({ seq, outcome }) => `${seq}:${'reason' in outcome ? outcome.reason : outcome.kind}`);
  }
}

/** The production actors of one node on simulated devices, under a clock that stands still until told. */
export function startHarness(
  input: NodeConfigInput = {},
  onDevice: (device: SimulatedDevice) => void = () => {},
  analytics?: AnalysisServices,
  cluster?: { readonly ownership: Ownership; readonly relays?: CameraRelays },
) {
  const config = nodeConfigSchema.parse({ devices: [{ kind: 'simulated', noise: 0 }], ...input }) as NodeConfig;
  const clock = new ManualClock();
  const priorityOf = priorityRules(config.flow.priorities);
  const book = new CameraBook({
    clock,
    camerasMax: config.ingest.camerasMax,
    newFlow: (camera) => new CameraFlow(priorityOf(camera), config.flow, config.flow.creditWindow),
  });
  const inputSizes = [320, ...(config.overload.inputSizes ?? [224])];
  const model: DeviceModel = {
    key: 'simulated@1',
    graphs: inputSizes.map((inputSize) => ({ path: '', inputSize, precision: 'float32' })),
    inputName: '',
    outputName: '',
    labels: ['car'],
    padValue: 0,
  };
  const cards = config.devices.map((device) => {
    if (device.kind !== 'simulated') throw new Error('only simulated devices run under a manual clock');
    return { device, card: new SimulatedCard(device) };
  });
  const failures: ActorFailure[] = [];
  const events: DeviceEvent[] = [];
  const rungs: RungChange[] = [];
  const expelled: string[] = [];
  const results: string[] = [];
  const system = createActorSystem({ clock, onFailure: (failure) => failures.push(failure) });
  let onResult: () => void = () => {};
  const actors = startActors({
    system,
    config,
    devices: cards.map(({ device, card }, index) => ({
      name: `simulated-${index}`,
      configuredKind: 'simulated',
      model,
      create: () => {
        const made = new SimulatedDevice({ id: deviceId(`simulated-${index}`), config: device, model, clock, card });
        onDevice(made);
        return made;
      },
    })),
    inputSizes,
    scoreThreshold: 0,
    flowOf: (camera) => ({ priority: priorityOf(camera), range: config.flow }),
    analytics,
    journal: { dispatched: () => 0, settled: () => {} },
    onRung: (change) => rungs.push(change),
    onExpelled: (camera) => expelled.push(camera),
    decoder,
    book,
    ring,
    ownership: cluster?.ownership ?? soleOwnership(epoch(1)),
    relays: cluster?.relays ?? NO_RELAYS,
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
    rungs,
    expelled,
    cards: cards.map(({ card }) => card),
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
      book.receive(record, source.relayed);
      actors.region.tell({ kind: 'frame', frame: frameOf(camera, seq, clock.nowMs()), source, record });
    },
  };
}
