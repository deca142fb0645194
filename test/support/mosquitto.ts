import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ServerProcess } from './server-process.ts';

/** A mosquitto of its own that keeps sessions over `kill` and `start`. */
export class Mosquitto extends ServerProcess {
  readonly #dir: string;

  private constructor(port: number, dir: string) {
    super(port, 'mosquitto', ['-c', join(dir, 'mosquitto.conf')]);
    this.#dir = dir;
  }

  static async start(): Promise<Mosquitto> {
    const dir = await mkdtemp(join(tmpdir(), 'camshard-mosquitto-'));
    const port = await freePort();
    const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'log_type none', 'user root'];
    await writeFile(join(dir, 'mosquitto.conf'), `${lines.join('\n')}\n`);
    const server = new Mosquitto(port, dir);
    await server.start();
    return server;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
