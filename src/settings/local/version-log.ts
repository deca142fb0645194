import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type SettingsDocument, VERSIONS_KEPT } from '../port.ts';
import { appendSynced, fsCode, syncFolder, writeSynced } from './files.ts';

/** One line of a camera's version log. */
export interface VersionRecord {
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly via: string;
  /** SHA-256 of `text`, hex; empty where removed. */
  readonly hash: string;
  readonly document: SettingsDocument | null;
  readonly text: string | null;
}

/** Read from the end of a log at first; doubled until a whole line fits. */
const TAIL_BYTES = 16 * 1024;

/** The versions of one camera's settings, oldest first, a line of JSON each. It holds 50 to 100 of them. */

/** The newest whole record; `undefined` where there is none. A line that a crash cut off does not count. */
export function readNewest(path: string): VersionRecord | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (fsCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    for (let bytes = Math.min(size, TAIL_BYTES); ; bytes = Math.min(size, bytes * 2)) {
      const tail = Buffer.alloc(bytes);
      const got = readSync(fd, tail, 0, bytes, size - bytes);
      const lines = tail.toString('utf8', 0, got).split('\n');
      // The first may have lost its beginning, the last is empty or was cut off.
      const whole = lines.slice(bytes === size ? 0 : 1, -1);
      const newest = whole.findLast((line) => parseRecord(line) !== undefined);
      if (newest !== undefined) return parseRecord(newest);
      if (bytes === size) return undefined;
    }
  } finally {
    closeSync(fd);
  }
}

/** All records, oldest first. */
export async function readVersions(path: string): Promise<VersionRecord[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (fsCode(error) === 'ENOENT') return [];
    throw error;
  }
  // One version twice: the first was given up half way.
  const byVersion = new Map<number, VersionRecord>();
  for (const line of text.split('\n').slice(0, -1)) {
    const record = parseRecord(line);
    if (record !== undefined) byVersion.set(record.version, record);
  }
  return [...byVersion.values()].sort((a, b) => a.version - b.version);
}

/** Appends a record; now and then leaves out the oldest ones. */
export async function appendVersion(path: string, record: VersionRecord): Promise<void> {
  // A line that a crash cut off is closed first, so that it cannot swallow this one.
  const tornBy = endsTorn(path) ? '\n' : '';
  await appendSynced(path, `${tornBy}${JSON.stringify(record)}\n`);
  if (record.version % VERSIONS_KEPT === 0) await rewrite(path, (await readVersions(path)).slice(-VERSIONS_KEPT));
}

/** Takes back a version that was appended. */
export async function dropVersion(path: string, version: number): Promise<void> {
  const records = await readVersions(path);
  if (records.some((r) => r.version === version))
    await rewrite(
      path,
      records.filter((r) => r.version !== version),
    );
}

async function rewrite(path: string, kept: readonly VersionRecord[]): Promise<void> {
  await writeSynced(`${path}.next`, kept.map((r) => `${JSON.stringify(r)}\n`).join(''));
  await rename(`${path}.next`, path);
  await syncFolder(dirname(path));
}

function endsTorn(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
  } finally {
    closeSync(fd);
  }
}

function parseRecord(line: string): VersionRecord | undefined {
  if (line === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const record = value as VersionRecord;
    return Number.isInteger(record.version) && typeof record.hash === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}
