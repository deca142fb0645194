import { CamshardError } from '../../core/errors.ts';
import type { CameraId } from '../../core/ids.ts';

/** Changes of one camera follow one another; those of different cameras go side by side. */
export class Turns {
  /** The newest change of each camera that has one under way. */
  readonly #turns = new Map<CameraId, Promise<unknown>>();
  #closed = false;

  /** @throws CamshardError `settings_unavailable` once it is closed */
  inTurn<T>(camera: CameraId, work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new CamshardError('settings_unavailable', 'the node stops'));
    const turn = (this.#turns.get(camera) ?? Promise.resolve()).then(work, work);
    const settled: Promise<unknown> = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(camera) === settled) this.#turns.delete(camera);
      });
    this.#turns.set(camera, settled);
    return turn;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes no more work, and resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#turns.values());
  }
}
