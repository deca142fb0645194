import { LRUCache } from 'lru-cache';
import { parseCameraSettings } from '../../config/camera-settings/parse-camera-settings.ts';
import type { CameraSettings } from '../../config/camera-settings/schema.ts';
import type { CameraId } from '../../core/ids.ts';
import type { SettingsDocument, SettingsPage, StoredSettings } from './port.ts';

/** What is kept in memory of each camera: the document as JSON text, an eighth of its objects. */
export interface KeptSettings {
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  /** Of a document that was checked. Undefined where the settings were removed: only the version is left to count on from. */
  readonly documentJson: string | undefined;
}

/** Parsed settings kept for those who ask again. */
const PARSED_MAX = 512;

/** Every camera's settings, answered at once; what else an adapter remembers of a camera is in its own `Entry`. */
export class SettingsMemory<Entry extends KeptSettings> {
  readonly #entries = new Map<CameraId, Entry>();
  readonly #parsed = new LRUCache<CameraId, StoredSettings>({ max: PARSED_MAX });
  #present = 0;

  /** Cameras with settings. */
  get present(): number {
    return this.#present;
  }

  /** Cameras that have or had settings. */
  cameras(): IterableIterator<CameraId> {
    return this.#entries.keys();
  }

  entry(camera: CameraId): Entry | undefined {
    return this.#entries.get(camera);
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

  /** @param settings of the entry's document, where they are parsed already */
  set(camera: CameraId, entry: Entry, settings?: CameraSettings, document?: SettingsDocument): void {
    const before = this.#entries.get(camera);
    this.#present += Number(entry.documentJson !== undefined) - Number(before?.documentJson !== undefined);
    this.#entries.set(camera, entry);
    if (settings !== undefined && document !== undefined) this.#keepParsed(camera, entry, settings, document);
    else if (entry.documentJson !== before?.documentJson || entry.version !== before?.version) {
      this.#parsed.delete(camera);
    }
  }

  list({ after = '', limit }: { readonly after?: string; readonly limit: number }): SettingsPage {
    const names: CameraId[] = [];
    for (const [camera, { documentJson }] of this.#entries) {
      if (camera > after && documentJson !== undefined) names.push(camera);
    }
    names.sort();
    const items = names.slice(0, limit).flatMap((camera) => {
      const entry = this.#entries.get(camera);
      if (entry === undefined) return [];
      const { version, updatedAt, updatedBy } = entry;
      return [{ camera, version, updatedAt, updatedBy }];
    });
    return { items, next: names.length > limit ? (items.at(-1)?.camera ?? null) : null };
  }

  #keepParsed(camera: CameraId, entry: Entry, settings: CameraSettings, document: SettingsDocument): StoredSettings {
    const { version, updatedAt, updatedBy } = entry;
    const stored: StoredSettings = { camera, version, settings, document, updatedAt, updatedBy };
    this.#parsed.set(camera, stored);
    return stored;
  }
}
