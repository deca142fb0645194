import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Clock } from '../../../core/clock.ts';
import type { ErrorMessage, NodeStatsMessage } from '../../../core/protocol.ts';
import type { LiveText } from '../api/live-messages.ts';
import type { NodeApi } from '../api/node-api.ts';
import { Store } from '../state/store.ts';
import { CameraBook } from './camera-book.ts';
import { ClusterStats } from './cluster-stats.ts';
import { FrameHub } from './frame-hub.ts';
import { LiveConnection } from './live-connection.ts';
import { addStats, type StatsHistory } from './stats-history.ts';

/** Everything the page knows of the node, kept up to date by one connection. */
export class Live {
  readonly api: NodeApi;
  readonly connection: LiveConnection;
  readonly cameras = new CameraBook();
  readonly frames: FrameHub;
  readonly stats = new Store<StatsHistory>([]);
  readonly #nodes = new ClusterStats();
  readonly #clock: Clock;
  /** The node's last complaint about this page; gone with the next connection. */
  readonly fault = new Store<ErrorMessage | undefined>(undefined);

  constructor(api: NodeApi, clock: Clock) {
    this.api = api;
    this.#clock = clock;
    this.connection = new LiveConnection(api, clock, {
      onCameras: (cameras) => this.cameras.update(cameras),
      onText: (message) => this.#receive(message),
      onFrame: (frame) => this.frames.deliver(frame),
    });
    this.frames = new FrameHub(clock, (cameras) => this.connection.watch(cameras));
    this.connection.status.subscribe(() => {
      if (this.connection.status.get().kind === 'open') this.fault.set(undefined);
    });
  }

  #told(message: NodeStatsMessage): void {
    const sum = this.#nodes.add(message, this.#clock.nowMs());
    if (sum !== undefined) this.stats.update((history) => addStats(history, sum));
  }

  #receive(message: LiveText): void {
    if (message.type === 'stats') this.#told(message);
    else if (message.type === 'cameras') this.cameras.update(message.cameras);
    else this.fault.set(message);
  }
}

export const LiveContext = createContext<Live | undefined>(undefined);

/** @throws Error outside of the page's root. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error('useLive outside of LiveContext');
  return live;
}
