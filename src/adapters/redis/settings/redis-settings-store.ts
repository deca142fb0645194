import { randomUUID } from 'node:crypto';
import { type ParseOptions, parseCameraSettings } from '../../../../config/camera-settings/parse-camera-settings.ts';
import { settingsSchemaMark } from '../../../../config/camera-settings/schema-mark.ts';
import type { Clock } from '../../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../../core/errors.ts';
import type { AuditEntry } from '../../../../core/history-record.ts';
import type { CameraId } from '../../../../core/ids.ts';
import type { AuditLog } from '../../../settings/audit-log.ts';
import { ChangeListeners } from '../../../settings/change-listeners.ts';
import { checkSettings } from '../../../settings/check-settings.ts';
import type { EmitSettingsEvent } from '../../../settings/event.ts';
import { hashOf } from '../../../settings/hash-of.ts';
import type {
  ChangedBy,
  PutOutcome,
  RemoveOutcome,
  SettingsChange,
  SettingsDocument,
  SettingsInput,
  SettingsPage,
  SettingsStore,
  SettingsVersion,
  StoredSettings,
} from '../../../settings/port.ts';
import { type KeptSettings, SettingsMemory } from '../../../settings/settings-memory.ts';
import { tellRefused } from '../../../settings/told.ts';
import { Turns } from '../../../settings/turns.ts';
import type { Logger } from '../../../telemetry/log.ts';
import type { OpenRedis } from '../open-redis.ts';
import { OwnChanges } from './own-changes.ts';
import { SettingsFollower } from './settings-follower.ts';
import { type ChangeAnswer, SettingsIo } from './settings-io.ts';
import { packVersion, type RecordHeader, type SettingsRecord, writeYaml } from './settings-record.ts';

export interface RedisSettingsOptions {
  /** Both are the store's to close. */
  readonly redis: OpenRedis;
  /** Another connection to the same Redis: changes are waited for on it. */
  readonly waiting: OpenRedis;
  /** Below the command time-out of `waiting`. */
  readonly blockMs: number;
  readonly cluster: string;
  readonly node: string;
  readonly camerasMax: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EmitSettingsEvent;
  readonly audit: AuditLog;
  /** Told of each entry once the audit log has it. */
  readonly onAudit?: (entry: AuditEntry) => void;
  readonly check?: ParseOptions['check'];
  /** For the first read of everything; Redis may be away at first. */
  readonly loadTimeoutMs: number;
}

/** The version in force, and the newest there is: another one where this node cannot take that. */
interface Entry extends KeptSettings {
  readonly newest: { readonly version: number; readonly hash: string };
}

const NONE: Entry = {
  version: 0,
  updatedAt: 0,
  updatedBy: '',
  documentJson: undefined,
  newest: { version: 0, hash: '' },
};

const RETRY_MS = 200;
/** A change of ours this long before the start may have missed the audit log in a crash; an older one is in it. */
const AUDIT_AGAIN_MS = 60 * 60 * 1_000;
/** Names what a document was checked against; one another version of the program wrote is checked again. */
const CHECKED_BY = settingsSchemaMark();

/**
 * Settings in Redis, for every node of a cluster. Each has all of them in memory: reads never wait, and go on while
 * Redis is away. A change is one step there, and reaches the other nodes over a stream, checked and as plain data.
 */
export class RedisSettingsStore implements SettingsStore {
  readonly #o: RedisSettingsOptions;
  readonly #io: SettingsIo;
  readonly #waiting: SettingsIo;
  readonly #follower: SettingsFollower;
  readonly #memory = new SettingsMemory<Entry>();
  readonly #listeners: ChangeListeners;
  readonly #turns = new Turns();
  readonly #own: OwnChanges;
  #loaded = false;

  /** By what they are for. */
  get clients(): Readonly<Record<string, OpenRedis>> {
    return { settings: this.#o.redis, 'settings-changes': this.#o.waiting };
  }

  private constructor(options: RedisSettingsOptions) {
    const { redis, waiting, cluster, clock, log, blockMs, audit, emit, onAudit } = options;
    this.#o = options;
    this.#io = new SettingsIo(redis, cluster);
    this.#waiting = new SettingsIo(waiting, cluster);
    this.#listeners = new ChangeListeners(log);
    this.#own = new OwnChanges({ audit, emit, onAudit });
    this.#follower = new SettingsFollower({
      stream: this.#io,
      waiting: this.#waiting,
      blockMs,
      clock,
      log,
      take: async ({ camera, record }) => this.#found(camera, record ?? (await this.#io.newest(camera))),
      load: () => this.#load(),
    });
  }

  /**
   * Reads all there is.
   * @throws CamshardError `settings_unavailable` where Redis does not give it within `loadTimeoutMs`
   */
  static async open(options: RedisSettingsOptions): Promise<RedisSettingsStore> {
    const store = new RedisSettingsStore(options);
    const { clock, loadTimeoutMs } = options;
    const endMs = clock.nowMs() + loadTimeoutMs;
    for (;;) {
      try {
        await store.#follower.start();
        return store;
      } catch (error) {
        if (clock.nowMs() + RETRY_MS >= endMs) {
          await store.close();
          const message = `the cluster's settings cannot be read: ${errorMessage(error)}`;
          throw new CamshardError('settings_unavailable', message, { cause: error });
        }
        await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
      }
    }
  }

  get(camera: CameraId): StoredSettings | undefined {
    return this.#memory.get(camera);
  }

  put(camera: CameraId, input: SettingsInput, by: ChangedBy): Promise<PutOutcome> {
    return this.#turns.inTurn(camera, async (): Promise<PutOutcome> => {
      const checked = checkSettings(input, this.#parseOptions());
      if ('faults' in checked) return { kind: 'refused', faults: checked.faults };
      const textCounts = 'text' in input;
      const text = textCounts ? input.text : writeYaml(checked.document);
      const { what, version } = await this.#change(camera, by, JSON.stringify(checked.document), text, textCounts);
      switch (what) {
        case 'conflict':
          return { kind: 'conflict', version };
        case 'full':
          return { kind: 'full', camerasMax: this.#o.camerasMax };
        default:
          return { kind: 'accepted', version, changed: what === 'changed' };
      }
    });
  }

  remove(camera: CameraId, by: ChangedBy): Promise<RemoveOutcome> {
    return this.#turns.inTurn(camera, async (): Promise<RemoveOutcome> => {
      const { what, version } = await this.#change(camera, by, '', '', false);
      if (what === 'conflict') return { kind: 'conflict', version };
      return what === 'changed' ? { kind: 'removed', version } : { kind: 'unknown' };
    });
  }

  list(query: { readonly after?: string; readonly limit: number }): SettingsPage {
    return this.#memory.list(query);
  }

  async versions(camera: CameraId): Promise<readonly SettingsVersion[]> {
    try {
      return await this.#io.versions(camera);
    } catch (error) {
      throw unavailable(`versions of ${camera} cannot be read`, error);
    }
  }

  onChange(listener: (change: SettingsChange) => void): () => void {
    return this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    await this.#turns.close();
    // The connections first: nothing that waits on them is waited for.
    await Promise.all([this.#io.close(), this.#waiting.close()]);
    await this.#follower.close();
    await this.#own.settle().catch((error: unknown) => {
      this.#o.log.error({ err: error }, 'changes of settings are not in the audit log yet; the next start adds them');
    });
  }

  /** Has Redis make a change. Once it resolves it is in force here and in the audit log. */
  async #change(
    camera: CameraId,
    by: ChangedBy,
    documentJson: string,
    text: string,
    textCounts: boolean,
  ): Promise<ChangeAnswer> {
    const at = Math.round(this.#o.clock.wallMs());
    const own: RecordHeader = {
      id: randomUUID(),
      node: this.#o.node,
      at,
      by: by.who,
      via: by.via,
      mark: CHECKED_BY,
    };
    const header = JSON.stringify(own);
    const hash = documentJson === '' ? '' : hashOf(text);
    let answer: ChangeAnswer;
    try {
      // What an earlier change owes comes first: a node that cannot audit changes nothing.
      await this.#own.settle();
      answer = await this.#io.change({
        camera,
        expectedVersion: by.expectedVersion,
        hash,
        header,
        documentJson,
        packed: await packVersion(header, documentJson, text),
        textCounts,
        camerasMax: this.#o.camerasMax,
        seenVersion: (this.#memory.entry(camera) ?? NONE).newest.version,
      });
    } catch (error) {
      const made = await this.#whatBecameOf(own.id);
      if (made === undefined) throw unavailable(`settings of ${camera} cannot be kept`, error);
      answer = { what: 'changed', version: made };
    }
    if (answer.what !== 'changed') return answer;
    try {
      await this.#follower.catchUp();
    } catch {
      // Kept, but Redis went away behind it: in force here all the same, elsewhere once it is back.
      const kept = documentJson === '' ? undefined : documentJson;
      this.#found(camera, { camera, version: answer.version, hash, header: own, documentJson: kept });
    }
    // Whether it can be audited is told by itself; it is made in any case.
    await this.#own.settle().catch(() => undefined);
    return answer;
  }

  /** The version a change was kept as whose answer was lost; undefined where it was not, or nobody can say. */
  async #whatBecameOf(id: string): Promise<number | undefined> {
    await this.#follower.catchUp().catch(() => undefined);
    return this.#own.versionOf(id);
  }

  async #load(): Promise<void> {
    const versions = new Map<CameraId, number>();
    for await (const page of this.#io.all()) {
      for (const { camera, record } of page) {
        if (!this.#loaded && record?.header.node === this.#o.node) await this.#auditAgain(record);
        this.#found(camera, record);
        versions.set(camera, record?.version ?? Number.POSITIVE_INFINITY);
      }
    }
    await this.#putBack(versions);
    this.#loaded = true;
  }

  /** A server that took over, or a Redis that lost its data, lacks what was accepted: who still has it puts it back. */
  async #putBack(versions: ReadonlyMap<CameraId, number>): Promise<void> {
    let put = 0;
    for (const camera of this.#memory.cameras()) {
      const { version, updatedAt, updatedBy, documentJson = '', newest } = this.#memory.entry(camera) ?? NONE;
      if (version !== newest.version || version <= (versions.get(camera) ?? 0)) continue;
      const header = JSON.stringify({
        id: randomUUID(),
        node: '',
        at: updatedAt,
        by: updatedBy,
        via: 'put back',
        mark: CHECKED_BY,
      } satisfies RecordHeader);
      const { what } = await this.#io.change({
        camera,
        expectedVersion: undefined,
        hash: newest.hash,
        header,
        documentJson,
        // Comments are lost: no node keeps them in memory.
        packed: await packVersion(header, documentJson, ''),
        textCounts: false,
        camerasMax: this.#o.camerasMax,
        seenVersion: version,
        back: version,
      });
      put += Number(what === 'changed');
    }
    if (put > 0) this.#o.log.error({ cameras: put }, 'redis had lost settings that were accepted; they were put back');
  }

  /** Takes a version into memory, where it is news, and tells of it. */
  #found(camera: CameraId, record: SettingsRecord | undefined): void {
    if (record === undefined) return this.#unreadable(camera);
    const before = this.#memory.entry(camera) ?? NONE;
    const { version, hash, documentJson, header } = record;
    const known = before.newest;
    if (version < known.version || (version === known.version && hash === known.hash)) return;
    const newest = { version, hash };
    const entry: Entry = { version, updatedAt: header.at, updatedBy: header.by, documentJson, newest };
    if (!this.#loaded && header.mark === CHECKED_BY && !this.#dependsOnFiles(documentJson)) {
      // As at most starts: it was checked by the same rules, and nobody listens yet.
      this.#memory.set(camera, entry);
      return;
    }
    if (documentJson === undefined) {
      this.#memory.set(camera, entry);
      this.#tell(record, before, undefined);
      return;
    }
    const document = readDocument(documentJson);
    const parsed = parseCameraSettings(document, this.#parseOptions());
    if ('faults' in parsed) {
      this.#memory.set(camera, { ...before, newest });
      const why = `version ${version} of ${camera} cannot be taken by this node, version ${before.version} stays`;
      tellRefused(this.#o.emit, camera, why, parsed.faults);
      return;
    }
    this.#memory.set(camera, entry, parsed.settings, document);
    this.#tell(record, before, parsed.settings);
  }

  #tell(record: SettingsRecord, before: Entry, settings: SettingsChange['settings']): void {
    if (!this.#loaded) return;
    const { camera, version, header } = record;
    if (header.node === this.#o.node) this.#own.made(record, before.documentJson);
    this.#listeners.tell({ camera, version, settings });
  }

  async #auditAgain(record: SettingsRecord): Promise<void> {
    const { camera, version, header } = record;
    const { audit, clock } = this.#o;
    if (header.at < Math.max(audit.lastAtMs, clock.wallMs() - AUDIT_AGAIN_MS)) return;
    const before = (await this.#io.versions(camera)).find((v) => v.version === version - 1)?.document ?? undefined;
    await this.#own.again(record, before && JSON.stringify(before));
  }

  #unreadable(camera: CameraId): void {
    tellRefused(this.#o.emit, camera, `settings of ${camera} are written in a way this version cannot read`, []);
  }

  /** Whether it may be wrong on this node although another took it: a taxonomy it names may not be here. */
  #dependsOnFiles(documentJson: string | undefined): boolean {
    return this.#o.check !== undefined && documentJson?.includes('"waste"') === true;
  }

  #parseOptions(): ParseOptions {
    const { check } = this.#o;
    return check === undefined ? {} : { check };
  }
}

/** @returns what no check lets pass where it is no JSON */
function readDocument(json: string): SettingsDocument {
  try {
    return JSON.parse(json) as SettingsDocument;
  } catch {
    return { unreadable: true };
  }
}

const unavailable = (what: string, error: unknown): CamshardError =>
  new CamshardError('settings_unavailable', `${what}: ${errorMessage(error)}`, { cause: error });
