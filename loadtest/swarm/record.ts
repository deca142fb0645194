import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import type { Detection } from '../../core/detection.ts';

/** One answer as a camera got it, a line of JSON; what a runner works out afterwards, it works out from these. */
export interface AnswerRecord {
  readonly camera: string;
  /** When the answer came, ms since the Unix epoch: the clock a runner in another process shares. */
  readonly at: number;
  /** `acked`: gated where results were asked for. */
  readonly kind: 'result' | 'acked' | 'dropped';
  readonly reason?: string;
  /** From sending to the answer, ms. */
  readonly latencyMs: number;
  /** Position of the frame in the recording played, see FootagePlay; only with `--sequence`. */
  readonly positionMs?: number;
  /** Only with `--sequence`. */
  readonly detections?: readonly Detection[];
}

export class AnswerRecorder {
  readonly #stream: WriteStream;

  constructor(path: string) {
    this.#stream = createWriteStream(path);
  }

  write(record: AnswerRecord): void {
    this.#stream.write(`${JSON.stringify(record)}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.end(resolve);
    });
  }
}

/** Reads what a swarm recorded, in order of arrival. */
export function readAnswers(path: string): readonly AnswerRecord[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AnswerRecord);
}
