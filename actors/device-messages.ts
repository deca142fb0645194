import type { AssembledBatch, DecodeInto } from '../models/batch/assemble-batch.ts';
import type { MemoryLimits } from '../models/batch/memory-plan.ts';
import type { Pending } from '../models/batch/pending-frames.ts';
import type {
  BatchOutput,
  Device,
  DeviceFault,
  DeviceModel,
  DeviceOutOfMemory,
  MemoryReading,
  WarmUp,
} from '../models/device/port.ts';
import type { CameraFlow } from './camera-flow.ts';
import type { CrashJournal } from './crash-journal.ts';
import type { DeviceView } from './device-view.ts';
import type { Flight } from './flight-deck.ts';
import type { FrameGate, OfferMessage, SettledMessage } from './messages.ts';
import type { ActorRef } from './runtime/types.ts';

/** Whom a waiting frame's settlement goes to, and what is known of its camera. */
export interface Owner {
  readonly replyTo: ActorRef<SettledMessage>;
  readonly flow: CameraFlow;
  readonly gate: FrameGate | undefined;
}
/** A frame waiting for the device. */
export type Entry = Pending<Owner>;

export type DeviceMessage =
  | OfferMessage
  | { readonly kind: 'fault'; readonly fault: DeviceFault }
  /** From now on batches are run at this size; the ladder's word. */
  | { readonly kind: 'use-input'; readonly inputSize: number }
  | { readonly kind: 'decide' }
  | { readonly kind: 'tend' }
  | { readonly kind: 'memory'; readonly device: Device; readonly reading: MemoryReading | undefined }
  | { readonly kind: 'start' }
  | { readonly kind: 'started'; readonly device: Device; readonly warmUp: WarmUp }
  | { readonly kind: 'renewed'; readonly device: Device; readonly warmUp: WarmUp }
  | { readonly kind: 'probed'; readonly device: Device }
  | { readonly kind: 'device-failed'; readonly device: Device; readonly error: unknown }
  | { readonly kind: 'assembled'; readonly flight: Flight<Entry>; readonly batch: AssembledBatch<Entry> }
  | {
      readonly kind: 'ran';
      readonly flight: Flight<Entry>;
      readonly batch: readonly Entry[];
      readonly output: BatchOutput;
    }
  | {
      readonly kind: 'out-of-memory';
      readonly flight: Flight<Entry>;
      readonly batch: readonly Entry[];
      readonly error: DeviceOutOfMemory;
    }
  | { readonly kind: 'overdue'; readonly flight: Flight<Entry>; readonly stalled: boolean }
  | { readonly kind: 'bug'; readonly error: unknown };

/** What an operator should hear of a device. */
export type DeviceEvent =
  | { readonly kind: 'device-ready'; readonly device: string; readonly warmUp: WarmUp }
  | {
      readonly kind: 'device-failed';
      readonly device: string;
      readonly error: unknown;
      readonly framesLost: number;
    }
  | { readonly kind: 'breaker-opened'; readonly device: string; readonly retryMs: number }
  | { readonly kind: 'breaker-half-open' | 'breaker-closed' | 'device-abandoned'; readonly device: string }
  | { readonly kind: 'out-of-memory'; readonly device: string; readonly frames: number; readonly step: string }
  | { readonly kind: 'device-renewed'; readonly device: string; readonly why: string }
  | { readonly kind: 'batch-ran'; readonly device: string; readonly size: number; readonly output: BatchOutput };

export interface DeviceServices {
  readonly createDevice: () => Device;
  readonly model: DeviceModel;
  /** Decodes one picture into a slot of `inputSize`. */
  readonly decode: (frame: Parameters<DecodeInto>[0], slot: Uint8Array, inputSize: number) => Promise<unknown>;
  readonly scoreThreshold: number;
  /** Detections from here to `scoreThreshold` are for the tracker alone. */
  readonly weakScoreMin: number;
  readonly frameDeadlineMs: number;
  readonly batchDelayMsMax: number;
  /** Waiting longer than this counts as late. */
  readonly queueDelayMsMax: number;
  readonly decodersMax: number;
  readonly memory: MemoryLimits & { readonly probeAfterMs: number; readonly renewQuietMs: number };
  readonly journal: CrashJournal;
  /** What others may read of this device; written here. */
  readonly view: DeviceView;
  readonly onEvent: (event: DeviceEvent) => void;
  /**
   * Offers a frame of this device's to a healthy one.
   * @returns false where there is none: it stays, and waits or expires.
   */
  readonly handOver: (offer: OfferMessage) => boolean;
}
