import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ServerProcess } from './server-process.ts';
import { until } from './until.ts';

const MASTERS = 3;
const SLOTS = 16_384;
/** As DESIGN.md, section 9 wants them; its `maxmemory-policy noeviction` is Redis's default, said here all the same. */
const SETTINGS = {
  'cluster-enabled': 'yes',
  'cluster-node-timeout': '2000',
  'cluster-require-full-coverage': 'no',
  appendonly: 'yes',
  'maxmemory-policy': 'noeviction',
  save: '',
  // A replica is in sync in a moment, instead of after five seconds of waiting for further ones.
  'repl-diskless-sync-delay': '0',
} as const;

/** One of the six: a redis-server whose data outlive `kill` and `start`. */
export class RedisClusterServer extends ServerProcess {
  /** 0, 1 and 2 begin as masters; 3 is the replica of 0, 4 of 1, 5 of 2. */
  readonly index: number;
  /** Its id in the cluster. */
  readonly id: string;
  readonly busPort: number;
  readonly dir: string;

  constructor(index: number, port: number, busPort: number, parent: string, more: readonly string[]) {
    const dir = join(parent, `${index}`);
    const args = ['--port', `${port}`, '--cluster-port', `${busPort}`, '--bind', '127.0.0.1', '--dir', dir];
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => [`--${name}`, value]);
    super(port, 'redis-server', [...args, ...settings, ...more]);
    this.index = index;
    this.id = `${index}`.repeat(40);
    this.busPort = busPort;
    this.dir = dir;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Asks this very server, over a connection of its own. Rejects where it does not answer within a second. */
  async ask(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const client = new Redis(this.port, '127.0.0.1', {
      lazyConnect: true,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      connectTimeout: 1_000,
      commandTimeout: 1_000,
      enableReadyCheck: false,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** A figure or word of its `INFO`, `undefined` where it has none of that name or does not answer. */
  async info(name: string): Promise<string | undefined> {
    const text = await this.ask('INFO', 'everything').catch(() => '');
    return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(text))?.[1];
  }
}

/**
 * A real Redis Cluster of six on free ports: three masters with a replica each, in a folder of its own. It starts in
 * about three seconds, two of which a Redis master waits after its start before it serves.
 *
 *     const cluster = await RedisCluster.start();
 *     const master = await cluster.masterOf('{c}');
 *     await master.kill();                       // kill -9; freeze() and thaw() are SIGSTOP and SIGCONT
 *     await cluster.otherMasterOf('{c}', master);
 *     await master.start();                      // comes back as a replica
 *     await cluster.close();
 */
export class RedisCluster {
  readonly servers: readonly RedisClusterServer[];
  readonly #dir: string;
  readonly #killAll = (): void => {
    for (const server of this.servers) void server.kill();
  };

  private constructor(servers: readonly RedisClusterServer[], dir: string) {
    this.servers = servers;
    this.#dir = dir;
  }

  /** @param more options of redis-server, e.g. `'--maxclients', '2000'` */
  static async start(...more: readonly string[]): Promise<RedisCluster> {
    const dir = await mkdtemp(join(tmpdir(), 'camshard-redis-cluster-'));
    const ports = await freePorts(4 * MASTERS);
    const servers = Array.from({ length: 2 * MASTERS }, (_, index) => {
      const [port = 0, busPort = 0] = ports.slice(2 * index);
      return new RedisClusterServer(index, port, busPort, dir, more);
    });
    const cluster = new RedisCluster(servers, dir);
    process.once('exit', cluster.#killAll); // Nothing but the folder is left behind where a test ends early.
    try {
      for (const server of servers) {
        await mkdir(server.dir);
        await writeFile(join(server.dir, 'nodes.conf'), nodesConf(servers, server));
      }
      await Promise.all(servers.map((server) => server.start()));
      await cluster.ready();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Of the first server. Use {@link urls} where that one may be down. */
  get url(): string {
    return this.servers[0]?.url ?? '';
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  /** All six with commas between, as `redis.url` takes it. */
  get allUrls(): string {
    return this.urls.join(',');
  }

  /** Resolves once every slot is served, and every replica that runs is in sync, as seen from all that run. */
  async ready(timeoutMs = 30_000): Promise<void> {
    await until('a Redis Cluster of six', async () => (await this.#isReady()) || (await pause()), timeoutMs);
  }

  async #isReady(): Promise<boolean> {
    const running = this.servers.filter(({ running }) => running);
    let masters = 0;
    const ready = await Promise.all(
      running.map(async (server) => {
        const state = String(await server.ask('CLUSTER', 'INFO').catch(() => ''));
        if (!/^cluster_state:ok\r?$/m.test(state) || !state.includes(`cluster_slots_ok:${SLOTS}`)) return false;
        if ((await server.info('role')) === 'slave') return (await server.info('master_link_status')) === 'up';
        masters++;
        const replica = await server.info('slave0');
        return replica === undefined ? running.length < this.servers.length : replica.includes('state=online');
      }),
    );
    return masters === MASTERS && ready.every(Boolean); // one that was thawed believes for a moment that it still is one
  }

  /** Hash slot of a key, 0 .. 16383. */
  async slotOf(key: string): Promise<number> {
    return Number(await (await this.#answering()).ask('CLUSTER', 'KEYSLOT', key));
  }

  /** The server that serves `key` for writing now, in the eyes of the others. */
  async masterOf(key: string): Promise<RedisClusterServer> {
    return (await this.#serving(key))[0];
  }

  /** Replicas of {@link masterOf}, whether they run or not. */
  async replicasOf(key: string): Promise<readonly RedisClusterServer[]> {
    return (await this.#serving(key))[1];
  }

  /** Resolves with the master of `key` once that is not `old` any more and all slots are served again. */
  async otherMasterOf(key: string, old: RedisClusterServer, timeoutMs = 20_000): Promise<RedisClusterServer> {
    return await until(
      `another master of ${key} than ${old.index}`,
      async () => {
        const [master] = await this.#serving(key, old);
        if (master === old || (await master.info('role')) !== 'master') return await pause();
        const state = String(await master.ask('CLUSTER', 'INFO').catch(() => ''));
        return /^cluster_state:ok\r?$/m.test(state) ? master : await pause();
      },
      timeoutMs,
    );
  }

  /** Kills all that run, and takes the folder away. */
  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    process.removeListener('exit', this.#killAll);
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #answering(besides?: RedisClusterServer): Promise<RedisClusterServer> {
    for (const server of this.servers) {
      if (server === besides || !server.running || server.frozen) continue;
      if ((await server.ask('PING').catch(() => undefined)) === 'PONG') return server;
    }
    throw new Error('no server of the Redis Cluster answers');
  }

  /** `CLUSTER SHARDS` of Redis 7 would list dead ones too; `CLUSTER NODES` says it in one line each. */
  async #serving(
    key: string,
    besides?: RedisClusterServer,
  ): Promise<readonly [RedisClusterServer, readonly RedisClusterServer[]]> {
    const asked = await this.#answering(besides);
    const slot = Number(await asked.ask('CLUSTER', 'KEYSLOT', key));
    const lines = String(await asked.ask('CLUSTER', 'NODES'))
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    const has = (range: string): boolean => {
      const [from = -1, to = from] = range.split('-').map(Number);
      return from <= slot && slot <= to;
    };
    const id = lines.find((fields) => fields.slice(8).some(has))?.[0];
    const master = this.servers.find((server) => server.id === id);
    if (master === undefined) throw new Error(`nobody serves slot ${slot}`);
    const replicas = lines.filter((fields) => fields[3] === id).map((fields) => fields[0]);
    return [master, this.servers.filter((server) => replicas.includes(server.id))];
  }
}

/** Between looks at servers that are busy starting. */
async function pause(): Promise<false> {
  await new Promise((resolve) => setTimeout(resolve, 45));
  return false;
}

/**
 * What a server keeps of the cluster it is in, so that all six know each other from the start: no meeting, no waiting
 * for gossip.
 */
function nodesConf(servers: readonly RedisClusterServer[], myself: RedisClusterServer): string {
  const lines = servers.map(({ index, id, port, busPort }) => {
    const mine = index === myself.index ? 'myself,' : '';
    const address = `${id} 127.0.0.1:${port}@${busPort}`;
    if (index >= MASTERS) {
      return `${address} ${mine}slave ${servers[index - MASTERS]?.id} 0 0 ${index - MASTERS + 1} connected`;
    }
    const slots = `${Math.floor((index * SLOTS) / MASTERS)}-${Math.floor(((index + 1) * SLOTS) / MASTERS) - 1}`;
    return `${address} ${mine}master - 0 0 ${index + 1} connected ${slots}`;
  });
  return `${lines.join('\n')}\nvars currentEpoch ${MASTERS} lastVoteEpoch 0\n`;
}

/** Ports that nobody has right now, held all at once so that they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const held: Server[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const server = createServer();
      held.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return held.map((server) => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      return address.port;
    });
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
