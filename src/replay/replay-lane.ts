import { type AnalysedFrame, CameraAnalytics, type Findings } from '../../analytics/camera-analytics.ts';
import type { Taxonomy } from '../../analytics/waste/taxonomy.ts';
import type { CameraSettings } from '../../config/camera-settings/schema.ts';
import type { NodeConfig } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import type { Detection } from '../../core/detection.ts';
import { CamshardError } from '../../core/errors.ts';
import { type ImageFormat, type ImageHeader, uprightSize } from '../../core/frame.ts';
import { readDetections } from '../../models/batch/detections.ts';
import { createDecoder, type Decoder } from '../../models/decode/decoder.ts';
import type { Device, DeviceModel } from '../../models/device/port.ts';
import { gridOf } from '../../models/gate/luma-grid.ts';
import { createGate, type MotionGate } from '../../models/gate/motion-gate.ts';
import { pictureStats } from '../../models/gate/picture-stats.ts';
import { WEAK_SCORE_MIN } from '../actors.ts';
import { closeDevices, createDevice, type ResolvedDevice, resolveDevices } from '../devices.ts';
import { inspectImage } from '../ingest/inspect-image.ts';
import { prepareModel } from '../served-model.ts';

export interface ReplayedFrame {
  readonly atMs: number;
  readonly header: ImageHeader;
  /** Those a node would report. */
  readonly detections: readonly Detection[];
  readonly findings: Findings;
  readonly gated: boolean;
}

export interface LaneOptions {
  /** Says which model and which device: the first of `devices` is used. */
  readonly config: NodeConfig;
  readonly settings: CameraSettings;
  readonly taxonomy: Taxonomy | undefined;
  /** Skip frames on which nothing moves, as a node does. */
  readonly gate: boolean;
}

const FORMATS: readonly ImageFormat[] = ['jpeg', 'png', 'webp'];

/**
 * A node's way for one camera without a node around it: the same decoder, device, boxes and analytics, one frame after
 * the other, nothing shed. What it gives depends on the frames, their times and the settings alone.
 */
export class ReplayLane {
  readonly model: string;
  readonly inputSize: number;
  readonly #analytics: CameraAnalytics;
  readonly #decoder: Decoder;
  readonly #device: Device;
  readonly #resolved: readonly ResolvedDevice[];
  readonly #deviceModel: DeviceModel;
  readonly #scoreThreshold: number;
  readonly #limits: NodeConfig['ingest'];
  readonly #judges: boolean;
  readonly #gate: MotionGate | undefined;
  #pixels: Uint8Array<ArrayBuffer>;

  private constructor(
    options: LaneOptions,
    parts: {
      readonly decoder: Decoder;
      readonly device: Device;
      readonly resolved: readonly ResolvedDevice[];
      readonly model: DeviceModel;
      readonly inputSize: number;
      readonly scoreThreshold: number;
    },
  ) {
    this.model = parts.model.key;
    this.inputSize = parts.inputSize;
    this.#analytics = new CameraAnalytics(options.settings, options.taxonomy);
    this.#decoder = parts.decoder;
    this.#device = parts.device;
    this.#resolved = parts.resolved;
    this.#deviceModel = parts.model;
    this.#scoreThreshold = parts.scoreThreshold;
    this.#limits = options.config.ingest;
    this.#judges = options.settings.health.enabled;
    this.#gate = options.gate ? createGate(options.config.gate) : undefined;
    this.#pixels = new Uint8Array(parts.inputSize * parts.inputSize * 3);
  }

  /** @throws ModelError, DeviceError */
  static async open(options: LaneOptions): Promise<ReplayLane> {
    const [first] = options.config.devices;
    // One size, and one frame at a time: batches of other sizes are not even warmed.
    const config: NodeConfig = {
      ...options.config,
      devices: first === undefined ? [] : [{ ...first, batchMax: 1 }],
      overload: { ...options.config.overload, inputSizes: [] },
    };
    const served = await prepareModel(config);
    const resolved = await resolveDevices(config);
    const [chosen] = resolved;
    if (chosen === undefined) throw new Error('a configuration without devices'); // the schema asks for one
    const model = served.modelFor(chosen.chosenKind);
    const device = createDevice(chosen, model, systemClock);
    await device.start();
    const decoder = createDecoder({
      padValue: served.padValue,
      concurrencyMax: 1,
      scratchBytesMax: config.batching.scratchBytesMax,
    });
    const [inputSize = config.models.inputSize] = served.inputSizes;
    const { scoreThreshold } = served;
    return new ReplayLane(options, { decoder, device, resolved, model, inputSize, scoreThreshold });
  }

  /**
   * Analyses one picture.
   * @param atMs event time, ms since the Unix epoch; may not go back.
   * @throws CamshardError with a reject reason as its code where the picture is bad
   */
  async frame(picture: Uint8Array, atMs: number): Promise<ReplayedFrame> {
    const read = inspectImage(picture, this.#limits, FORMATS);
    if (read.kind === 'bad') throw new CamshardError(read.reason, read.message);
    const { header } = read;
    const size = this.inputSize;
    if (this.#device.wantsPixels) await this.#decoder.decodeInto({ bytes: picture, header }, this.#pixels, size);
    const stats = this.#judges && this.#device.wantsPixels ? pictureStats(this.#pixels, size, header) : undefined;
    const grid = this.#gate === undefined ? undefined : gridOf(this.#pixels, size, header);
    if (grid !== undefined) {
      const look = this.#gate?.look(grid, atMs, 0).kind;
      if (look === 'still' || look === 'slight') {
        return { atMs, header, detections: [], findings: this.#analytics.gated(atMs, stats), gated: true };
      }
    }
    const output = await this.#device.run({ inputSize: size, count: 1, pixels: this.#pixels });
    this.#pixels = output.pixels;
    if (grid !== undefined) this.#gate?.analysed(grid, atMs);
    const least = Math.min(WEAK_SCORE_MIN, this.#scoreThreshold);
    const all = readDetections(output.boxes, 0, header, size, this.#deviceModel.labels, least);
    const frame: AnalysedFrame = { atMs, detections: all, ...uprightSize(header), picture: stats };
    const findings = this.#analytics.analysed(frame);
    const detections = all.filter(({ score }) => score >= this.#scoreThreshold);
    return { atMs, header, detections, findings, gated: false };
  }

  /** A picture was refused: it came, and nothing was seen. */
  rejected(atMs: number): Findings {
    return this.#analytics.unseen('rejected', atMs);
  }

  /** The recording is over: closes the interval at hand. */
  end(atMs: number): Findings {
    return this.#analytics.finish(atMs);
  }

  async close(): Promise<void> {
    await this.#decoder.close();
    await this.#device.close();
    closeDevices(this.#resolved);
  }
}
