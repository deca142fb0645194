import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KILL_AFTER_GRACE_MS } from '../../../config/limits.ts';
import { resolveConfig } from '../../../config/load.ts';
import type { NodeConfig } from '../../../config/schema.ts';
import { type ComposeService, readCompose, requiredVariables } from '../../support/compose.ts';

const SINGLE = 'compose.yaml';
const CLUSTER = 'deploy/compose/cluster.yaml';
/** What the image sets by itself. */
const IMAGE = { CAMSHARD_SERVER__HOST: '0.0.0.0', CAMSHARD_NODE__DATA_DIR: '/var/lib/camshard' };

const SECRETS = Object.fromEntries(
  execFileSync('sh', ['deploy/compose/make-secrets.sh'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split('=') as [string, string]),
);

const configOf = (service: ComposeService | undefined): NodeConfig =>
  resolveConfig({ env: { ...IMAGE, ...service?.environment } }).config;

const secondsOf = (text: string | undefined): number => Number(text?.replace(/s$/, ''));
const stopS = ({ cluster, shutdown }: NodeConfig): number =>
  ((cluster.adapter === 'local' ? 0 : cluster.drainMsMax) + shutdown.graceMs + KILL_AFTER_GRACE_MS) / 1_000;

describe.each([SINGLE, CLUSTER])('%s', (path) => {
  const file = readCompose(path, SECRETS);
  const services = Object.entries(file.services);
  const nodes = services.filter(([, { image }]) => image.startsWith('camshard:'));

  it('starts nothing without the secrets that somebody made', () => {
    for (const missing of requiredVariables(path)) {
      expect(Object.keys(SECRETS)).toContain(missing);
      const { [missing]: _, ...others } = SECRETS;
      const inText = readFileSync(path, 'utf8').includes(`\${${missing}:?`);
      if (inText) expect(() => readCompose(path, others)).toThrow(`${missing} is not set`);
    }
  });

  it('names versions of images, and builds its own from stages that exist', () => {
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    for (const [, { image, build }] of services) {
      expect(image).not.toMatch(/:latest$/);
      if (build === undefined) continue;
      expect(statSync(join(dirname(path), build.context, 'Dockerfile')).isFile()).toBe(true);
      expect(dockerfile).toContain(` AS ${build.target}\n`);
      expect(image).toBe(`camshard:${build.target}`);
    }
  });

  it('mounts files that exist, and volumes, networks and secrets that are declared', () => {
    for (const [, { volumes, networks, secrets, depends_on, extends: base }] of services) {
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        if (from.startsWith('.')) expect(existsSync(join(dirname(path), from)), from).toBe(true);
        else expect(Object.keys(file.volumes)).toContain(from);
      }
      for (const network of networks) expect(['default', ...Object.keys(file.networks)]).toContain(network);
      for (const secret of secrets) expect(Object.keys(file.secrets)).toContain(secret);
      for (const other of [...Object.keys(depends_on), ...(base === undefined ? [] : [base.service])]) {
        expect(Object.keys(file.services)).toContain(other);
      }
    }
  });

  it('waits for the health of services that tell it', () => {
    for (const [, { depends_on }] of services) {
      for (const other of Object.keys(depends_on)) {
        const { healthcheck, image } = file.services[other] ?? {};
        expect(healthcheck !== undefined || image?.startsWith('camshard:')).toBe(true);
      }
    }
  });

  it('gives each node a configuration it starts with', () => {
    for (const [, service] of nodes) {
      if (service.extends !== undefined) continue;
      const { server, auth } = configOf(service);
      expect(auth.token).toBe(SECRETS.CAMSHARD_TOKEN);
      for (const port of service.ports) expect(port).toMatch(new RegExp(`:${server.port}$`));
      expect(service.volumes.some((volume) => volume.endsWith(`:${IMAGE.CAMSHARD_NODE__DATA_DIR}`))).toBe(true);
    }
  });

  it('lets a node stop in its time, write to its folder only, and do nothing that needs rights', () => {
    for (const [, service] of nodes) {
      if (service.extends !== undefined) continue;
      expect(secondsOf(service.stop_grace_period)).toBeGreaterThan(stopS(configOf(service)) + 4);
      expect(service).toMatchObject({
        ...{ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
      });
      expect(service.tmpfs?.[0]).toMatch(/^\/tmp:size=\d+m$/);
    }
  });

  it('has no secret of its own', () => {
    const text = readFileSync(path, 'utf8');
    for (const [, value] of text.matchAll(/(?:TOKEN|SECRET|PASSWORD)\w*: (.*)$/gm)) {
      expect(value).toMatch(/^(?:redis:\/\/:)?\$\{\w+:\?|^\/run\/secrets\//);
    }
  });
});

describe('the cluster of deploy/compose', () => {
  const file = readCompose(CLUSTER, SECRETS);
  const of = (name: string): ComposeService => {
    const service = file.services[name];
    if (service === undefined) throw new Error(`no service ${name}`);
    return service;
  };
  const names = ['node-1', 'node-2', 'node-3'];
  const configs = names.map((name) => configOf(of(name)));

  it('has three nodes of one cluster, each under its own name and address', () => {
    expect(configs.map(({ node }) => node.id)).toEqual(names);
    for (const config of configs) expect(config.cluster).toMatchObject({ adapter: 'redis', name: 'compose' });
    expect(configs.map(({ cluster }) => cluster.linkUrl)).toEqual(names.map((name) => `ws://${name}:8080`));
    const published = names.map((name) => `ws://localhost:${of(name).ports[0]?.split(':')[0]}`);
    expect(configs.map(({ cluster }) => cluster.advertiseUrl)).toEqual(published);
    expect(new Set(names.map((name) => of(name).volumes[0])).size).toBe(3);
  });

  it('leads nodes to the Redis and the PostgreSQL that are there, with the passwords these ask for', () => {
    const redis = new URL(configs[0]?.redis.url ?? '');
    expect([redis.hostname, redis.port || '6379']).toEqual(['redis', '6379']);
    expect(decodeURIComponent(redis.password)).toBe(of('redis').environment.REDIS_PASSWORD);
    const postgres = new URL(configs[0]?.history.url ?? '');
    const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD_FILE } = of('postgres').environment;
    expect([postgres.hostname, postgres.username, postgres.pathname]).toEqual([
      ...['postgres', POSTGRES_USER, `/${POSTGRES_DB}`],
    ]);
    const secret = POSTGRES_PASSWORD_FILE?.replace('/run/secrets/', '') ?? '';
    expect(postgres.password).toBe(SECRETS[file.secrets[secret]?.environment ?? '']);
  });

  it('keeps Redis from losing or evicting anything', () => {
    const text = readFileSync('deploy/compose/redis.conf', 'utf8');
    expect(text).toMatch(/^appendonly yes$/m);
    expect(text).toMatch(/^maxmemory-policy noeviction$/m);
    expect(of('redis').volumes).toContain('redis:/data');
    expect(text).toMatch(/^dir \/data$/m);
  });

  it('shows Redis and PostgreSQL to nobody outside', () => {
    for (const name of ['redis', 'postgres']) {
      expect(of(name).ports).toEqual([]);
      expect(of(name).networks.every((network) => file.networks[network]?.internal === true)).toBe(true);
    }
    for (const name of ['prometheus', 'alertmanager', 'grafana']) {
      for (const port of of(name).ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('puts whoever speaks with each other into one network', () => {
    const together = (a: string, b: string): boolean => of(a).networks.some((n) => of(b).networks.includes(n));
    for (const name of names) {
      for (const other of [...names, 'redis', 'postgres', 'haproxy', 'prometheus']) {
        expect(together(name, other)).toBe(true);
      }
    }
    expect(together('prometheus', 'alertmanager')).toBe(true);
    expect(together('grafana', 'prometheus')).toBe(true);
  });

  it('has HAProxy and Prometheus look at every node, on its port', () => {
    const addresses = names.map((name) => `${name}:${configs[0]?.server.port}`);
    const haproxy = readFileSync('deploy/compose/haproxy.cfg', 'utf8');
    expect([...haproxy.matchAll(/^\s+server \S+ (\S+) check$/gm)].map(([, address]) => address)).toEqual(addresses);
    expect(haproxy).toContain('http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host camshard\n');
    const prometheus = parse(readFileSync('deploy/compose/prometheus.yml', 'utf8')) as {
      rule_files: string[];
      alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
      scrape_configs: {
        job_name: string;
        authorization: { credentials_file: string };
        static_configs: { targets: string[]; labels: { cluster: string } }[];
      }[];
    };
    const job = prometheus.scrape_configs[0];
    expect(job?.job_name).toBe('camshard');
    expect(job?.static_configs).toEqual([{ targets: addresses, labels: { cluster: configs[0]?.cluster.name } }]);
    const secret = job?.authorization.credentials_file.replace('/run/secrets/', '') ?? '';
    expect(of('prometheus').secrets).toContain(secret);
    expect(file.secrets[secret]?.environment).toBe('CAMSHARD_TOKEN');
    const mounted = of('prometheus').volumes.map((volume) => volume.split(':')[1]);
    for (const rules of prometheus.rule_files) expect(mounted).toContain(rules);
    expect(prometheus.alerting.alertmanagers[0]?.static_configs[0]?.targets).toEqual(['alertmanager:9093']);
  });

  it('gives Grafana the Prometheus that is there, and the dashboards where it looks for them', () => {
    const mounted = (inside: string): string => {
      const volume = of('grafana').volumes.find((v) => v.split(':')[1] === inside);
      if (volume === undefined) throw new Error(`nothing is mounted at ${inside}`);
      return join(dirname(CLUSTER), volume.split(':')[0] ?? '');
    };
    const source = mounted('/etc/grafana/provisioning/datasources/prometheus.yml');
    const { datasources } = parse(readFileSync(source, 'utf8')) as { datasources: { url: string }[] };
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090']);
    const provider = join(mounted('/etc/grafana/provisioning/dashboards'), 'camshard.yml');
    const { providers } = parse(readFileSync(provider, 'utf8')) as { providers: { options: { path: string } }[] };
    for (const { options } of providers) expect(existsSync(join(mounted(options.path), 'overview.json'))).toBe(true);
  });

  it('has HAProxy differ from the example for machines in names and addresses only', () => {
    const settings = (path: string): string[] =>
      readFileSync(path, 'utf8')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !/^(#|server |log |resolvers|nameserver|hold|default-server)/.test(line));
    expect(settings('deploy/compose/haproxy.cfg')).toEqual(settings('deploy/haproxy/haproxy.cfg'));
  });
});
