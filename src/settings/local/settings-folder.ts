import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SETTINGS_BYTES_MAX } from '../../../config/camera-settings/parse-camera-settings.ts';
import { type CameraId, parseCameraId } from '../../../core/ids.ts';
import { hashOf } from '../hash-of.ts';
import { fsCode, removeIfThere, syncFolder, writeSynced } from './files.ts';
import { appendVersion, dropVersion, readNewest, readVersions, type VersionRecord } from './version-log.ts';

/**
 * Cameras' settings as files:
 *
 *     <dir>/north-gate.yaml                    what is in force; may be edited by hand
 *     <dir>/.versions/north-gate.jsonl         the versions so far
 *     <dir>/.versions/north-gate.pending       a change that is being made
 *     <dir>/.versions/north-gate.refused.yaml  a faulty edit that a later change overwrote
 *
 * A change is written to `.pending`, appended to the versions (from here on it counts) and moved into place. A crash in
 * between leaves a `.pending` that fits the newest version: the change is then finished at the next start. One that
 * does not fit never counted and is removed.
 */
export class SettingsFolder {
  readonly dir: string;
  readonly #versionsDir: string;

  constructor(dir: string) {
    this.dir = dir;
    this.#versionsDir = join(dir, '.versions');
    mkdirSync(this.#versionsDir, { recursive: true });
  }

  /** Cameras with a file or with versions. */
  cameras(): Set<CameraId> {
    const named = (dir: string, ending: string) =>
      readdirSync(dir).flatMap((name) => (name.endsWith(ending) ? [parseCameraId(name.slice(0, -ending.length))] : []));
    const all = [...named(this.dir, '.yaml'), ...named(this.#versionsDir, '.jsonl')];
    return new Set(all.filter((camera) => camera !== undefined));
  }

  /** The camera whose file this is; `undefined` for any other file. */
  cameraOf(fileName: string): CameraId | undefined {
    return fileName.endsWith('.yaml') ? parseCameraId(fileName.slice(0, -'.yaml'.length)) : undefined;
  }

  yamlPath(camera: CameraId): string {
    return join(this.dir, `${camera}.yaml`);
  }

  /** What is in the camera's file, and whose it is; `undefined` where there is none. */
  readYaml(camera: CameraId): { readonly text: string; readonly uid: number } | undefined {
    const path = this.yamlPath(camera);
    try {
      const { size, uid } = statSync(path);
      // A byte more than allowed is enough to refuse it.
      const text = size > SETTINGS_BYTES_MAX ? ' '.repeat(SETTINGS_BYTES_MAX + 1) : readFileSync(path, 'utf8');
      return { text, uid };
    } catch (error) {
      if (fsCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Size and time of the camera's file, to see that it changed without reading it. */
  stamp(camera: CameraId): string {
    const found = statSync(this.yamlPath(camera), { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.mtimeMs} ${found.size} ${found.ino}`;
  }

  newest(camera: CameraId): VersionRecord | undefined {
    return readNewest(this.#versionsPath(camera));
  }

  versions(camera: CameraId): Promise<VersionRecord[]> {
    return readVersions(this.#versionsPath(camera));
  }

  /** What the documents were checked against when they were last read as a whole. */
  checkedBy(): string | undefined {
    try {
      return readFileSync(join(this.#versionsDir, CHECKED_BY), 'utf8');
    } catch {
      return undefined;
    }
  }

  keepCheckedBy(mark: string): Promise<void> {
    return writeSynced(join(this.#versionsDir, CHECKED_BY), mark);
  }

  /** Cameras whose last change was not finished. */
  pending(): CameraId[] {
    return readdirSync(this.#versionsDir).flatMap((name) => {
      const camera = name.endsWith('.pending') ? parseCameraId(name.slice(0, -'.pending'.length)) : undefined;
      return camera === undefined ? [] : [camera];
    });
  }

  /** Finishes or takes back the change a crash interrupted. */
  async recover(camera: CameraId): Promise<void> {
    const newest = this.newest(camera);
    const pending = readFileSync(this.#pendingPath(camera), 'utf8');
    const fits = newest !== undefined && newest.hash === (newest.text === null ? pending : hashOf(pending));
    if (fits) await this.#moveIntoPlace(camera, newest);
    else await removeIfThere(this.#pendingPath(camera));
  }

  /**
   * Keeps a new version and puts its text into the camera's file, or removes that.
   * @param between is awaited once the version counts, and before anybody sees it
   */
  async change(camera: CameraId, record: VersionRecord, between: () => Promise<void>): Promise<void> {
    await writeSynced(this.#pendingPath(camera), record.text ?? '');
    try {
      await appendVersion(this.#versionsPath(camera), record);
      await between();
      await this.#moveIntoPlace(camera, record);
    } catch (error) {
      // Taken back, so that the next start does not finish what its author was told has failed.
      await dropVersion(this.#versionsPath(camera), record.version).catch(() => undefined);
      await removeIfThere(this.#pendingPath(camera)).catch(() => undefined);
      throw error;
    }
  }

  /** Keeps a version whose text is in the camera's file already. */
  append(camera: CameraId, record: VersionRecord): Promise<void> {
    return appendVersion(this.#versionsPath(camera), record);
  }

  /** Keeps a copy of a faulty edit that is about to be overwritten. */
  keepRefused(camera: CameraId, text: string): Promise<void> {
    return writeSynced(join(this.#versionsDir, `${camera}.refused.yaml`), text);
  }

  async #moveIntoPlace(camera: CameraId, { text }: VersionRecord): Promise<void> {
    if (text === null) {
      await removeIfThere(this.yamlPath(camera));
      await removeIfThere(this.#pendingPath(camera));
    } else {
      await rename(this.#pendingPath(camera), this.yamlPath(camera));
    }
    await syncFolder(this.dir);
  }

  #versionsPath(camera: CameraId): string {
    return join(this.#versionsDir, `${camera}.jsonl`);
  }

  #pendingPath(camera: CameraId): string {
    return join(this.#versionsDir, `${camera}.pending`);
  }
}

const CHECKED_BY = 'checked-by';
