import { WebSocket } from 'ws';

/** What one dashboard got. */
export interface WatchedCounts {
  texts: number;
  pictures: number;
  bytes: number;
}

/** As the wall of the page asks. */
const ALERTS_MS = 15_000;
const SETTINGS_MS = 10_000;

/** What an open wall asks of a node, without a browser: the live feed with a screenful of cameras, and what it polls. */
export class Watcher {
  readonly counts: WatchedCounts = { texts: 0, pictures: 0, bytes: 0 };
  readonly #url: string;
  readonly #cameras: readonly string[];
  readonly #timers: NodeJS.Timeout[] = [];
  #socket: WebSocket | undefined;

  /** @param cameras on its screen */
  constructor(httpUrl: string, cameras: readonly string[]) {
    this.#url = httpUrl;
    this.#cameras = cameras;
  }

  /** Resolves when the feed is open. */
  async open(): Promise<void> {
    await this.#get('/v1/cameras?limit=100');
    const socket = new WebSocket(`${this.#url.replace('http', 'ws')}/v1/live?topics=cluster,alerts`);
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.counts[isBinary ? 'pictures' : 'texts']++;
      this.counts.bytes += data.byteLength;
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => {});
    const topics = ['cluster', 'alerts', ...this.#cameras.map((camera) => `camera:${camera}`)];
    socket.send(JSON.stringify({ type: 'watch', topics }));
    const polled = (path: string, everyMs: number): void => {
      void this.#get(path);
      this.#timers.push(setInterval(() => void this.#get(path), everyMs));
    };
    polled('/v1/alerts?state=opened&limit=1000', ALERTS_MS);
    polled('/v1/settings?limit=1000', SETTINGS_MS);
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#socket?.terminate();
  }

  async #get(path: string): Promise<void> {
    await fetch(`${this.#url}${path}`, { signal: AbortSignal.timeout(10_000) }).then(
      (response) => response.arrayBuffer(),
      () => undefined,
    );
  }
}
