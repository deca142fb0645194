import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A TCP proxy that can stop passing anything on without closing: what a camera behind a dead mobile link looks like. */
export class SilentProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #silent = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(targetPort: number): Promise<SilentProxy> {
    const server = createServer((client) => {
      const upstream = dial(targetPort, '127.0.0.1');
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        proxy.#sockets.add(from);
        from.on('data', (bytes) => {
          if (!proxy.#silent) to.write(bytes);
        });
        from.on('error', () => {});
        from.on('close', () => {
          proxy.#sockets.delete(from);
          if (!proxy.#silent) to.destroy();
        });
      }
    });
    const proxy = new SilentProxy(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get wsUrl(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('proxy is not listening');
    return `ws://127.0.0.1:${address.port}`;
  }

  goSilent(): void {
    this.#silent = true;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
