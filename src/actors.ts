import type { ResultListener } from '../actors/camera-actor.ts';
import type { CameraBook } from '../actors/camera-book.ts';
import { DeviceActor } from '../actors/device-actor.ts';
import type { DeviceEvent, DeviceMessage } from '../actors/device-messages.ts';
import { DeviceView } from '../actors/device-view.ts';
import { dropRouted } from '../actors/dropped.ts';
import { laneOf } from '../actors/messages.ts';
import { placeCamera } from '../actors/placement.ts';
import { RegionActor, type RegionMessage } from '../actors/region-actor.ts';
import type { ActorRef, ActorSystem } from '../actors/runtime/types.ts';
import { CONTROL_MAILBOX_MAX, DEVICE_MAILBOX_MAX, REGION_MAILBOX_MAX } from '../config/limits.ts';
import type { NodeConfig } from '../config/schema.ts';
import { shardId } from '../core/ids.ts';
import type { Decoder } from '../models/decode/decoder.ts';
import type { Ring } from '../shards/ring.ts';
import { ownerOf, type ShardMap } from '../shards/shard-map.ts';
import { createDevice, deviceName, type ServedModel } from './devices.ts';

export interface NodeActors {
  readonly region: ActorRef<RegionMessage>;
  readonly devices: readonly { readonly view: DeviceView; readonly ref: ActorRef<DeviceMessage> }[];
}

/** Starts the node's actors: one per device, and the region with shards and cameras under it. */
export function startActors(options: {
  readonly system: ActorSystem;
  readonly config: NodeConfig;
  readonly served: ServedModel;
  readonly decoder: Decoder;
  readonly book: CameraBook;
  readonly ring: Ring;
  readonly shardMap: ShardMap;
  readonly onResult: ResultListener;
  readonly onDeviceEvent: (event: DeviceEvent) => void;
}): NodeActors {
  const { system, config, served, decoder, book } = options;
  const { model } = served;

  const devices = config.devices.map((device, index) => {
    const view = new DeviceView(deviceName(device, index), device.kind, model.key, model.inputSize);
    const ref = system.spawn<DeviceMessage>(`device-${view.device}`, {
      create: (context) =>
        new DeviceActor(context, {
          createDevice: () => createDevice(device, index, model, system.clock),
          model,
          decode: (frame, slot) => decoder.decodeInto(frame, slot, model.inputSize),
          scoreThreshold: served.scoreThreshold,
          frameDeadlineMs: config.batching.frameDeadlineMs,
          batchDelayMsMax: config.batching.batchDelayMsMax,
          decodersMax: config.batching.decodersMax,
          view,
          onEvent: options.onDeviceEvent,
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
    return {
      view,
      ref,
      device: view.device,
      get state() {
        return view.state;
      },
    };
  });

  const region = system.spawn<RegionMessage>('region', {
    create: (context) =>
      new RegionActor(context, options.ring, {
        book,
        // One owner for good on a single node; a cluster's map gives each shard its own.
        epoch: ownerOf(options.shardMap, shardId(0)).epoch,
        deviceFor: (record) => {
          const placed = placeCamera(record.camera, devices);
          if (placed === undefined) throw new Error('a node without devices'); // the schema asks for one
          return placed.ref;
        },
        onResult: options.onResult,
        creditWindow: config.flow.creditWindow,
        fpsTarget: config.flow.fpsTarget,
        inputSize: model.inputSize,
        idleMs: config.actors.cameraIdleMs,
      }),
    mailbox: { control: CONTROL_MAILBOX_MAX, frame: REGION_MAILBOX_MAX, overflow: 'reject' },
    laneOf,
    onDropped: (message, reason) => {
      if (message.kind !== 'shard-stopped') dropRouted(book, message, reason);
    },
  });
  return { region, devices };
}
