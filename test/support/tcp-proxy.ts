import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A TCP proxy that misbehaves as told: delays, cuts, refuses, or stays open and passes nothing on. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #targetPort: number;
  /** ms each chunk is held, both ways. */
  delayMs = 0;
  #open = true;
  #held: { readonly to: Socket; readonly bytes: Buffer }[] | undefined;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is not listening');
    return address.port;
  }

  /** Ends every connection; new ones are served. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every connection and new ones at once. */
  refuse(): void {
    this.#open = false;
    this.cut();
  }

  accept(): void {
    this.#open = true;
  }

  /** Connections stay open and nothing passes, as behind a firewall that forgot them. */
  halfOpen(): void {
    this.#held = [];
  }

  /** What was held passes. */
  heal(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { to, bytes } of held) if (!to.destroyed) to.write(bytes);
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (!this.#open) {
      client.destroy();
      return;
    }
    const upstream = dial(this.#targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes) => this.#pass(to, bytes));
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  #pass(to: Socket, bytes: Buffer): void {
    if (this.#held !== undefined) {
      this.#held.push({ to, bytes });
      return;
    }
    if (this.delayMs === 0) to.write(bytes);
    else setTimeout(() => to.destroyed || to.write(bytes), this.delayMs);
  }
}
