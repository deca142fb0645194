import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../core/clock.ts';
import type { SqlResult } from '../../history/database-server.ts';
import { fromSqlState, HistoryError } from '../../history/history-error.ts';
import { compiledUrl } from './compiled-url.ts';
import type { FromThread, ThreadData, ToThread } from './pglite-thread-protocol.ts';

interface Asked {
  readonly resolve: (result: SqlResult) => void;
  readonly reject: (error: HistoryError) => void;
}

/** What closing may take before the thread is ended: PGlite writes a checkpoint. */
const CLOSE_MS = 1_200;

/** One life of the thread: from its start to its end, whichever way. */
export class PgliteThread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #clock: Clock;
  /** Resolves when statements are taken, rejects with `history_unavailable` where the database cannot be opened. */
  readonly ready: Promise<void>;
  /** Resolves when the thread is gone. */
  readonly gone: Promise<void>;
  #ended = false;
  #onReady: (() => void) | undefined;
  #onNotReady: ((error: HistoryError) => void) | undefined;
  #onClosed: (() => void) | undefined;
  #lastId = 0;

  constructor(dir: string, clock: Clock) {
    this.#clock = clock;
    const workerData: ThreadData = { dir };
    this.#worker = new Worker(compiledUrl(import.meta.url, 'pglite-thread.js'), { workerData, name: 'history' });
    // The service keeps the process alive, not its database.
    this.#worker.unref();
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#onNotReady = reject;
    });
    this.ready.catch(() => {});
    this.gone = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (message: FromThread) => this.#take(message));
    this.#worker.on('error', (error: Error) => this.#end(error.message));
    this.#worker.once('exit', () => this.#end('the thread of the embedded database has ended'));
  }

  get ended(): boolean {
    return this.#ended;
  }

  run(sql: string, parameters: readonly unknown[]): Promise<SqlResult> {
    if (this.#ended) return Promise.reject(unavailable('the thread of the embedded database has ended'));
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#asked.set(id, { resolve, reject });
      this.#post({ kind: 'query', id, sql, parameters });
    });
  }

  /** Lets it finish what it is at and write its files, but not for long: they bear being cut off. */
  async close(): Promise<void> {
    if (!this.#ended) {
      const closed = new Promise<void>((resolve) => {
        this.#onClosed = resolve;
      });
      this.#post({ kind: 'close' });
      let timer: { cancel(): void } | undefined;
      const late = new Promise<void>((resolve) => {
        timer = this.#clock.after(CLOSE_MS, resolve);
      });
      await Promise.race([closed, late, this.gone]);
      timer?.cancel();
    }
    await this.kill();
  }

  async kill(): Promise<void> {
    this.#end('the embedded database was closed');
    await this.#worker.terminate();
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.#onReady?.();
        return;
      case 'not_ready':
        this.#end(message.message);
        void this.#worker.terminate();
        return;
      case 'rows':
        this.#answered(message.id)?.resolve(message);
        return;
      case 'failed': {
        const { id, message: text, sqlState } = message;
        const what = `a statement failed: ${text}`;
        this.#answered(id)?.reject(
          sqlState === undefined ? new HistoryError('history_failed', what) : fromSqlState(sqlState, what),
        );
        return;
      }
      case 'closed':
        this.#onClosed?.();
    }
  }

  #answered(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const error = unavailable(why);
    this.#onNotReady?.(error);
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

const unavailable = (why: string): HistoryError =>
  new HistoryError('history_unavailable', `the embedded database: ${why}`);
