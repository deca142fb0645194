import { LRUCache } from 'lru-cache';
import { stringify } from 'yaml';
import { settingsSchemaMark } from '../../../config/camera-settings/explain.ts';
import type { SettingsFault } from '../../../config/camera-settings/fault.ts';
import { type ParseOptions, parseCameraSettings } from '../../../config/camera-settings/parse-camera-settings.ts';
import type { CameraSettings } from '../../../config/camera-settings/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import type { AuditEntry } from '../../../core/history-record.ts';
import type { CameraId } from '../../../core/ids.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { AuditLog, AuditRecord } from '../audit-log.ts';
import { checkSettings } from '../check-settings.ts';
import type { EmitSettingsEvent } from '../event.ts';
import {
  type ChangedBy,
  type PutOutcome,
  type RemoveOutcome,
  type SettingsChange,
  type SettingsDocument,
  type SettingsInput,
  type SettingsPage,
  type SettingsStore,
  type SettingsVersion,
  type StoredSettings,
  VERSIONS_KEPT,
} from '../port.ts';
import { FolderWatch } from './folder-watch.ts';
import { hashOf, SettingsFolder } from './settings-folder.ts';
import type { VersionRecord } from './version-log.ts';

export interface LocalSettingsOptions {
  readonly dir: string;
  readonly camerasMax: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EmitSettingsEvent;
  readonly audit: AuditLog;
  /** Told of each entry once the audit log has it. */
  readonly onAudit?: (entry: AuditEntry) => void;
  readonly check?: ParseOptions['check'];
}

/** What is kept in memory of each camera: the document as JSON text, an eighth of its objects. */
interface Entry {
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  /** Undefined where the settings were removed: only the version is left to count on from. */
  readonly documentJson: string | undefined;
  /** Hash of the file's text when it was last looked at, taken or refused; empty where there was none. */
  readonly seenHash: string;
  /** Of the file when it was last looked at. */
  readonly stamp: string;
  /** Whether that text was refused. */
  readonly refused: boolean;
}

/** Parsed settings kept for those who ask again. */
const PARSED_MAX = 512;
/** Files read at a stretch before the event loop gets its turn. */
const SLICE = 64;
/** Names what a document was checked against; another one after an upgrade has all of them checked again. */
const CHECKED_BY = settingsSchemaMark();

const NONE: Entry = {
  version: 0,
  updatedAt: 0,
  updatedBy: '',
  documentJson: undefined,
  seenHash: '',
  stamp: '',
  refused: false,
};

/** Settings as YAML files of one folder, for one node. What somebody edits there by hand is taken while it runs. */
export class LocalSettingsStore implements SettingsStore {
  readonly #options: LocalSettingsOptions;
  readonly #folder: SettingsFolder;
  readonly #entries = new Map<CameraId, Entry>();
  readonly #parsed = new LRUCache<CameraId, StoredSettings>({ max: PARSED_MAX });
  readonly #listeners = new Set<(change: SettingsChange) => void>();
  /** The change under way of each camera: they follow one another. */
  readonly #turns = new Map<CameraId, Promise<unknown>>();
  /** Cameras with settings. */
  #present = 0;
  #watch: FolderWatch | undefined;
  #looking = false;
  #closed = false;

  private constructor(options: LocalSettingsOptions) {
    this.#options = options;
    this.#folder = new SettingsFolder(options.dir);
  }

  /**
   * Reads all there is. A faulty file is an event and leaves the camera with the settings it had before, or none.
   * @throws what the file system says where the folder cannot be read
   */
  static async open(options: LocalSettingsOptions): Promise<LocalSettingsStore> {
    const store = new LocalSettingsStore(options);
    await store.#load();
    store.#watch = new FolderWatch({
      dir: options.dir,
      clock: options.clock,
      onFile: (name) => {
        const camera = store.#folder.cameraOf(name);
        if (camera !== undefined) void store.#lookAt(camera);
      },
      onAny: () => void store.#lookAtAll(),
    });
    return store;
  }

  get(camera: CameraId): StoredSettings | undefined {
    const known = this.#parsed.get(camera);
    if (known !== undefined) return known;
    const entry = this.#entries.get(camera);
    if (entry?.documentJson === undefined) return undefined;
    const document = JSON.parse(entry.documentJson) as SettingsDocument;
    const parsed = parseCameraSettings(document);
    if ('faults' in parsed) throw new Error(`settings of ${camera} were taken and do not parse`);
    return this.#keepParsed(camera, entry, parsed.settings, document);
  }

  put(camera: CameraId, input: SettingsInput, by: ChangedBy): Promise<PutOutcome> {
    return this.#inTurn(camera, async (): Promise<PutOutcome> => {
      await this.#reconcile(camera);
      const entry = this.#entries.get(camera) ?? NONE;
      const conflict = conflictOf(entry, by);
      if (conflict !== undefined) return conflict;
      const checked = checkSettings(input, this.#parseOptions());
      if ('faults' in checked) return { kind: 'refused', faults: checked.faults };
      const { settings, document } = checked;
      const documentJson = JSON.stringify(document);
      const text = 'text' in input ? input.text : stringify(document, { lineWidth: 110 });
      const same = entry.documentJson === documentJson && !entry.refused;
      if (same && ('document' in input || hashOf(text) === entry.seenHash)) {
        return { kind: 'accepted', version: entry.version, changed: false };
      }
      if (this.#isFull(entry)) return { kind: 'full', camerasMax: this.#options.camerasMax };
      const next = this.#nextVersion(entry, by, document, text);
      await this.#change(camera, entry, next, settings);
      return { kind: 'accepted', version: next.version, changed: true };
    });
  }

  remove(camera: CameraId, by: ChangedBy): Promise<RemoveOutcome> {
    return this.#inTurn(camera, async (): Promise<RemoveOutcome> => {
      await this.#reconcile(camera);
      const entry = this.#entries.get(camera) ?? NONE;
      const conflict = conflictOf(entry, by);
      if (conflict !== undefined) return conflict;
      if (entry.documentJson === undefined) return { kind: 'unknown' };
      const next = this.#nextVersion(entry, by, null, null);
      await this.#change(camera, entry, next, undefined);
      return { kind: 'removed', version: next.version };
    });
  }

  list({ after = '', limit }: { readonly after?: string; readonly limit: number }): SettingsPage {
    const names = [...this.#entries.keys()].filter(
      (camera) => camera > after && this.#entries.get(camera)?.documentJson !== undefined,
    );
    names.sort();
    const items = names.slice(0, limit).map((camera) => {
      const { version, updatedAt, updatedBy } = this.#entries.get(camera) ?? NONE;
      return { camera, version, updatedAt, updatedBy };
    });
    return { items, next: names.length > limit ? (items.at(-1)?.camera ?? null) : null };
  }

  async versions(camera: CameraId): Promise<readonly SettingsVersion[]> {
    const { version: newest } = this.#entries.get(camera) ?? NONE;
    const records = (await this.#folder.versions(camera)).filter((r) => r.version <= newest).slice(-VERSIONS_KEPT);
    return records.reverse().map(({ version, updatedAt, updatedBy, via, document, text }) => ({
      version,
      updatedAt,
      updatedBy,
      via,
      document,
      text,
    }));
  }

  onChange(listener: (change: SettingsChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    await Promise.allSettled(this.#turns.values());
  }

  #parseOptions(): ParseOptions {
    const { check } = this.#options;
    return check === undefined ? {} : { check };
  }

  #isFull(entry: Entry): boolean {
    return entry.documentJson === undefined && this.#present >= this.#options.camerasMax;
  }

  #nextVersion(
    entry: Entry,
    { who, via }: ChangedBy,
    document: SettingsDocument | null,
    text: string | null,
  ): VersionRecord {
    const updatedAt = Math.round(this.#options.clock.wallMs());
    const hash = text === null ? '' : hashOf(text);
    return { version: entry.version + 1, updatedAt, updatedBy: who, via, hash, document, text };
  }

  /** Writes a change of ours; nobody hears of it before it is audited and on disk. */
  async #change(
    camera: CameraId,
    before: Entry,
    record: VersionRecord,
    settings: CameraSettings | undefined,
  ): Promise<void> {
    let audited: AuditRecord | undefined;
    const lost = before.refused ? this.#folder.readYaml(camera)?.text : undefined;
    try {
      if (lost !== undefined) await this.#folder.keepRefused(camera, lost);
      await this.#folder.change(camera, record, async () => {
        audited = await this.#audit(camera, before, record);
      });
    } catch (error) {
      const message = `settings of ${camera} cannot be kept: ${errorMessage(error)}`;
      throw new CamshardError('settings_unavailable', message, { cause: error });
    }
    this.#commit(camera, record, settings, audited);
  }

  async #audit(camera: CameraId, before: Entry, record: VersionRecord): Promise<AuditRecord | undefined> {
    return this.#options.audit.append(auditEntryOf(camera, before.documentJson, record));
  }

  #commit(
    camera: CameraId,
    record: VersionRecord,
    settings: CameraSettings | undefined,
    audited: AuditRecord | undefined,
  ): void {
    const { version, updatedBy, via, document } = record;
    const entry = this.#enter(camera, record, this.#folder.stamp(camera));
    this.#parsed.delete(camera);
    if (settings !== undefined && document !== null) this.#keepParsed(camera, entry, settings, document);
    const data = {
      camera,
      version,
      who: updatedBy,
      via,
      auditSeq: audited?.seq ?? null,
      auditHash: audited?.hash ?? null,
    };
    const what = settings === undefined ? 'removed' : `set to version ${version}`;
    const message = `settings of ${camera} ${what} by ${updatedBy} (${via})`;
    this.#options.emit({ severity: 'info', kind: 'settings_changed', message, data });
    if (audited !== undefined) this.#options.onAudit?.(audited.entry);
    for (const listener of this.#listeners) {
      try {
        listener({ camera, version, settings });
      } catch (error) {
        // The change is made; one listener's fault must not keep it from the others.
        this.#options.log.error({ err: error, camera }, 'a listener to settings failed');
      }
    }
  }

  /** Takes a version into memory. */
  #enter(camera: CameraId, record: VersionRecord, stamp: string): Entry {
    const before = this.#entries.get(camera);
    const entry: Entry = {
      version: record.version,
      updatedAt: record.updatedAt,
      updatedBy: record.updatedBy,
      documentJson: record.document === null ? undefined : JSON.stringify(record.document),
      seenHash: record.hash,
      stamp,
      refused: false,
    };
    this.#present += Number(entry.documentJson !== undefined) - Number(before?.documentJson !== undefined);
    this.#entries.set(camera, entry);
    return entry;
  }

  #keepParsed(camera: CameraId, entry: Entry, settings: CameraSettings, document: SettingsDocument): StoredSettings {
    const { version, updatedAt, updatedBy } = entry;
    const stored: StoredSettings = { camera, version, settings, document, updatedAt, updatedBy };
    this.#parsed.set(camera, stored);
    return stored;
  }

  async #load(): Promise<void> {
    for (const camera of this.#folder.pending()) await this.#folder.recover(camera);
    const cameras = [...this.#folder.cameras()];
    const known = this.#folder.checkedBy() === CHECKED_BY;
    for (let i = 0; i < cameras.length; i += SLICE) {
      // Together, so that edits found share the audit log's fsync.
      await Promise.all(
        cameras.slice(i, i + SLICE).map(async (camera) => {
          try {
            await this.#loadOne(camera, known);
          } catch (error) {
            this.#refuse(camera, errorMessage(error), []);
          }
        }),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!known) await this.#folder.keepCheckedBy(CHECKED_BY);
  }

  /** @param known whether what was taken before was checked as it would be now */
  async #loadOne(camera: CameraId, known: boolean): Promise<void> {
    const newest = this.#folder.newest(camera);
    if (newest !== undefined) {
      // Audited before it counts, unless a crash came between the two.
      if (newest.updatedAt >= this.#options.audit.lastAtMs) await this.#auditAgain(camera, newest);
      const faults = known && !this.#dependsOnFiles(newest) ? [] : this.#faultsOf(newest.document ?? {});
      if (faults.length === 0) {
        this.#enter(camera, newest, this.#folder.stamp(camera));
      } else {
        // A newer Camshard may refuse what an older one took.
        this.#entries.set(camera, { ...NONE, version: newest.version, seenHash: newest.hash });
        this.#refuse(camera, `version ${newest.version} is no longer valid`, faults);
      }
    }
    await this.#reconcile(camera);
  }

  /** Whether it may have become wrong although nobody changed it: a taxonomy it names may be gone. */
  #dependsOnFiles({ document }: VersionRecord): boolean {
    return this.#options.check !== undefined && document?.pipeline === 'waste';
  }

  async #auditAgain(camera: CameraId, newest: VersionRecord): Promise<void> {
    const before = (await this.#folder.versions(camera)).find((r) => r.version === newest.version - 1)?.document;
    const json = before === undefined || before === null ? undefined : JSON.stringify(before);
    const audited = await this.#options.audit.append(auditEntryOf(camera, json, newest));
    if (audited !== undefined) this.#options.onAudit?.(audited.entry);
  }

  #faultsOf(document: unknown): readonly SettingsFault[] {
    const parsed = parseCameraSettings(document, this.#parseOptions());
    return 'faults' in parsed ? parsed.faults : [];
  }

  /** Each file's stamp is looked at; those that changed are read. */
  async #lookAtAll(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      let looked = 0;
      for (const camera of new Set([...this.#folder.cameras(), ...this.#entries.keys()])) {
        if (this.#closed) return;
        if (++looked % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
        if ((this.#entries.get(camera) ?? NONE).stamp !== this.#folder.stamp(camera)) await this.#lookAt(camera);
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the settings folder cannot be read');
    } finally {
      this.#looking = false;
    }
  }

  async #lookAt(camera: CameraId): Promise<void> {
    if (this.#closed) return;
    await this.#inTurn(camera, () => this.#reconcile(camera)).catch((error: unknown) => {
      this.#options.log.warn({ err: error, camera }, 'an edited settings file cannot be taken');
    });
  }

  /** Takes what somebody did to the camera's file by hand; does nothing where nobody did. */
  async #reconcile(camera: CameraId): Promise<void> {
    const entry = this.#entries.get(camera) ?? NONE;
    const stamp = this.#folder.stamp(camera);
    const file = this.#folder.readYaml(camera);
    const hash = file === undefined ? '' : hashOf(file.text);
    if (hash === entry.seenHash) {
      if (entry !== NONE && stamp !== entry.stamp) this.#entries.set(camera, { ...entry, stamp });
      return;
    }
    const seen = (refused: boolean) => this.#entries.set(camera, { ...entry, seenHash: hash, stamp, refused });
    if (file === undefined) {
      if (entry.documentJson === undefined) {
        seen(false);
        return;
      }
      const record = this.#nextVersion(entry, { who: 'unknown', via: 'file' }, null, null);
      await this.#takeEdit(camera, entry, record, undefined);
      return;
    }
    const checked = checkSettings({ text: file.text }, this.#parseOptions());
    if ('faults' in checked) {
      seen(true);
      this.#refuse(camera, `${camera}.yaml is not taken`, checked.faults);
      return;
    }
    if (this.#isFull(entry)) {
      seen(true);
      this.#refuse(camera, `${camera}.yaml is not taken: ${this.#options.camerasMax} cameras have settings`, []);
      return;
    }
    const by = { who: `uid:${file.uid}`, via: 'file' };
    await this.#takeEdit(camera, entry, this.#nextVersion(entry, by, checked.document, file.text), checked.settings);
  }

  async #takeEdit(
    camera: CameraId,
    before: Entry,
    record: VersionRecord,
    settings: CameraSettings | undefined,
  ): Promise<void> {
    await this.#folder.append(camera, record);
    this.#commit(camera, record, settings, await this.#audit(camera, before, record));
  }

  #refuse(camera: CameraId, why: string, faults: readonly SettingsFault[]): void {
    const first = faults[0]?.message;
    const message = `${why}${first === undefined ? '' : `: ${first}`}${faults.length > 1 ? `, and ${faults.length - 1} more` : ''}`;
    const data = { camera, path: faults[0]?.path ?? null, line: faults[0]?.line ?? null, faults: faults.length };
    this.#options.emit({ severity: 'warning', kind: 'settings_refused', message, data });
  }

  /** Changes of one camera follow one another. */
  #inTurn<T>(camera: CameraId, work: () => Promise<T>): Promise<T> {
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
}

function conflictOf(
  { version, documentJson }: Entry,
  { expectedVersion }: ChangedBy,
): { readonly kind: 'conflict'; readonly version: number } | undefined {
  const present = documentJson === undefined ? 0 : version;
  return expectedVersion === undefined || expectedVersion === present
    ? undefined
    : { kind: 'conflict', version: present };
}

/** Its id is the same each time it is made, so that no change is audited twice; a number given up and used again differs in the hash. */
function auditEntryOf(camera: CameraId, beforeJson: string | undefined, record: VersionRecord): AuditEntry {
  return {
    id: `camera_settings:${camera}:${record.version}:${record.hash.slice(0, 12)}`,
    atMs: record.updatedAt,
    who: record.updatedBy,
    via: record.via,
    action: record.document === null ? 'camera_settings.removed' : 'camera_settings.set',
    subject: `camera:${camera}`,
    before: beforeJson === undefined ? null : (JSON.parse(beforeJson) as unknown),
    after: record.document,
  };
}
