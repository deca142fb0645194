import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComposeService, readCompose, requiredVariables } from '../support/compose.ts';
import { jpeg } from '../support/pictures.ts';
import { PostgresProcess } from '../support/postgres-server.ts';
import { freePort, ServerProcess } from '../support/server-process.ts';
import { startTinyDns, type TinyDns } from '../support/tiny-dns.ts';
import { until } from '../support/until.ts';

/**
 * The cluster of deploy/compose, without its containers: what it says of Redis, HAProxy and the nodes (commands, files and
 * environment) is run here as it stands, but for addresses, folders and an invented device instead of the processor.
 */

const FILE = 'deploy/compose/cluster.yaml';
const CLI = resolve('dist/src/cli/main.js');
const NODES = ['node-1', 'node-2', 'node-3'] as const;
const SECRETS = Object.fromEntries(requiredVariables(FILE).map((name) => [name, `${name.toLowerCase()}-of-the-test`]));
/** What the image sets (Dockerfile). */
const IMAGE = { CAMSHARD_SERVER__HOST: '0.0.0.0' };

const file = readCompose(FILE, SECRETS);

function service(name: string): ComposeService {
  const found = file.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

interface Running {
  readonly name: string;
  readonly port: number;
  readonly log: () => string;
  /** SIGTERM; @returns the exit code */
  stop(): Promise<number | null>;
}

function startNode(name: string, port: number, env: Readonly<Record<string, string>>): Running {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('CAMSHARD_')));
  const child = spawn(process.execPath, [CLI, 'up'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...clean, ...env } });
  let log = '';
  const collect = (bytes: Buffer): void => {
    log += bytes.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'close');
  return {
    ...{ name, port, log: () => log },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
  };
}

describe('the cluster of deploy/compose', () => {
  let dir: string;
  let redis: ServerProcess;
  let postgres: PostgresProcess;
  let dns: TinyDns;
  let haproxy: ServerProcess;
  let url: string;
  const nodes: Running[] = [];
  const headers = { authorization: `Bearer ${SECRETS.CAMSHARD_TOKEN}` };

  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const answer = await fetch(url + path, { ...init, headers: { ...headers, ...(init.headers as object) } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };

  async function startRedis(): Promise<ServerProcess> {
    const port = await freePort();
    const config = join(dir, 'redis.conf');
    const text = await readFile('deploy/compose/redis.conf', 'utf8');
    await writeFile(config, `${text.replace(/^dir \/data$/m, `dir ${dir}`)}\nport ${port}\nbind 127.0.0.1\n`);
    const { command = [], environment, volumes } = service('redis');
    const inside = volumes.find((volume) => volume.startsWith('./redis.conf:'))?.split(':')[1] ?? '';
    const script = command.map((word) => word.replace(inside, config));
    expect(script.join()).toContain(config);
    const env = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const server = new ServerProcess(port, 'env', [...env, ...script]);
    await server.start();
    return server;
  }

  async function startHaproxy(ports: readonly number[]): Promise<ServerProcess> {
    const port = await freePort();
    const config = join(dir, 'haproxy.cfg');
    let text = await readFile('deploy/compose/haproxy.cfg', 'utf8');
    text = text.replace('bind :8080', `bind 127.0.0.1:${port}`).replace('127.0.0.11:53', `127.0.0.1:${dns.port}`);
    NODES.forEach((name, i) => {
      text = text.replace(`${name}:8080`, `${name}:${ports[i]}`);
    });
    await writeFile(config, text);
    const server = new ServerProcess(port, 'haproxy', ['-db', '-f', config]);
    await server.start();
    return server;
  }

  beforeAll(async () => {
    if (!existsSync(CLI)) throw new Error(`${CLI} is not there: run \`npm run build\``);
    dir = await mkdtemp(join(tmpdir(), 'camshard-compose-'));
    [redis, postgres] = await Promise.all([startRedis(), PostgresProcess.start()]);
    const ports = [await freePort(), await freePort(), await freePort()];
    const here = (text: string): string => {
      const moved = text
        .replace('@redis:6379', `@127.0.0.1:${redis.port}`)
        .replace(/^postgres:.*@postgres:5432\/camshard$/, postgres.url);
      return NODES.reduce((all, name, i) => all.replace(`//${name}:8080`, `//127.0.0.1:${ports[i]}`), moved);
    };
    NODES.forEach((name, i) => {
      const env = Object.entries({ ...IMAGE, ...service(name).environment }).map(([key, text]) => [key, here(text)]);
      nodes.push(
        startNode(name, ports[i] ?? 0, {
          ...Object.fromEntries(env),
          CAMSHARD_SERVER__PORT: String(ports[i]),
          CAMSHARD_NODE__DATA_DIR: join(dir, name),
          CAMSHARD_DEVICES: '[{kind: simulated, baseMs: 1, perFrameMs: 0.2}]',
        }),
      );
    });
    // As Docker's own, which knows containers by their names.
    dns = await startTinyDns(NODES);
    haproxy = await startHaproxy(ports);
    url = `http://127.0.0.1:${haproxy.port}`;
    await until(
      'every node to serve',
      async () => {
        for (const { port } of nodes) {
          const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
          if (answer?.status !== 200) return false;
        }
        return true;
      },
      60_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${nodes.map(({ name, log }) => `${name}:\n${log()}`).join('\n')}`);
    });
  });

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await Promise.all([haproxy?.kill(), dns?.close(), redis?.kill(), postgres?.remove()]);
    await rm(dir, { recursive: true, force: true });
  });

  it('is three nodes that have each other for members, behind one address', async () => {
    const members = await until('three members, and HAProxy to see them', async () => {
      const status = await ask<{ members: { node: string; alive: boolean }[] }>('/v1/cluster').catch(() => undefined);
      const alive = status?.members.filter((member) => member.alive).map(({ node }) => node);
      return alive?.length === NODES.length ? alive : undefined;
    });
    expect(members.sort()).toEqual([...NODES]);
    expect(await (await fetch(`${url}/v1/cluster`)).status).toBe(401);
  });

  it('analyses pictures of cameras whichever node has them, and accounts for them', async () => {
    const picture = await jpeg();
    const cameras = Array.from({ length: 12 }, (_, i) => `gate-${i}`);
    await until('all shards to run', async () => {
      const { shards, shardCount } = await ask<{ shards: { running: number }; shardCount: number }>('/v1/cluster');
      return shards.running === shardCount;
    });
    for (const camera of cameras) {
      const answer = await ask<{ type: string }>(`/v1/cameras/${camera}/frames`, {
        ...{ method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: picture },
      });
      expect(answer.type).toBe('result');
    }
    const { total } = await ask<{ total: { received: number; inferred: number } }>('/v1/ledger');
    expect(total).toMatchObject({ received: cameras.length, inferred: cameras.length });
  });

  it('keeps its history in the one PostgreSQL', async () => {
    const tables = await postgres.query<{ n: string }>(
      "select count(*) n from pg_tables where tablename = 'measures_hour'",
    );
    expect(Number(tables[0]?.n)).toBe(1);
  });

  it('shows Prometheus each node for the token', async () => {
    for (const { port } of nodes) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
      expect(text).toContain('camshard_cluster_members{state="alive"} 3');
    }
  });

  it('lets a node go on SIGTERM within the time Compose gives it, its shards with the others', async () => {
    const leaving = nodes[2];
    const grace = Number(service('node-3').stop_grace_period?.replace('s', ''));
    const begun = performance.now();
    expect(await leaving?.stop()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(grace * 1_000);
    await until('the others to run all shards', async () => {
      const { members, shards, shardCount } = await ask<{
        members: { node: string; alive: boolean; shards: number }[];
        shards: { running: number };
        shardCount: number;
      }>('/v1/cluster');
      return (
        shards.running === shardCount &&
        members.filter(({ alive, shards: n }) => alive && n > 0).every(({ node }) => node !== 'node-3')
      );
    });
  });
});
