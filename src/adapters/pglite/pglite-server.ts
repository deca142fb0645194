import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../../core/clock.ts';
import { errorMessage } from '../../../core/errors.ts';
import type {
  AcquireOptions,
  DatabaseServer,
  PoolFigures,
  SqlConnection,
  SqlResult,
} from '../../history/database-server.ts';
import { HistoryError } from '../../history/history-error.ts';
import { lockFolder } from '../segment-log/folder-lock.ts';
import { PgliteThread } from './pglite-thread-handle.ts';

export interface PgliteServerOptions {
  readonly name: string;
  /** Folder for the database and its lock; made where it is not there. */
  readonly dir: string;
  readonly clock: Clock;
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

interface Waiting {
  readonly take: () => void;
  readonly timer: Timer;
}

/** A thread that is still at a statement nobody waits for any more is ended after this many statement time-outs. */
const STUCK_TIMEOUTS = 6;

/**
 * The embedded database: PostgreSQL compiled to WebAssembly, in a thread of this process, with files of its own. It has
 * one connection, so those who want it wait for each other. A thread that ended is started anew by the next `acquire`.
 *
 * The files bear the end of the process at any time (PostgreSQL's own log is replayed at the next start). Two processes
 * on one folder would ruin them, and PGlite does not look: the lock beside them does.
 */
export class PgliteServer implements DatabaseServer {
  readonly name: string;
  readonly kind = 'pglite';
  readonly #o: PgliteServerOptions;
  #thread: Promise<PgliteThread> | undefined;
  /** The thread that runs or is being started. */
  #current: PgliteThread | undefined;
  #open = false;
  #busy = false;
  #waiting: Waiting[] = [];
  #acquireTimeouts = 0;
  #unlock: (() => Promise<void>) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: PgliteServerOptions) {
    this.name = options.name;
    this.#o = options;
  }

  async acquire({ statementTimeoutMs = this.#o.statementTimeoutMs }: AcquireOptions = {}): Promise<SqlConnection> {
    await this.#turn();
    try {
      const thread = await this.#started();
      return new PgliteConnection({ clock: this.#o.clock, statementTimeoutMs }, thread, (broken) =>
        this.#release(thread, broken),
      );
    } catch (error) {
      this.#next();
      throw error;
    }
  }

  pool(): PoolFigures {
    return {
      max: 1,
      open: Number(this.#open),
      busy: Number(this.#busy),
      waiting: this.#waiting.length,
      acquireTimeouts: this.#acquireTimeouts,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    // Starting can take long, and leaves nothing that the next start cannot do again.
    if (!this.#open) await this.#current?.kill();
    const thread = await this.#thread?.catch(() => undefined);
    await thread?.close();
    this.#open = false;
    await this.#unlock?.();
  }

  /** Waits until nobody else has the connection. */
  #turn(): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        take: () => {
          waiting.timer.cancel();
          resolve();
        },
        timer: this.#o.clock.after(this.#o.acquireTimeoutMs, () => {
          this.#waiting = this.#waiting.filter((other) => other !== waiting);
          this.#acquireTimeouts++;
          reject(new HistoryError('history_busy', `no free connection to ${this.name} in time`));
        }),
      };
      this.#waiting.push(waiting);
    });
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy = false;
    else next.take();
  }

  /** A caller that gave up leaves a statement running and perhaps a transaction open: both are to end before the next. */
  #release(thread: PgliteThread, broken: boolean): void {
    if (!broken || thread.ended) {
      this.#next();
      return;
    }
    const stuck = this.#o.clock.after(this.#o.statementTimeoutMs * STUCK_TIMEOUTS, () => void thread.kill());
    void thread
      .run('rollback', [])
      .catch(() => {})
      .then(() => {
        stuck.cancel();
        this.#next();
      });
  }

  async #started(): Promise<PgliteThread> {
    if (this.#closed !== undefined) throw new HistoryError('history_unavailable', `${this.name} is closed`);
    const running = await this.#thread?.catch(() => undefined);
    if (running !== undefined && !running.ended) return running;
    this.#open = false;
    this.#thread = this.#start(running);
    const thread = await this.#thread;
    this.#open = true;
    return thread;
  }

  async #start(before: PgliteThread | undefined): Promise<PgliteThread> {
    await before?.gone;
    const { dir } = this.#o;
    await mkdir(dir, { recursive: true });
    this.#unlock ??= await lockFolder(dir, 'the embedded database').catch((error: unknown) => {
      throw new HistoryError('history_locked', errorMessage(error), { cause: error });
    });
    const files = join(dir, 'pglite');
    if (!(await isThere(files))) await this.#make(files);
    const thread = this.#spawn(files);
    await thread.ready;
    return thread;
  }

  /**
   * Makes an empty database beside its place and moves it there when it is whole: half a database would never open. In a
   * thread of its own, because that takes 0.4 GB more than using it (measured: 830 MB after it, 450 MB in the next thread).
   */
  async #make(files: string): Promise<void> {
    const unfinished = `${files}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    const thread = this.#spawn(unfinished);
    try {
      await thread.ready;
    } finally {
      await thread.close();
      await thread.gone;
    }
    await rename(unfinished, files);
  }

  #spawn(files: string): PgliteThread {
    if (this.#closed !== undefined) throw new HistoryError('history_unavailable', `${this.name} is closed`);
    this.#current = new PgliteThread(files, this.#o.clock);
    return this.#current;
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

class PgliteConnection implements SqlConnection {
  readonly #o: Pick<PgliteServerOptions, 'clock' | 'statementTimeoutMs'>;
  readonly #thread: PgliteThread;
  readonly #release: (broken: boolean) => void;
  #broken = false;
  #released = false;

  constructor(
    options: Pick<PgliteServerOptions, 'clock' | 'statementTimeoutMs'>,
    thread: PgliteThread,
    release: (broken: boolean) => void,
  ) {
    this.#o = options;
    this.#thread = thread;
    this.#release = release;
  }

  get broken(): boolean {
    return this.#broken || this.#thread.ended;
  }

  async query(sql: string, parameters: readonly unknown[]): Promise<SqlResult> {
    if (this.#broken) throw new HistoryError('history_unavailable', 'the connection is still at an earlier statement');
    const { clock, statementTimeoutMs } = this.#o;
    let timer: Timer | undefined;
    // PGlite cannot be interrupted: the caller is let go, the connection is not before the statement has ended.
    const late = new Promise<never>((_resolve, reject) => {
      timer = clock.after(statementTimeoutMs, () => {
        this.#broken = true;
        reject(new HistoryError('history_timeout', `a statement took longer than ${statementTimeoutMs} ms`));
      });
    });
    try {
      return await Promise.race([this.#thread.run(sql, parameters), late]);
    } finally {
      timer?.cancel();
    }
  }

  release(): void {
    if (this.#released) throw new Error('a connection is given back once');
    this.#released = true;
    this.#release(this.#broken);
  }
}
