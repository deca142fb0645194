import type { RecordingSource, startHarness } from './harness.ts';

export interface DrivenCamera {
  readonly name: string;
  readonly fps: number;
  /** Sends no more than it was last asked for. */
  readonly obeys: boolean;
  readonly source: RecordingSource;
}

type Harness = ReturnType<typeof startHarness>;

/** Cameras that send at their own rates, phases staggered, under the harness's clock. */
export class DrivenCameras {
  readonly cameras: DrivenCamera[] = [];
  readonly #node: Harness;
  readonly #due = new Map<DrivenCamera, number>();
  readonly #periods = new Map<DrivenCamera, number>();
  readonly #seq = new Map<DrivenCamera, number>();
  /** Frames sent per camera since {@link forget}. */
  readonly sent = new Map<string, number>();

  constructor(node: Harness) {
    this.#node = node;
  }

  async add(name: string, fps: number, obeys = true): Promise<DrivenCamera> {
    const camera = { name, fps, obeys, source: await this.#node.connect(name) };
    this.cameras.push(camera);
    this.#due.set(camera, this.#node.clock.nowMs() + ((this.cameras.length * 0.618) % 1) * (1_000 / fps));
    return camera;
  }

  /** Lets `ms` pass, frames being sent when they are due. */
  async run(ms: number, stepMs = 2): Promise<void> {
    const { clock } = this.#node;
    for (const end = clock.nowMs() + ms; clock.nowMs() < end; ) {
      for (const camera of this.cameras) {
        const dueMs = this.#due.get(camera) ?? 0;
        if (dueMs > clock.nowMs()) continue;
        const asked =
          camera.source.credits.at(-1)?.target.fps ?? camera.source.welcomes.at(-1)?.target.fps ?? camera.fps;
        const fps = camera.obeys ? Math.min(camera.fps, asked) : camera.fps;
        const periodMs = 1_000 / fps;
        const isNew = periodMs !== (this.#periods.get(camera) ?? periodMs);
        this.#periods.set(camera, periodMs);
        const offsetMs = ((this.cameras.indexOf(camera) * 0.618) % 1) * periodMs;
        // As src/client/pacer.ts has cameras do: at a new rate, on a grid of its own phase.
        const slots = isNew ? Math.ceil((dueMs - offsetMs) / periodMs + 0.5) : undefined;
        this.#due.set(camera, slots === undefined ? dueMs + periodMs : offsetMs + slots * periodMs);
        const seq = (this.#seq.get(camera) ?? 0) + 1;
        this.#seq.set(camera, seq);
        this.sent.set(camera.name, (this.sent.get(camera.name) ?? 0) + 1);
        this.#node.push(camera.name, seq, camera.source);
      }
      await clock.advanceAsync(stepMs, stepMs);
    }
  }

  /** Forgets what was measured so far. */
  forget(): void {
    this.sent.clear();
    for (const { source } of this.cameras) source.answers.length = 0;
  }

  /** Results of a camera since {@link forget}. */
  results(name: string): number {
    const camera = this.cameras.find((c) => c.name === name);
    return camera?.source.answers.filter(({ outcome }) => outcome.kind === 'inferred').length ?? 0;
  }

  /** Latencies of all results since {@link forget}, ascending, ms. */
  latencies(of: (camera: DrivenCamera) => boolean = () => true): number[] {
    return this.cameras
      .filter(of)
      .flatMap(({ source }) => source.answers.filter(({ outcome }) => outcome.kind === 'inferred'))
      .map(({ latencyMs }) => latencyMs)
      .sort((a, b) => a - b);
  }
}

/** Jain's fairness index of shares: 1 where all are equal, 1 / n where one has it all. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  const squares = shares.reduce((a, b) => a + b * b, 0);
  return squares === 0 ? 1 : sum ** 2 / (shares.length * squares);
}

export const percentile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
