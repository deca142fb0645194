import type { AssembledBatch, DecodeInto } from '../models/batch/assemble-batch.ts';
import type { Pending, Priority } from '../models/batch/pending-frames.ts';
import type { BatchOutput, Device, DeviceFault, DeviceModel, WarmUp } from '../models/device/port.ts';
import type { DeviceView } from './device-view.ts';
import type { Flight } from './flight-deck.ts';
import type { OfferMessage, SettledMessage } from './messages.ts';
import type { ActorRef } from './runtime/types.ts';

/** Whom a waiting frame's settlement goes to, and how its camera ranks. */
export interface Owner {
  readonly replyTo: ActorRef<SettledMessage>;
  readonly priority: Priority;
}
/** A frame waiting for the device. */
export type Entry = Pending<Owner>;

export type DeviceMessage =
  | OfferMessage
  | { readonly kind: 'fault'; readonly fault: DeviceFault }
  | { readonly kind: 'decide' }
  | { readonly kind: 'start' }
  | { readonly kind: 'started'; readonly device: Device; readonly warmUp: WarmUp }
  | { readonly kind: 'device-failed'; readonly device: Device; readonly error: unknown }
  | { readonly kind: 'assembled'; readonly flight: Flight<Entry>; readonly batch: AssembledBatch<Entry> }
  | {
      readonly kind: 'ran';
      readonly flight: Flight<Entry>;
      readonly batch: readonly Entry[];
      readonly output: BatchOutput;
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
  | { readonly kind: 'batch-ran'; readonly device: string; readonly size: number; readonly output: BatchOutput };

export interface DeviceServices {
  readonly createDevice: () => Device;
  readonly model: DeviceModel;
  readonly decode: DecodeInto;
  readonly scoreThreshold: number;
  readonly frameDeadlineMs: number;
  readonly batchDelayMsMax: number;
  readonly decodersMax: number;
  /** What others may read of this device; written here. */
  readonly view: DeviceView;
  readonly onEvent: (event: DeviceEvent) => void;
}
