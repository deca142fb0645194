import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { stringify } from 'yaml';
import type { CameraId } from '../../../../core/ids.ts';
import type { SettingsDocument, SettingsVersion } from '../../../settings/port.ts';

/**
 * How settings lie in Redis. The newest of a camera, and a change on the stream:
 *
 *     <version>\n<SHA-256 of the text>\n<header, JSON>\n<document, JSON; empty where removed>
 *
 * so that nobody but who took the change has to read YAML. A past version is `<version>\n` and, packed with deflate
 * (to a third), `<header>\n<document>\n<text>`.
 */

export interface RecordHeader {
  /** Of this one change: who sent it knows it again, whatever became of the answer. */
  readonly id: string;
  /** The node that took it and audits it; empty where it was put back. */
  readonly node: string;
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly by: string;
  readonly via: string;
  /** What it was checked against: `settingsSchemaMark`. */
  readonly mark: string;
}

export interface SettingsRecord {
  readonly camera: CameraId;
  readonly version: number;
  readonly hash: string;
  readonly header: RecordHeader;
  /** Undefined where the settings were removed. */
  readonly documentJson: string | undefined;
}

/** @returns undefined for what this version of the program cannot read */
export function readRecord(camera: CameraId, raw: string): SettingsRecord | undefined {
  const [version, hash, header] = raw.split('\n', 3);
  if (version === undefined || hash === undefined || header === undefined || !/^\d+$/.test(version)) return undefined;
  const documentJson = raw.slice(version.length + hash.length + header.length + 3);
  const read = readHeader(header);
  return (
    read && {
      camera,
      version: Number(version),
      hash,
      header: read,
      documentJson: documentJson === '' ? undefined : documentJson,
    }
  );
}

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** A version with its text, as the list of versions has it behind the number. */
export function packVersion(header: string, documentJson: string, text: string): Promise<Buffer> {
  return deflate(`${header}\n${documentJson}\n${text}`);
}

/** @returns undefined for what cannot be read */
export async function readVersion(raw: Buffer): Promise<SettingsVersion | undefined> {
  const end = raw.indexOf('\n');
  const unpacked = await inflate(raw.subarray(end + 1)).catch(() => undefined);
  if (end < 1 || unpacked === undefined) return undefined;
  const whole = unpacked.toString('utf8');
  const [first = '', second = ''] = whole.split('\n', 2);
  const header = readHeader(first);
  if (header === undefined) return undefined;
  const document = second === '' ? null : (JSON.parse(second) as SettingsDocument);
  const text = whole.slice(first.length + second.length + 2);
  return {
    version: Number(raw.toString('latin1', 0, end)),
    updatedAt: header.at,
    updatedBy: header.by,
    via: header.via,
    document,
    text: document === null ? null : text === '' ? writeYaml(document) : text,
  };
}

/** A document as people edit it. */
export const writeYaml = (document: unknown): string => stringify(document, { lineWidth: 110 });

function readHeader(text: string): RecordHeader | undefined {
  try {
    const header = JSON.parse(text) as RecordHeader | null;
    return typeof header?.at === 'number' && typeof header.by === 'string' ? header : undefined;
  } catch {
    return undefined;
  }
}
