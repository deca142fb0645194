import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { FromThread, ThreadData, ToThread } from './pglite-thread-protocol.ts';

/**
 * The embedded database's own thread: a statement blocks it for as long as it takes, and nobody else. Statements are run
 * one after the other, in the order they come.
 */
const INT8 = 20;
const NUMERIC = 1700;

const port = parentPort;
if (port === null) throw new Error('this module is the entry of a worker thread');
const tell = (message: FromThread): void => port.postMessage(message);

/**
 * Frames go first: making the database takes a core for seconds. On Linux a priority belongs to the thread, and 0 is the one
 * that asks; elsewhere it would be the process's, so there it stays as it is.
 */
const NICE = 10;
if (process.platform === 'linux') {
  try {
    setPriority(0, NICE);
  } catch {
    // A sandbox that forbids it only makes the first seconds slower.
  }
}

const { dir } = workerData as ThreadData;
const opened = PGlite.create({ dataDir: dir, parsers: { [INT8]: Number, [NUMERIC]: Number } });
opened.then(
  () => tell({ kind: 'ready' }),
  (error: unknown) => tell({ kind: 'not_ready', message: String(error) }),
);

let last: Promise<unknown> = opened.catch(() => {});
port.on('message', (message: ToThread) => {
  last = last.then(() => (message.kind === 'query' ? runQuery(message) : close()));
});

async function runQuery({ id, sql, parameters }: Extract<ToThread, { kind: 'query' }>): Promise<void> {
  try {
    const db = await opened;
    const { rows, affectedRows } = await db.query(sql, [...parameters]);
    tell({ kind: 'rows', id, rows, affected: affectedRows ?? 0 });
  } catch (error) {
    const { message, code } = error as { message?: unknown; code?: unknown };
    const sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
    tell({ kind: 'failed', id, message: String(message ?? error), sqlState });
  }
}

async function close(): Promise<void> {
  await opened.then((db) => db.close()).catch(() => {});
  tell({ kind: 'closed' });
  port?.close();
}
