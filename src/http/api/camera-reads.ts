import { type CameraBook, CameraRecord, type DepartedCamera } from '../../../actors/camera-book.ts';
import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { parseCameraId } from '../../../core/ids.ts';
import { Ledger, type LedgerSnapshot } from '../../../core/ledger.ts';
import type { CameraSummary } from '../../../core/protocol.ts';
import type { NodeView } from '../../node-view.ts';
import { type Page, page } from '../page.ts';

/** What nodes ask each other about cameras, and how their answers become one: pure, but for the book that is read. */

export const CAMERAS_QUESTION = 'cameras';
export const CAMERA_QUESTION = 'camera';
export const LEDGERS_QUESTION = 'ledgers';
export const LAST_FRAME_QUESTION = 'last-frame';

export interface PageBody {
  readonly after: string;
  readonly limit: number;
}

/** A camera as one node knows it. */
export interface CameraSeen {
  readonly camera: string;
  /** Null where it was here once, and only its account is. */
  readonly summary: CameraSummary | null;
  /** Another node serves it: this one has its socket. */
  readonly remote: boolean;
  readonly ledger: LedgerSnapshot;
}

export interface LedgersAnswer {
  readonly page: Page<readonly [camera: string, ledger: LedgerSnapshot]>;
  readonly folded: LedgerSnapshot;
  readonly total: LedgerSnapshot;
}

/** What one node answers. */
export function cameraAnswers({ book, view }: { readonly book: CameraBook; readonly view: NodeView }) {
  const seen = (known: CameraRecord | DepartedCamera): CameraSeen => {
    const { camera, ledger } = known;
    if (!(known instanceof CameraRecord)) return { camera, summary: null, remote: true, ledger: ledger.snapshot() };
    return { camera, summary: view.camera(known), remote: known.remote, ledger: ledger.snapshot() };
  };
  const rows = <T extends { readonly camera: string }>(all: readonly T[], body: unknown): Page<T> => {
    const { after, limit } = body as PageBody;
    const query = new URLSearchParams({ after, limit: String(limit) });
    const found = page(all, ({ camera }) => camera, query, PAGE_ROWS_MAX);
    return 'fault' in found ? { items: [], next: null } : found;
  };
  return {
    cameras(body: unknown): Page<CameraSeen> {
      const { items, next } = rows([...book.records(), ...book.departed()], body);
      return { items: items.map(seen), next };
    },
    camera(body: unknown): CameraSeen | null {
      const camera = parseCameraId(String((body as { camera?: unknown }).camera));
      const known = camera === undefined ? undefined : (book.get(camera) ?? book.departedOf(camera));
      return known === undefined ? null : seen(known);
    },
    ledgers(body: unknown): LedgersAnswer {
      const { items, next } = rows([...book.records(), ...book.departed()], body);
      return {
        page: { items: items.map(({ camera, ledger }) => [camera, ledger.snapshot()] as const), next },
        folded: book.folded(),
        total: book.total(),
      };
    },
  };
}

/** Pages of several nodes as one: each gave its first `limit` rows after the same cursor. */
export function mergePages<T>(
  pages: readonly Page<T>[],
  limit: number,
  keyOf: (row: T) => string,
  merge: (rows: readonly T[]) => T,
): Page<T> {
  const byKey = new Map<string, T[]>();
  for (const { items } of pages) {
    for (const row of items) {
      const known = byKey.get(keyOf(row));
      if (known === undefined) byKey.set(keyOf(row), [row]);
      else known.push(row);
    }
  }
  // Behind the least last row of a page that goes on, rows may be missing of that node's.
  const ends = pages.flatMap(({ next }) => (next === null ? [] : [next])).sort();
  const keys = [...byKey.keys()].sort().filter((key) => ends[0] === undefined || key <= ends[0]);
  const items = keys.slice(0, limit).map((key) => merge(byKey.get(key) ?? []));
  const last = items.at(-1);
  const more = ends.length > 0 || keys.length > limit;
  return { items, next: more && last !== undefined ? keyOf(last) : null };
}

/** One camera of what several nodes know of it: its owner's view, and the account of all of them. */
export function mergeCamera(seen: readonly CameraSeen[]): CameraSeen {
  const [first] = seen;
  if (first === undefined) throw new Error('nothing to merge');
  const { camera } = first;
  const ledger = sumLedgers(seen.map((one) => one.ledger));
  const owner =
    seen.find(({ remote, summary }) => !remote && summary !== null) ?? seen.find((one) => one.summary !== null);
  const known = owner?.summary;
  if (known == null) return { camera, summary: null, remote: false, ledger };
  const socket = seen.find(({ remote, summary }) => remote && summary?.connected === true)?.summary;
  const connected = seen.some(({ summary }) => summary?.connected === true);
  const summary = { ...known, via: socket?.node ?? known.via, connected, ledger };
  return { camera, summary, remote: false, ledger };
}

export function sumLedgers(ledgers: readonly LedgerSnapshot[]): LedgerSnapshot {
  const sum = new Ledger();
  for (const ledger of ledgers) sum.add(ledger);
  return sum.snapshot();
}
