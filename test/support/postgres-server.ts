import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

export interface PostgresOptions {
  /** More settings, as `name = value`. */
  readonly settings?: readonly string[];
  /** A connection URL to follow as a streaming replica. */
  readonly follows?: string;
}

const READY_MS = 30_000;

/** A real PostgreSQL of this machine's packages, in a folder of its own, on 127.0.0.1. */
export class PostgresProcess {
  readonly port: number;
  readonly url: string;
  readonly #dir: string;
  readonly #bin: string;
  readonly #user: User | undefined;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;
  #stopped: Promise<unknown> = Promise.resolve();
  #output = '';

  private constructor(dir: string, port: number, bin: string, user: User | undefined, settings: readonly string[]) {
    this.#dir = dir;
    this.port = port;
    this.#bin = bin;
    this.#user = user;
    this.#settings = settings;
    this.url = `postgres://camshard:secret@127.0.0.1:${port}/postgres`;
  }

  static async start({ settings = [], follows }: PostgresOptions = {}): Promise<PostgresProcess> {
    const bin = await binaries();
    const user = await otherUser();
    const dir = await mkdtemp(join(tmpdir(), 'camshard-postgres-'));
    if (user !== undefined) await chown(dir, user.uid, user.gid);
    const server = new PostgresProcess(dir, await freePort(), bin, user, settings);
    try {
      if (follows === undefined) await server.#initialise();
      else await server.#tool('pg_basebackup', ['-D', server.#data, '-d', follows, '-R', '-X', 'stream', '-c', 'fast']);
      await server.restart();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** A streaming replica of this one. */
  replica(): Promise<PostgresProcess> {
    return PostgresProcess.start({ follows: this.url });
  }

  /** Starts it (again) and resolves when it answers. */
  async restart(): Promise<void> {
    const endMs = performance.now() + READY_MS;
    // After a kill -9 its children may need a moment to see that they are orphans: until then it refuses to start.
    for (;;) {
      this.#spawn();
      if (await this.#answers(endMs)) return;
      if (performance.now() > endMs) throw new Error(`PostgreSQL does not start: ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** As a power cut of its process: no goodbye. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#stopped;
  }

  /** It stands still, its connections stay open. So do its children's: they are stopped, too. */
  async freeze(): Promise<void> {
    await this.#signal('SIGSTOP');
  }

  async thaw(): Promise<void> {
    await this.#signal('SIGCONT');
  }

  async query<T extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<T>(sql, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends it and deletes its files. */
  async remove(): Promise<void> {
    await this.thaw().catch(() => {});
    // SIGQUIT: at once, its children included; there is nothing to keep.
    this.#process?.kill('SIGQUIT');
    await this.#stopped;
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  get #data(): string {
    return join(this.#dir, 'data');
  }

  async #initialise(): Promise<void> {
    const password = join(this.#dir, 'password');
    await writeFile(password, 'secret', { mode: 0o644 });
    await this.#tool('initdb', [
      ...['-D', this.#data, '-U', 'camshard', '-A', 'scram-sha-256', '--pwfile', password],
      ...['-E', 'UTF8', '--locale=C', '--no-sync'],
    ]);
    const settings = ['fsync = off', 'shared_buffers = 64MB', 'wal_level = replica', 'max_wal_senders = 4'];
    await this.#addSettings([...settings, `unix_socket_directories = '${this.#dir}'`, ...this.#settings]);
    await writeFile(join(this.#data, 'pg_hba.conf'), HOST_ACCESS);
  }

  async #addSettings(settings: readonly string[]): Promise<void> {
    await writeFile(join(this.#data, 'postgresql.conf'), `\n${settings.join('\n')}\n`, { flag: 'a' });
  }

  async #tool(name: string, args: readonly string[]): Promise<void> {
    await run(join(this.#bin, name), [...args], { ...this.#user, cwd: this.#dir, env: { PATH: process.env.PATH } });
  }

  #spawn(): void {
    const args = ['-D', this.#data, '-p', String(this.port), '-h', '127.0.0.1', '-k', this.#dir];
    this.#output = '';
    const child = spawn(join(this.#bin, 'postgres'), args, {
      ...{ ...this.#user, cwd: this.#dir, stdio: ['ignore', 'ignore', 'pipe'] },
      env: { PATH: process.env.PATH, TZ: 'UTC' },
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#output = `${this.#output}${chunk.toString()}`.slice(-4_000);
    });
    this.#process = child;
    this.#stopped = new Promise((resolve) => child.once('exit', resolve));
  }

  async #answers(endMs: number): Promise<boolean> {
    while (performance.now() < endMs && this.#process?.exitCode === null) {
      const up = await this.query('select 1').then(
        () => true,
        () => false,
      );
      if (up) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    const parent = this.#process?.pid;
    if (parent === undefined) return;
    for (const pid of [parent, ...(await childrenOf(parent))]) process.kill(pid, signal);
  }
}

const HOST_ACCESS = 'host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n';

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: then it is run as the user that its package made. */
async function otherUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

async function binaries(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root)).map(Number).sort((a, b) => b - a);
  return join(root, String(versions[0]), 'bin');
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
