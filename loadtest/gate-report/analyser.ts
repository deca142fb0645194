import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Detection } from '../../core/detection.ts';
import { uprightSize } from '../../core/frame.ts';
import { parseJpegHeader } from '../../core/image-header.ts';
import { readDetections } from '../../models/batch/detections.ts';
import { createDecoder } from '../../models/decode/decoder.ts';
import { gridOf, type LumaGrid } from '../../models/gate/luma-grid.ts';
import { ensureModel } from '../../models/import/ensure-model.ts';

/** One picture as the node sees it: what the gate compares, and what the model finds. */
export interface AnalysedPicture {
  readonly width: number;
  readonly height: number;
  readonly grid: LumaGrid;
  readonly detections: readonly Detection[];
}

/**
 * The product's decoder, grid and default detector, without a node around them. ONNX Runtime is used as it is, on one
 * thread, so that a picture has the same detections in each run.
 */
export class Analyser {
  readonly inputSize: number;
  readonly #session: InferenceSession;
  readonly #labels: readonly string[];
  readonly #scoreMin: number;
  readonly #decoder = createDecoder({ padValue: 0, concurrencyMax: 1, scratchBytesMax: 64e6 });

  private constructor(session: InferenceSession, labels: readonly string[], inputSize: number, scoreMin: number) {
    this.#session = session;
    this.#labels = labels;
    this.inputSize = inputSize;
    this.#scoreMin = scoreMin;
  }

  static async open(modelsDir: string, inputSize: number, scoreMin: number): Promise<Analyser> {
    const model = await ensureModel({ dir: modelsDir, name: 'centernet', size: inputSize });
    const session = await InferenceSession.create(model.path, { intraOpNumThreads: 1 });
    return new Analyser(session, model.labels, inputSize, scoreMin);
  }

  async close(): Promise<void> {
    await this.#decoder.close();
    await this.#session.release();
  }

  async analyse(jpeg: Buffer): Promise<AnalysedPicture> {
    const { grid, slot, header } = await this.#decode(jpeg);
    const side = this.inputSize;
    const output = await this.#session.run({ frames: new Tensor('uint8', slot, [1, side, side, 3]) });
    const boxes = Object.values(output)[0]?.data;
    if (!(boxes instanceof Float32Array)) throw new Error('the model gives no boxes');
    const detections = readDetections(boxes, 0, header, side, this.#labels, this.#scoreMin);
    return { ...uprightSize(header), grid, detections };
  }

  /** The grid alone, where only the gate is asked. */
  async grid(jpeg: Buffer): Promise<LumaGrid> {
    return (await this.#decode(jpeg)).grid;
  }

  async #decode(jpeg: Buffer) {
    const parsed = parseJpegHeader(jpeg);
    if (parsed.kind === 'bad') throw new Error(parsed.message);
    const { header } = parsed;
    const slot = new Uint8Array(this.inputSize * this.inputSize * 3);
    await this.#decoder.decodeInto({ bytes: jpeg, header }, slot, this.inputSize);
    return { header, slot, grid: gridOf(slot, this.inputSize, header) };
  }
}
