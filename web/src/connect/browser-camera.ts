import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Clock } from '../../../core/clock.ts';
import type { NodeApi } from '../api/node-api.ts';
import { Store } from '../state/store.ts';
import { CameraSession } from './camera-session.ts';
import type { PictureSource } from './picture-source.ts';

/** The one camera this browser may be; it goes on while the visitor looks at other pages of ours. */
export class BrowserCamera {
  readonly session = new Store<CameraSession | undefined>(undefined);
  readonly #api: NodeApi;
  readonly #clock: Clock;

  constructor(api: NodeApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Begins anew with `source`, which from now on belongs to the session. */
  start(camera: string, source: PictureSource): void {
    this.session.get()?.stop();
    this.session.set(new CameraSession(this.#api, this.#clock, camera, source));
  }

  stop(): void {
    this.session.get()?.stop();
  }
}

export const BrowserCameraContext = createContext<BrowserCamera | undefined>(undefined);

/** @throws Error outside of the page's root. */
export function useBrowserCamera(): BrowserCamera {
  const camera = useContext(BrowserCameraContext);
  if (camera === undefined) throw new Error('useBrowserCamera outside of BrowserCameraContext');
  return camera;
}
