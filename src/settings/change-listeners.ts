import type { Logger } from '../telemetry/log.ts';
import type { SettingsChange } from './port.ts';

/** Those who want to know of changes. */
export class ChangeListeners {
  readonly #listeners = new Set<(change: SettingsChange) => void>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @returns ends it */
  add(listener: (change: SettingsChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(change: SettingsChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        // The change is made; one listener's fault must not keep it from the others.
        this.#log.error({ err: error, camera: change.camera }, 'a listener to settings failed');
      }
    }
  }
}
