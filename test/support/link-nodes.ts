import { pino } from 'pino';
import { systemClock } from '../../core/clock.ts';
import { type NodeId, nodeId } from '../../core/ids.ts';
import { createApp, listen } from '../../src/http/listen.ts';
import { createNodeLinks, type NodeLinksOptions, type ServedNodeLinks } from '../../src/links/node-links.ts';
import { serveLinks } from '../../src/links/uws-wire.ts';

export interface LinkNode {
  readonly node: NodeId;
  readonly links: ServedNodeLinks;
  readonly port: number;
  readonly url: string;
  /** What the node logged: level and text. */
  readonly logged: readonly { readonly level: number; readonly msg: string; readonly code?: string }[];
  /** Goodbye, and the port is free. */
  close(): Promise<void>;
  /** As a process that is killed: every socket ends without a word. */
  kill(): Promise<void>;
}

/** A node that is nothing but its links, on a real socket. */
export async function startLinkNode(
  name: string,
  options: Partial<NodeLinksOptions> = {},
  tls: { readonly certFile: string; readonly keyFile: string } | null = null,
): Promise<LinkNode> {
  const node = nodeId(name);
  const logged: { level: number; msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const server = { host: '127.0.0.1', port: 0, tls, allowedOrigins: [] } as never;
  const app = createApp(server);
  const links = createNodeLinks({
    node,
    cluster: 'test',
    secret: 'a secret of the tests',
    creditBytes: 1024 * 1024,
    clock: systemClock,
    log,
    ...options,
  });
  serveLinks(app, links, (error) => log.error({ err: error }, 'fault'));
  const { port } = await listen(app, server);
  return {
    node,
    links,
    port,
    url: `${tls === null ? 'ws' : 'wss'}://127.0.0.1:${port}`,
    logged,
    async close() {
      await links.close();
      app.close();
    },
    async kill() {
      // Terminates the sockets it took first: with nobody to say goodbye to, the rest ends at once.
      app.close();
      await links.close();
    },
  };
}

/** Each is told of all others. */
export function introduce(...nodes: readonly LinkNode[]): void {
  for (const { links } of nodes) links.setPeers(nodes);
}
