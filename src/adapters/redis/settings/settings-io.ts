import type { Result } from 'ioredis';
import { CamshardError } from '../../../../core/errors.ts';
import { type CameraId, parseCameraId } from '../../../../core/ids.ts';
import type { SettingsVersion } from '../../../settings/port.ts';
import type { OpenRedis } from '../open-redis.ts';
import { readRecord, readVersion, type SettingsRecord } from './settings-record.ts';
import { CHANGE_SETTINGS, type ChangeArguments, changeArguments, settingsKeys } from './settings-script.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    camshardChangeSettings(...keysAndArguments: (string | Buffer)[]): Result<[string, number], Context>;
  }
}

/** What became of a change. */
export interface ChangeAnswer {
  readonly what: 'changed' | 'same' | 'conflict' | 'unknown' | 'full';
  readonly version: number;
}

/** Where the stream is. */
export interface StreamPlace {
  /** Of an entry; `0-0` before the first. */
  readonly id: string;
  /** Counts up from 1 without gaps. */
  readonly seq: number;
}

export interface StreamEntry extends StreamPlace {
  readonly camera: CameraId;
  /** Undefined where the document is too long to ride along. */
  readonly record: SettingsRecord | undefined;
}

export interface FoundRecord {
  readonly camera: CameraId;
  /** Undefined where this version of the program cannot read it. */
  readonly record: SettingsRecord | undefined;
}

/** Records read in one go: at most this many times SETTINGS_BYTES_MAX, some hundred KB mostly. */
const PAGE = 64;

/** The commands behind the settings, on one connection. Each rejects where Redis is away. */
export class SettingsIo {
  readonly #redis: OpenRedis;
  readonly #keys: ReturnType<typeof settingsKeys>;

  constructor(redis: OpenRedis, cluster: string) {
    this.#redis = redis;
    this.#keys = settingsKeys(cluster);
    redis.client.defineCommand('camshardChangeSettings', { numberOfKeys: 4, lua: CHANGE_SETTINGS });
  }

  /** @throws also where it is not known what became of it: the answer was lost */
  async change(change: ChangeArguments): Promise<ChangeAnswer> {
    const args = changeArguments(this.#keys, change);
    const [what, version] = await this.#run(() => this.#redis.client.camshardChangeSettings(...args));
    return { what: what as ChangeAnswer['what'], version };
  }

  /** Where the newest change is. */
  async head(): Promise<StreamPlace> {
    const [seq, id] = await this.#run(() => this.#redis.client.hmget(this.#keys.meta, 'seq', 'id'));
    return { seq: Number(seq ?? 0), id: id ?? '0-0' };
  }

  /** Changes behind `id`, oldest first, a page of them. */
  async changesAfter(id: string): Promise<StreamEntry[]> {
    const { changes } = this.#keys;
    return entriesOf(await this.#run(() => this.#redis.client.xrange(changes, `(${id}`, '+', 'COUNT', PAGE)));
  }

  /** As {@link changesAfter}; waits up to `blockMs` for the first. Holds up the connection: use one of its own. */
  async awaitChanges(id: string, blockMs: number): Promise<StreamEntry[]> {
    const { client } = this.#redis;
    if (client.status !== 'ready') throw away(`redis is ${client.status}`);
    // Not among the calls: how long it takes says nothing of the server.
    const answer = await client.xread('COUNT', PAGE, 'BLOCK', blockMs, 'STREAMS', this.#keys.changes, id);
    return entriesOf(answer?.[0]?.[1] ?? []);
  }

  async newest(camera: CameraId): Promise<SettingsRecord | undefined> {
    const raw = await this.#run(() => this.#redis.client.hget(this.#keys.newest, camera));
    return raw === null ? undefined : readRecord(camera, raw);
  }

  /**
   * Every camera's newest, page by page; some may come twice.
   * @throws CamshardError `settings_unavailable` where fewer came than there are: another server went on in the middle
   */
  async *all(): AsyncGenerator<readonly FoundRecord[]> {
    const { client } = this.#redis;
    const seen = new Set<string>();
    // None is ever taken out again, so that at least these must come.
    const there = await this.#run(() => client.hlen(this.#keys.newest));
    let cursor = '0';
    do {
      const [next, flat] = await this.#run(() => client.hscan(this.#keys.newest, cursor, 'COUNT', PAGE));
      cursor = next;
      const page: FoundRecord[] = [];
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const [name = '', raw = ''] = [flat[i], flat[i + 1]];
        seen.add(name);
        const camera = parseCameraId(name);
        if (camera !== undefined) page.push({ camera, record: readRecord(camera, raw) });
      }
      yield page;
    } while (cursor !== '0');
    if (seen.size < there) throw away(`${seen.size} of ${there} settings came`);
  }

  /** Newest first. */
  async versions(camera: CameraId): Promise<SettingsVersion[]> {
    const raw = await this.#run(() => this.#redis.client.lrangeBuffer(this.#keys.versions(camera), 0, -1));
    const versions = await Promise.all(raw.map(readVersion));
    return versions.filter((v) => v !== undefined);
  }

  close(): Promise<void> {
    return this.#redis.close();
  }

  #run<T>(command: () => Promise<T>): Promise<T> {
    const { client, calls } = this.#redis;
    // A cluster client queues what it is given before it knows the cluster.
    return calls.run(() => (client.status === 'ready' ? command() : Promise.reject(away(`redis is ${client.status}`))));
  }
}

const away = (why: string): CamshardError => new CamshardError('settings_unavailable', why);

function entriesOf(raw: readonly (readonly [string, readonly string[]])[]): StreamEntry[] {
  return raw.flatMap(([id, [, seq = '0', , name = '', , text = '']]) => {
    const camera = parseCameraId(name);
    if (camera === undefined) return [];
    return [{ id, seq: Number(seq), camera, record: text === '' ? undefined : readRecord(camera, text) }];
  });
}

/** @returns below 0 where `a` came before `b` */
export function compareIds(a: string, b: string): number {
  const [aMs = 0, aN = 0] = a.split('-').map(Number);
  const [bMs = 0, bN = 0] = b.split('-').map(Number);
  return aMs - bMs || aN - bN;
}
