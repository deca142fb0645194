import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../core/clock.ts';
import type { AuditEntry } from '../../core/history-record.ts';
import { openRedis } from '../../src/adapters/redis/open-redis.ts';
import {
  type RedisSettingsOptions,
  RedisSettingsStore,
} from '../../src/adapters/redis/settings/redis-settings-store.ts';
import type { EmitSettingsEvent } from '../../src/settings/event.ts';
import { LocalAuditLog } from '../../src/settings/local/local-audit-log.ts';
import type { SettingsChange } from '../../src/settings/port.ts';

let clusters = 0;
/** A cluster's name nobody had in this process. */
export const newCluster = (): string => `settings-${process.pid}-${++clusters}`;

/** A node's settings in Redis, with an audit log in a folder of its own, which can be closed and opened again. */
export class RedisSettingsNode {
  readonly dir = mkdtempSync(join(tmpdir(), 'camshard-redis-settings-'));
  readonly events: Parameters<EmitSettingsEvent>[0][] = [];
  readonly audited: AuditEntry[] = [];
  readonly changes: SettingsChange[] = [];
  readonly #name: string;
  readonly #url: string;
  readonly #isCluster: boolean;
  #audit: LocalAuditLog | undefined;
  #store: RedisSettingsStore | undefined;

  constructor(options: { readonly name?: string; readonly url: string; readonly isCluster?: boolean }) {
    this.#name = options.name ?? 'n1';
    this.#url = options.url;
    this.#isCluster = options.isCluster ?? false;
  }

  async open(cluster: string, over: Partial<RedisSettingsOptions> = {}): Promise<RedisSettingsStore> {
    const emit: EmitSettingsEvent = (event) => void this.events.push(event);
    const log = pino({ level: 'silent' });
    const client = (name: string) =>
      openRedis({
        config: {
          url: this.#url,
          cluster: this.#isCluster,
          connectTimeoutMs: 500,
          commandTimeoutMs: 1_000,
          streamLengthMax: 100,
        },
        name,
        clock: systemClock,
        log,
      });
    const audit = await LocalAuditLog.open({ dir: join(this.dir, 'audit'), emit });
    this.#audit = audit;
    const store = await RedisSettingsStore.open({
      redis: client('commands'),
      waiting: client('waiting'),
      blockMs: 300,
      cluster,
      node: this.#name,
      camerasMax: 100,
      clock: systemClock,
      log,
      emit,
      audit,
      onAudit: (entry) => void this.audited.push(entry),
      loadTimeoutMs: 10_000,
      ...over,
    });
    this.#store = store;
    store.onChange((change) => this.changes.push(change));
    return store;
  }

  get store(): RedisSettingsStore {
    if (this.#store === undefined) throw new Error('not open');
    return this.#store;
  }

  get audit(): LocalAuditLog {
    if (this.#audit === undefined) throw new Error('not open');
    return this.#audit;
  }

  async close(): Promise<void> {
    await this.#store?.close();
    await this.#audit?.close();
  }

  async end(): Promise<void> {
    await this.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
