import { VERSIONS_KEPT } from '../../../settings/port.ts';

/**
 * One change of one camera's settings, all on the hash tag `{<cluster>:settings}`, in one step: looks at the version
 * that is there, counts on, keeps the version and tells of it.
 *
 *     KEYS  1 newest (hash: camera -> record)   2 meta (hash: seq, id of the newest change; present: cameras with settings)
 *           3 changes (stream)   4 versions of this camera (list, newest first)
 *     ARGV  1 camera   2 expected version, empty where any will do   3 hash of the text   4 header   5 document, JSON,
 *           empty to remove   6 the version with its text, packed   7 `1` where the text counts too for being the same
 *           8 camerasMax   9 length of the stream   10 versions kept   11 `1` where the document rides along in the stream
 *           12 version to put back, empty otherwise: made where the one that is there is older
 *           13 newest version the caller has seen: a Redis that lost its data must not count from 1 again
 *
 * Answers `{what, version}`: changed, same, conflict (version of the settings that are there, 0 where none are), unknown
 * (nothing to remove), full. The header names the one change, so that a call that a client sends again, because its
 * connection ended, changes nothing and gets the same answer.
 */
export const CHANGE_SETTINGS = `
local call = redis.call
local camera, expected, document, back = ARGV[1], ARGV[2], ARGV[5], ARGV[12]
local version, hash, before = 0, '', ''
local raw = call('HGET', KEYS[1], camera)
if raw then
  local v, h, header, d = raw:match('^(%d+)\\n(%x*)\\n([^\\n]*)\\n(.*)$')
  version, hash, before = tonumber(v), h, d
  if header == ARGV[4] then return {'changed', version} end
end
local new = math.max(version, tonumber(ARGV[13])) + 1
if back ~= '' then
  new = tonumber(back)
  if version >= new then return {'conflict', version} end
else
  local there = before == '' and 0 or version
  if expected ~= '' and tonumber(expected) ~= there then return {'conflict', there} end
  if document == '' and before == '' then return {'unknown', version} end
  if document ~= '' and document == before and (ARGV[7] ~= '1' or hash == ARGV[3]) then return {'same', version} end
  if before == '' and tonumber(call('HGET', KEYS[2], 'present') or '0') >= tonumber(ARGV[8]) then
    return {'full', version}
  end
end
if before == '' and document ~= '' then call('HINCRBY', KEYS[2], 'present', 1) end
if before ~= '' and document == '' then call('HINCRBY', KEYS[2], 'present', -1) end
local text = string.format('%.0f', new)
local head = text .. '\\n' .. ARGV[3] .. '\\n' .. ARGV[4] .. '\\n'
call('HSET', KEYS[1], camera, head .. document)
call('LPUSH', KEYS[4], text .. '\\n' .. ARGV[6])
call('LTRIM', KEYS[4], 0, tonumber(ARGV[10]) - 1)
local seq = call('HINCRBY', KEYS[2], 'seq', 1)
local id = call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[9], '*', 'seq', seq, 'camera', camera,
  'record', ARGV[11] == '1' and head .. document or '')
call('HSET', KEYS[2], 'id', id)
return {'changed', new}
`;

/** Changes on the stream for those who fell behind; who falls further behind reads everything again. */
export const STREAM_LENGTH = 2_000;
/** A longer document does not ride along in the stream: it is fetched. With {@link STREAM_LENGTH} it bounds the stream: 64 MB. */
export const RIDES_ALONG_BYTES_MAX = 32 * 1024;

export interface SettingsKeys {
  readonly newest: string;
  readonly meta: string;
  readonly changes: string;
  /** Of one camera. */
  versions(camera: string): string;
}

export function settingsKeys(cluster: string): SettingsKeys {
  const prefix = `camshard:{${cluster}:settings}`;
  return {
    newest: `${prefix}:newest`,
    meta: `${prefix}:meta`,
    changes: `${prefix}:changes`,
    versions: (camera) => `${prefix}:versions:${camera}`,
  };
}

export interface ChangeArguments {
  readonly camera: string;
  readonly expectedVersion: number | undefined;
  readonly hash: string;
  readonly header: string;
  /** Empty to remove. */
  readonly documentJson: string;
  readonly packed: Buffer;
  readonly textCounts: boolean;
  readonly camerasMax: number;
  /** Newest version this node has seen of it, 0 where none. */
  readonly seenVersion: number;
  /** Version to put back. */
  readonly back?: number;
}

/** Keys and arguments of {@link CHANGE_SETTINGS}, in order. */
export function changeArguments(keys: SettingsKeys, change: ChangeArguments): (string | Buffer)[] {
  const { camera, expectedVersion, hash, header, documentJson, packed, textCounts, camerasMax, seenVersion, back } =
    change;
  return [
    keys.newest,
    keys.meta,
    keys.changes,
    keys.versions(camera),
    camera,
    expectedVersion === undefined ? '' : String(expectedVersion),
    hash,
    header,
    documentJson,
    packed,
    textCounts ? '1' : '0',
    String(camerasMax),
    String(STREAM_LENGTH),
    String(VERSIONS_KEPT),
    Buffer.byteLength(documentJson) <= RIDES_ALONG_BYTES_MAX ? '1' : '0',
    back === undefined ? '' : String(back),
    String(seenVersion),
  ];
}
