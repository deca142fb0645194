import { Cluster, type Redis } from 'ioredis';
import type { Clock, Timer } from '../../../core/clock.ts';
import type { Logger } from '../../telemetry/log.ts';
import { LatencyCounts } from './latency-counts.ts';

/** What the server says of itself (`INFO`), as of `atMs`; of the node that answered, where it is a cluster. */
export interface RedisServerFigures {
  /** ms since the Unix epoch. */
  readonly atMs: number;
  readonly connectedClients: number;
  /** 0 where the server does not say. */
  readonly maxClients: number;
  readonly rejectedConnections: number;
  readonly totalConnections: number;
  readonly opsPerSecond: number;
  readonly usedMemoryBytes: number;
  /** 0: no limit. */
  readonly maxMemoryBytes: number;
  readonly pubsubChannels: number;
}

/** How often the server is asked. */
const ASK_MS = 10_000;
/** Share of the connections a server allows at which operators are warned. */
const WARN_SHARE = 0.9;

export interface RedisStatsOptions {
  readonly client: Redis | Cluster;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Figures of a Redis connection and of the server behind it; read by the metrics. */
export class RedisStats {
  /** `timeouts` are among the `failures`; `refused` were not made, and are no `commands`. */
  readonly counts = { errors: 0, connected: 0, commands: 0, failures: 0, timeouts: 0, refused: 0 };
  /** Calls under way. */
  inFlight = 0;
  /** Of calls, as their callers saw it. */
  readonly latency = new LatencyCounts();
  readonly #o: RedisStatsOptions;
  readonly #timer: Timer;
  #server: RedisServerFigures | undefined;
  #asking = false;
  #warned = false;

  constructor(options: RedisStatsOptions) {
    this.#o = options;
    this.#timer = options.clock.every(ASK_MS, () => void this.refresh());
  }

  /** Connections to servers: one, or one to each server of a cluster that has been asked for anything. */
  get connections(): number {
    const { client } = this.#o;
    if (!(client instanceof Cluster)) return this.ready ? 1 : 0;
    return client.nodes().filter(({ status }) => status === 'ready').length;
  }

  get ready(): boolean {
    return this.#o.client.status === 'ready';
  }

  /** The last answer; `undefined` before the first. */
  get server(): RedisServerFigures | undefined {
    return this.#server;
  }

  async refresh(): Promise<void> {
    if (!this.ready || this.#asking) return;
    this.#asking = true;
    try {
      this.#server = parseInfo(await this.#o.client.info(), this.#o.clock.wallMs());
      this.#warn(this.#server);
    } catch {
      // Counted as an error of the connection already; the next answer will do.
    } finally {
      this.#asking = false;
    }
  }

  close(): void {
    this.#timer.cancel();
  }

  #warn({ connectedClients, maxClients }: RedisServerFigures): void {
    const near = maxClients > 0 && connectedClients >= WARN_SHARE * maxClients;
    if (near && !this.#warned) this.#o.log.warn({ connectedClients, maxClients }, 'redis is near its limit of clients');
    this.#warned = near;
  }
}

/** Reads what `INFO` answers: lines of `name:value`. */
export function parseInfo(text: string, atMs: number): RedisServerFigures {
  const values = new Map<string, number>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at > 0) values.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  const figure = (name: string): number => {
    const value = values.get(name) ?? 0;
    return Number.isFinite(value) ? value : 0;
  };
  return {
    atMs,
    connectedClients: figure('connected_clients'),
    maxClients: figure('maxclients'),
    rejectedConnections: figure('rejected_connections'),
    totalConnections: figure('total_connections_received'),
    opsPerSecond: figure('instantaneous_ops_per_sec'),
    usedMemoryBytes: figure('used_memory'),
    maxMemoryBytes: figure('maxmemory'),
    pubsubChannels: figure('pubsub_channels'),
  };
}
