import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ServerProcess } from './server-process.ts';
import { until } from './until.ts';

/** A redis-server of its own that keeps its data over `kill` and `start`. */
export class RedisServer extends ServerProcess {
  readonly #dir: string;

  private constructor(port: number, dir: string, more: readonly string[]) {
    const args = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      dir,
      '--save',
      '',
      '--appendonly',
      'yes',
      ...more,
    ];
    super(port, 'redis-server', [...args, '--appendfsync', 'always']);
    this.#dir = dir;
  }

  static async start(...more: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'camshard-redis-')), more);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** What `redis-cli` prints. */
  async cli(...args: readonly string[]): Promise<string> {
    const child = spawn('redis-cli', ['-p', `${this.port}`, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    await once(child, 'close');
    return text.trimEnd();
  }

  /** A plain `redis-cli SUBSCRIBE`, subscribed when this resolves. */
  async subscribe(...channels: readonly string[]): Promise<RedisSubscriber> {
    const child = spawn('redis-cli', ['-p', `${this.port}`, 'SUBSCRIBE', ...channels], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // From here on: it ends by itself when its server does, and that must not be missed.
    const closed = once(child, 'close');
    const messages: { readonly channel: string; readonly text: string }[] = [];
    let subscribed = 0;
    let rest = '';
    let lines: string[] = [];
    child.stdout.on('data', (bytes: Buffer) => {
      const all = (rest + bytes.toString()).split('\n');
      rest = all.pop() ?? '';
      lines.push(...all);
      // Into a pipe it prints each reply as three lines: kind, channel, text or number.
      for (;;) {
        const at = lines.findIndex((line) => line === 'subscribe' || line === 'message');
        if (at === -1 || lines.length < at + 3) return;
        const [kind, channel = '', text = ''] = lines.slice(at, at + 3);
        lines = lines.slice(at + 3);
        if (kind === 'subscribe') subscribed++;
        else messages.push({ channel, text });
      }
    });
    await until('redis-cli is subscribed', () => subscribed === channels.length);
    return {
      messages,
      async close() {
        child.kill('SIGKILL');
        await closed;
      },
    };
  }
}

export interface RedisSubscriber {
  readonly messages: readonly { readonly channel: string; readonly text: string }[];
  close(): Promise<void>;
}
