import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort, ServerProcess } from './server-process.ts';
import { until } from './until.ts';

/** Everything in `deploy/` about metrics, run as it is but for addresses and durations. */

const RULES = resolve('deploy/prometheus/camshard.rules.yml');
/** A minute of the committed files is so many times shorter in a test. */
const FASTER = 20;
const RANGE_MS_MIN = 5_000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws Error naming the command that installs it, where it is not there */
export function programOf(name: string, debianPackage: string): string {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(dir, name), constants.X_OK);
      return join(dir, name);
    } catch {}
  }
  throw new Error(`${name} is not there: apt-get install -y --no-install-recommends ${debianPackage}`);
}

export const promtool = (): string => programOf('promtool', 'prometheus');
export const amtool = (): string => programOf('amtool', 'prometheus-alertmanager');

/** Runs a program to its end with `input` on its stdin; what it says, whether it went well or not. */
export async function ran(
  program: string,
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  const note = (chunk: Buffer) => {
    said += chunk.toString();
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  child.stdin.end(input);
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
  return { code, said };
}

/** The committed rules with every duration shortened: what takes minutes takes seconds. */
export async function quickRules(): Promise<string> {
  const shorter = (length: string, unit: string, msMin: number): string =>
    `${Math.max(msMin, (Number(length) * (UNIT_MS[unit] ?? 0)) / FASTER)}ms`;
  return (await readFile(RULES, 'utf8'))
    .replace(/^(\s+for: )(\d+)(s|m|h|d)$/gm, (_, key, n, unit) => key + shorter(n, unit, 0))
    .replace(/^(\s+interval: )\d+m$/gm, '$11s')
    .replace(/\[(\d+)(s|m|h|d)\]/g, (_, n, unit) => `[${shorter(n, unit, RANGE_MS_MIN)}]`);
}

export interface Target {
  readonly scheme: 'http' | 'https';
  readonly port: number;
}

/** A server of the test, told what to run with. */
class Running {
  readonly port: number;
  readonly dir: string;
  readonly #server: ServerProcess;

  private constructor(port: number, dir: string, server: ServerProcess) {
    this.port = port;
    this.dir = dir;
    this.#server = server;
  }

  static async start(
    program: string,
    files: Readonly<Record<string, string>>,
    args: (dir: string, port: number) => readonly string[],
  ): Promise<Running> {
    const dir = await mkdtemp(join(tmpdir(), 'camshard-monitoring-'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    const port = await freePort();
    const server = new ServerProcess(port, program, args(dir, port));
    const running = new Running(port, dir, server);
    await server.start();
    // They listen before they are ready.
    await until(
      `${program} to be ready`,
      async () => (await fetch(`${running.url}/-/ready`).catch(() => undefined))?.ok,
    );
    return running;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async getJson<T>(path: string): Promise<T> {
    const answer = await fetch(this.url + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async close(): Promise<void> {
    await this.#server.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Alertmanager as deploy/alertmanager/alertmanager.yml has it, telling `webhookUrl` in place of its own. */
export async function startAlertmanager(webhookUrl: string): Promise<Running> {
  const text = (await readFile(resolve('deploy/alertmanager/alertmanager.yml'), 'utf8'))
    .replaceAll('http://127.0.0.1:9095', webhookUrl)
    .replace('group_wait: 10s', 'group_wait: 100ms')
    .replace('group_interval: 1m', 'group_interval: 1s');
  const program = programOf('prometheus-alertmanager', 'prometheus-alertmanager');
  return Running.start(program, { 'alertmanager.yml': text }, (dir, port) => [
    `--config.file=${dir}/alertmanager.yml`,
    `--storage.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
}

/** Prometheus as deploy/prometheus/prometheus.yml has it, each second, with {@link quickRules}. */
export async function startPrometheus(targets: readonly Target[], alertmanagerPort: number): Promise<Running> {
  const config = parse(await readFile(resolve('deploy/prometheus/prometheus.yml'), 'utf8'));
  config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
  config.alerting.alertmanagers[0].static_configs[0].targets = [`127.0.0.1:${alertmanagerPort}`];
  const [job] = config.scrape_configs;
  const [{ labels }] = job.static_configs;
  job.static_configs = targets.map(({ scheme, port }) => ({
    targets: [`127.0.0.1:${port}`],
    labels: { ...labels, __scheme__: scheme },
  }));
  job.tls_config = { insecure_skip_verify: true };
  const files = { 'prometheus.yml': stringify(config), 'camshard.rules.yml': await quickRules() };
  return Running.start(programOf('prometheus', 'prometheus'), files, (dir, port) => [
    `--config.file=${dir}/prometheus.yml`,
    `--storage.tsdb.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--rules.alert.resend-delay=1s',
    '--log.level=error',
  ]);
}

export type { Running };

/** One alert in a notice of Alertmanager's. */
export interface Notified {
  readonly receiver: string;
  readonly name: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where Alertmanager's webhooks end: `/pager` and `/chat`. */
export class NoticeServer {
  readonly alerts: Notified[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const { alerts } = JSON.parse(body) as { alerts: Omit<Notified, 'receiver' | 'name'>[] };
        const receiver = (request.url ?? '').slice(1);
        for (const { status, labels, annotations } of alerts) {
          this.alerts.push({ receiver, name: labels.alertname ?? '', status, labels, annotations });
        }
        response.end();
      });
    });
  }

  static async start(): Promise<NoticeServer> {
    const server = new NoticeServer();
    await new Promise<void>((done) => server.#server.listen(0, '127.0.0.1', done));
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The first notice of an alert that has come, of that instance where one is given. */
  find(receiver: string, name: string, status: Notified['status'], instance?: string): Notified | undefined {
    return this.alerts.find(
      (a) =>
        a.receiver === receiver &&
        a.name === name &&
        a.status === status &&
        (instance === undefined || a.labels.instance === instance),
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
