import { stringify } from 'yaml';
import type { SettingsFault } from '../../../config/camera-settings/fault.ts';
import { type ParseOptions, parseCameraSettings } from '../../../config/camera-settings/parse-camera-settings.ts';
import type { CameraSettings } from '../../../config/camera-settings/schema.ts';
import { settingsSchemaMark } from '../../../config/camera-settings/schema-mark.ts';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import type { AuditEntry } from '../../../core/history-record.ts';
import type { CameraId } from '../../../core/ids.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { AuditLog, AuditRecord } from '../audit-log.ts';
import { ChangeListeners } from '../change-listeners.ts';
import { checkSettings } from '../check-settings.ts';
import type { EmitSettingsEvent } from '../event.ts';
import { hashOf } from '../hash-of.ts';
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
import { type KeptSettings, SettingsMemory } from '../settings-memory.ts';
import { auditEntryOf, tellChanged, tellRefused } from '../told.ts';
import { Turns } from '../turns.ts';
import { FolderWatch } from './folder-watch.ts';
import { SettingsFolder } from './settings-folder.ts';
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

interface Entry extends KeptSettings {
  /** Hash of the file's text when it was last looked at, taken or refused; empty where there was none. */
  readonly seenHash: string;
  /** Of the file when it was last looked at. */
  readonly stamp: string;
  /** Whether that text was refused. */
  readonly refused: boolean;
}

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
  readonly #memory = new SettingsMemory<Entry>();
  readonly #listeners: ChangeListeners;
  readonly #turns = new Turns();
  #watch: FolderWatch | undefined;
  #looking = false;

  private constructor(options: LocalSettingsOptions) {
    this.#options = options;
    this.#folder = new SettingsFolder(options.dir);
    this.#listeners = new ChangeListeners(options.log);
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
    return this.#memory.get(camera);
  }

  put(camera: CameraId, input: SettingsInput, by: ChangedBy): Promise<PutOutcome> {
    return this.#turns.inTurn(camera, async (): Promise<PutOutcome> => {
      await this.#reconcile(camera);
      const entry = this.#memory.entry(camera) ?? NONE;
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
    return this.#turns.inTurn(camera, async (): Promise<RemoveOutcome> => {
      await this.#reconcile(camera);
      const entry = this.#memory.entry(camera) ?? NONE;
      const conflict = conflictOf(entry, by);
      if (conflict !== undefined) return conflict;
      if (entry.documentJson === undefined) return { kind: 'unknown' };
      const next = this.#nextVersion(entry, by, null, null);
      await this.#change(camera, entry, next, undefined);
      return { kind: 'removed', version: next.version };
    });
  }

  list(query: { readonly after?: string; readonly limit: number }): SettingsPage {
    return this.#memory.list(query);
  }

  async versions(camera: CameraId): Promise<readonly SettingsVersion[]> {
    const { version: newest } = this.#memory.entry(camera) ?? NONE;
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
    return this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#watch?.close();
    await this.#turns.close();
  }

  #parseOptions(): ParseOptions {
    const { check } = this.#options;
    return check === undefined ? {} : { check };
  }

  #isFull(entry: Entry): boolean {
    return entry.documentJson === undefined && this.#memory.present >= this.#options.camerasMax;
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
    this.#enter(camera, record, this.#folder.stamp(camera), settings);
    tellChanged(this.#options.emit, camera, record, audited);
    if (audited !== undefined) this.#options.onAudit?.(audited.entry);
    this.#listeners.tell({ camera, version: record.version, settings });
  }

  /** Takes a version into memory. */
  #enter(camera: CameraId, record: VersionRecord, stamp: string, settings?: CameraSettings): void {
    const { version, updatedAt, updatedBy, document, hash } = record;
    const documentJson = document === null ? undefined : JSON.stringify(document);
    const entry: Entry = { version, updatedAt, updatedBy, documentJson, seenHash: hash, stamp, refused: false };
    this.#memory.set(camera, entry, settings, document ?? undefined);
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
        this.#memory.set(camera, { ...NONE, version: newest.version, seenHash: newest.hash });
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
      for (const camera of new Set([...this.#folder.cameras(), ...this.#memory.cameras()])) {
        if (this.#turns.closed) return;
        if (++looked % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
        if ((this.#memory.entry(camera) ?? NONE).stamp !== this.#folder.stamp(camera)) await this.#lookAt(camera);
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the settings folder cannot be read');
    } finally {
      this.#looking = false;
    }
  }

  async #lookAt(camera: CameraId): Promise<void> {
    if (this.#turns.closed) return;
    await this.#turns
      .inTurn(camera, () => this.#reconcile(camera))
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error, camera }, 'an edited settings file cannot be taken');
      });
  }

  /** Takes what somebody did to the camera's file by hand; does nothing where nobody did. */
  async #reconcile(camera: CameraId): Promise<void> {
    const entry = this.#memory.entry(camera) ?? NONE;
    const stamp = this.#folder.stamp(camera);
    const file = this.#folder.readYaml(camera);
    const hash = file === undefined ? '' : hashOf(file.text);
    if (hash === entry.seenHash) {
      if (entry !== NONE && stamp !== entry.stamp) this.#memory.set(camera, { ...entry, stamp });
      return;
    }
    const seen = (refused: boolean) => this.#memory.set(camera, { ...entry, seenHash: hash, stamp, refused });
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
    tellRefused(this.#options.emit, camera, why, faults);
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
