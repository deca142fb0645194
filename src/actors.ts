import type { CameraServices, ResultListener } from '../actors/camera-actor.ts';
import type { AnalysisServices } from '../actors/camera-analysis.ts';
import type { CameraBook, CameraRecord } from '../actors/camera-book.ts';
import type { CameraRelays } from '../actors/camera-relays.ts';
import type { CrashJournal } from '../actors/crash-journal.ts';
import { DeviceActor } from '../actors/device-actor.ts';
import type { DeviceEvent, DeviceMessage } from '../actors/device-messages.ts';
import { DeviceView } from '../actors/device-view.ts';
import { dropRouted } from '../actors/dropped.ts';
import { ladderOf } from '../actors/flow/ladder.ts';
import { FlowActor, type FlowMessage, type RungChange } from '../actors/flow-actor.ts';
import { FlowView } from '../actors/flow-view.ts';
import { HeldFrames } from '../actors/held-frames.ts';
import { laneOf, type OfferMessage } from '../actors/messages.ts';
import type { Ownership } from '../actors/ownership.ts';
import { placeCamera } from '../actors/placement.ts';
import { RegionActor, type RegionMessage } from '../actors/region-actor.ts';
import type { ActorRef, ActorSystem } from '../actors/runtime/types.ts';
import { CONTROL_MAILBOX_MAX, DEVICE_MAILBOX_MAX, REGION_MAILBOX_MAX } from '../config/limits.ts';
import type { NodeConfig } from '../config/schema.ts';
import type { CameraId } from '../core/ids.ts';
import type { Decoder } from '../models/decode/decoder.ts';
import type { Device, DeviceModel } from '../models/device/port.ts';
import type { Ring } from '../shards/ring.ts';
import { crashOnPoison } from './crash/poison.ts';

/** One device the node was configured with, and how to make it, again and again where it fails. */
export interface NodeDevice {
  readonly name: string;
  readonly configuredKind: string;
  readonly model: DeviceModel;
  readonly create: () => Device;
}

export interface NodeActors {
  readonly region: ActorRef<RegionMessage>;
  readonly devices: readonly { readonly view: DeviceView; readonly ref: ActorRef<DeviceMessage> }[];
  readonly flow: FlowView;
  /** Frames held for shards on the move. */
  readonly held: Pick<HeldFrames, 'size' | 'bytes'>;
}

export interface ActorParts {
  readonly system: ActorSystem;
  readonly config: NodeConfig;
  readonly devices: readonly NodeDevice[];
  /** Sides of the model's inputs, largest first. */
  readonly inputSizes: readonly number[];
  readonly scoreThreshold: number;
  readonly decoder: Decoder;
  readonly book: CameraBook;
  readonly ring: Ring;
  readonly ownership: Ownership;
  readonly relays: CameraRelays;
  readonly journal: CrashJournal;
  readonly flowOf: CameraServices['flowOf'];
  /** Undefined where detections are all that is wanted. */
  readonly analytics: AnalysisServices | undefined;
  readonly onResult: ResultListener;
  readonly onDeviceEvent: (event: DeviceEvent) => void;
  readonly onRung: (change: RungChange) => void;
  readonly onExpelled: (camera: CameraId) => void;
}

/**
 * Detections from this score on help to hold a track, though they are not reported: ByteTrack's second stage (Zhang et
 * al., ECCV 2022, takes 0.1). docs/tracking.md has what it is worth.
 */
export const WEAK_SCORE_MIN = 0.1;

/** Of the deadline, what may go by in the queue before it is too long: the rest is for decoding and the run. */
const QUEUE_SHARE = 0.2;

/** Starts the node's actors: one per device, the region with shards and cameras under it, and the one that shares out. */
export function startActors(parts: ActorParts): NodeActors {
  const { system, config, book } = parts;
  const queueDelayMsMax = config.flow.queueDelayMsMax ?? config.batching.frameDeadlineMs * QUEUE_SHARE;
  const flow = new FlowView(ladderOf(parts.inputSizes), queueDelayMsMax, system.clock.wallMs());
  const devices = startDevices(parts, flow);
  const placeable = devices.map(({ view, ref }) => ({
    ref,
    device: view.device,
    get healthy() {
      return view.healthy;
    },
    get capacityFps() {
      return view.capacityFps(flow.inputSize);
    },
  }));
  const deviceFor = (record: CameraRecord): ActorRef<OfferMessage> => {
    const current = placeable.find(({ device }) => device === record.device);
    const placed = placeCamera(record.camera, current, placeable);
    if (placed === undefined) throw new Error('a node without devices'); // the schema asks for one
    record.device = placed.device;
    return placed.ref;
  };

  const held = new HeldFrames(config.cluster.holdBytesMax);
  const region = system.spawn<RegionMessage>('region', {
    create: (context) =>
      new RegionActor(context, {
        ring: parts.ring,
        ownership: parts.ownership,
        relays: parts.relays,
        held,
        book,
        deviceFor,
        onResult: parts.onResult,
        flow,
        gate: config.gate.enabled ? config.gate : undefined,
        adaptiveSampling: config.flow.adaptiveSampling,
        flowOf: parts.flowOf,
        analysis: parts.analytics,
        idleMs: config.actors.cameraIdleMs,
      }),
    mailbox: { control: CONTROL_MAILBOX_MAX, frame: REGION_MAILBOX_MAX, overflow: 'reject' },
    laneOf,
    onDropped: (message, reason) => {
      if ('record' in message && 'source' in message) dropRouted(book, message, reason);
      else if (message.kind === 'seal' || message.kind === 'close-shard') message.done();
    },
  });

  system.spawn<FlowMessage>('flow', {
    create: (context) =>
      new FlowActor(context, {
        book,
        devices,
        view: flow,
        creditWindow: config.flow.creditWindow,
        frameDeadlineMs: config.batching.frameDeadlineMs,
        ladder: config.overload,
        disobedientMsMax: config.flow.disobedience === 'disconnect' ? config.flow.disobedientMsMax : undefined,
        onRung: parts.onRung,
        onExpelled: parts.onExpelled,
      }),
    mailbox: { control: CONTROL_MAILBOX_MAX, frame: 1, overflow: 'reject' },
    laneOf,
  });
  return { region, devices, flow, held };
}

function startDevices(parts: ActorParts, flow: FlowView): NodeActors['devices'] {
  const { system, config, decoder } = parts;
  const started: { readonly view: DeviceView; readonly ref: ActorRef<DeviceMessage> }[] = [];
  for (const { name, configuredKind, model, create } of parts.devices) {
    const view = new DeviceView({ device: name, configuredKind, model: model.key, inputSize: flow.inputSize });
    const handOver = (offer: OfferMessage): boolean => {
      const others = started.filter((other) => other.view !== view && other.view.healthy);
      const { camera } = offer.frame;
      const placed = placeCamera(
        camera,
        undefined,
        others.map(({ view: { device, healthy, capacityFps }, ref }) => ({
          ref,
          device,
          healthy,
          capacityFps: capacityFps(flow.inputSize),
        })),
      );
      return placed?.ref.tell(offer) === 'accepted';
    };
    const ref = system.spawn<DeviceMessage>(`device-${name}`, {
      create: (context) =>
        new DeviceActor(context, {
          createDevice: create,
          model,
          decode: (frame, slot, inputSize) => {
            if (config.debug.faultHooks) crashOnPoison(frame);
            return decoder.decodeInto(frame, slot, inputSize);
          },
          scoreThreshold: parts.scoreThreshold,
          weakScoreMin: parts.analytics === undefined ? parts.scoreThreshold : WEAK_SCORE_MIN,
          frameDeadlineMs: config.batching.frameDeadlineMs,
          batchDelayMsMax: config.batching.batchDelayMsMax,
          queueDelayMsMax: flow.load.queueDelayMsMax,
          decodersMax: config.batching.decodersMax,
          memory: {
            ...config.memory,
            // On a CPU node the memory is everybody's, and nothing else on it needs a context or a workspace.
            reservedBytes: configuredKind === 'cuda' ? config.memory.reservedBytes : 0,
          },
          journal: parts.journal,
          view,
          onEvent: parts.onDeviceEvent,
          handOver,
        }),
      mailbox: { control: CONTROL_MAILBOX_MAX, frame: DEVICE_MAILBOX_MAX, overflow: 'reject' },
      laneOf,
      // An offer that was taken and never handled: its camera still waits to hear of it.
      onDropped: (message, reason) => {
        if (message.kind !== 'offer' || reason === 'full') return;
        const why = reason === 'failed' ? 'actor_failed' : 'shutdown';
        message.replyTo.tell({ kind: 'settled', frame: message.frame, outcome: { kind: 'lost', reason: why } });
      },
    });
    started.push({ view, ref });
  }
  return started;
}
