import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { getJson } from '../../client/node-api.ts';
import { nodeAddress } from '../options.ts';
import type { AskedNode, Candidate, IdKind } from './completer.ts';

/** Somebody waits at the keyboard. */
const ANSWER_MS_MAX = 800;
/** The second press of the key gets what the first got. */
const CACHE_MS_MAX = 3_000;
const IDS_MAX = 1_000;

type Environment = Readonly<Record<string, string | undefined>>;
type Row = Readonly<Record<string, unknown>>;

const rows = (answer: unknown, name: string): readonly Row[] => {
  const list = (answer as Row | null)?.[name];
  return Array.isArray(list) ? (list as Row[]) : [];
};
const text = (row: Row, name: string): string => String(row[name] ?? '');

const QUESTIONS: Readonly<
  Record<IdKind, { readonly path: (typed: string) => string; readonly read: (answer: unknown) => Candidate[] }>
> = {
  camera: {
    path: (typed) => `/v1/cameras?limit=${IDS_MAX}&after=${encodeURIComponent(justBefore(typed))}`,
    read: (answer) =>
      rows(answer, 'cameras').map((c) => ({
        value: text(c, 'camera'),
        says: c.connected === true ? `connected, on ${text(c, 'node')}` : 'away',
      })),
  },
  node: {
    path: () => '/v1/cluster',
    read: (answer) =>
      rows(answer, 'members').map((m) => ({ value: text(m, 'node'), says: m.alive === true ? 'alive' : 'dead' })),
  },
  shard: {
    path: () => '/v1/cluster',
    read: (answer) => {
      const n = Number((answer as Row).shardCount);
      return Array.from({ length: Number.isInteger(n) ? n : 0 }, (_, shard) => ({ value: String(shard) }));
    },
  },
  alert: {
    path: () => '/v1/alerts?state=opened&limit=100',
    read: (answer) => rows(answer, 'alerts').map((a) => ({ value: text(a, 'id'), says: text(a, 'title') })),
  },
  round: {
    path: () => '/v1/cluster/rounds',
    read: (answer) => rows(answer, 'rounds').map((r) => ({ value: text(r, 'id'), says: text(r, 'state') })),
  },
  hash: {
    path: () => '/v1/quarantine',
    read: (answer) => rows(answer, 'frames').map((f) => ({ value: text(f, 'hash'), says: text(f, 'camera') })),
  },
};

const ID_CHARS = [...'-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'];

/** The last id before all that begin with `typed`: the page after it holds them, however many there are before. */
export function justBefore(typed: string): string {
  if (!/^[A-Za-z0-9._-]{1,63}$/.test(typed)) return '';
  const before = ID_CHARS[ID_CHARS.indexOf(typed.at(-1) ?? '') - 1];
  return before === undefined ? typed.slice(0, -1) : (typed.slice(0, -1) + before).padEnd(64, 'z');
}

/** Ids from the node, within a short time; none where it is not there, says no, or is slow. */
export async function idsFromNode(
  kind: IdKind,
  typed: string,
  asked: AskedNode,
  env: Environment,
  clock: Clock,
): Promise<readonly Candidate[]> {
  const { path, read } = QUESTIONS[kind];
  const node = nodeAddress(asked, env);
  const question = path(typed);
  const file = cacheFile(`${node.url} ${node.token ?? ''} ${question}`, env);
  try {
    const kept = file === undefined ? undefined : fromCache(file, clock.wallMs());
    if (kept !== undefined) return read(kept);
    const answer = await Promise.race([
      getJson(node, question),
      new Promise<undefined>((resolve) => clock.after(ANSWER_MS_MAX, () => resolve(undefined))),
    ]);
    if (answer === undefined) return [];
    if (file !== undefined) writeFileSync(file, JSON.stringify(answer), { mode: 0o600 });
    return read(answer);
  } catch {
    // A key was pressed, nothing was asked for: there is nobody to tell.
    return [];
  }
}

/** Only where the system has a folder that nobody else can write to. */
function cacheFile(question: string, { XDG_RUNTIME_DIR: dir }: Environment): string | undefined {
  if (dir === undefined || dir === '') return undefined;
  try {
    mkdirSync(join(dir, 'camshard'), { mode: 0o700, recursive: true });
    return join(dir, 'camshard', `complete-${createHash('sha256').update(question).digest('hex').slice(0, 16)}`);
  } catch {
    return undefined;
  }
}

function fromCache(file: string, nowWallMs: number): unknown {
  try {
    const ageMs = nowWallMs - statSync(file).mtimeMs;
    return ageMs >= 0 && ageMs < CACHE_MS_MAX ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
