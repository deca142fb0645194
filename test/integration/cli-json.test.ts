import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputSchemas, SCHEMA_NAMES } from '../../src/cli/schema/output-schemas.ts';
import type { Output } from '../../src/cli/schema/outputs.ts';
import { SHORT_LEASES, TestCluster } from '../support/cluster-nodes.ts';
import { RedisServer } from '../support/redis-server.ts';
import { tinyDetector } from '../support/tiny-detectors.ts';
import { camshard, cliScript, eventually, Running } from './fixtures/processes.ts';

const SIMULATED = 'devices=[{kind: simulated, baseMs: 2, perFrameMs: 1, detections: 2}]';
const SETTINGS = 'pipeline: traffic\nlines:\n  - {id: gate, from: [0, 0.5], to: [1, 0.5]}\n';

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
const validators = new Map<string, ValidateFunction>();
/** Commands whose output was held against a schema. */
const validated = new Set<string>();

let dir = '';
let node: Running;
let url = '';
let redis: RedisServer;
let cluster: TestCluster;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-json-'));
  writeFileSync(join(dir, 'north.yaml'), SETTINGS);
  writeFileSync(
    join(dir, 'picture.jpg'),
    await sharp({ create: { width: 320, height: 176, channels: 3, background: 'teal' } })
      .jpeg()
      .toBuffer(),
  );
  const up = ['up', '--port', '0', '--data', join(dir, 'data'), '--demo', '1', '--set', SIMULATED, '--json'];
  node = new Running(cliScript, up);
  redis = await RedisServer.start();
  cluster = new TestCluster({ redis, name: 'cli', settings: { cluster: { ...SHORT_LEASES } } });
  const forming = cluster.form('node-1', 'node-2');
  await eventually(() => expect(node.stdout, node.stderr).toMatch(/\n/), 60_000);
  check('up', node.stdout, 'value');
  url = (JSON.parse(node.stdout) as { url: string }).url;
  await forming;
}, 120_000);

afterAll(async () => {
  await node?.end();
  for (const member of cluster?.nodes ?? []) await member.remove();
  await redis?.close();
  rmSync(dir, { recursive: true, force: true });
}, 30_000);

/** Holds an output against the schema that `camshard schema` prints of it. */
function check(command: string, stdout: string, kind: Output['kind'], index?: number): unknown[] {
  const schemas = outputSchemas(command) ?? [];
  const at = index ?? schemas.findIndex((s) => s.kind === kind);
  const schema = schemas[at]?.schema;
  if (schema === undefined) throw new Error(`${command} has no schema of ${kind}`);
  const key = `${command} ${at}`;
  const validate = validators.get(key) ?? ajv.compile(schema);
  validators.set(key, validate);
  const texts = kind === 'lines' ? stdout.trim().split('\n') : [stdout];
  return texts.map((text) => {
    const value: unknown = JSON.parse(text);
    expect(validate(value), `${command}: ${ajv.errorsText(validate.errors)}\n${text.slice(0, 2_000)}`).toBe(true);
    validated.add(command);
    return value;
  });
}

/** Runs a command with `--json` and holds what it prints against its schema. */
async function json(command: string, args: readonly string[] = [], index?: number): Promise<unknown> {
  const ended = await camshard([...command.split(' '), ...args, '--json']);
  expect(ended.code, `${command} ${args.join(' ')}: ${ended.stderr}`).toBe(0);
  return check(command, ended.stdout, 'value', index)[0];
}
const ofNode = (command: string, args: readonly string[] = [], index?: number) =>
  json(command, [...args, '--url', url], index);
const ofCluster = (command: string, args: readonly string[] = [], index?: number) =>
  json(command, [...args, '--url', cluster.any.url], index);

/** Runs a command that follows until it has printed a line. */
async function following(command: string, args: readonly string[]): Promise<void> {
  const running = new Running(cliScript, [...command.split(' '), ...args, '--json']);
  try {
    await eventually(() => expect(running.stdout, running.stderr).toMatch(/\n/));
    running.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    check(command, stdout, 'lines');
  } finally {
    await running.end();
  }
}

describe('--json of a node', () => {
  it('is as its schema says: cameras and their settings', async () => {
    const file = join(dir, 'north.yaml');
    await ofNode('cameras set', ['north', '--file', file]);
    await ofNode('cameras set', ['north', '--file', file, '--dry-run']);
    await ofNode('cameras get', ['north']);
    await ofNode('cameras versions', ['north']);
    await json('cameras validate', [file]);
    await ofNode('push', ['north', '--source', join(dir, 'picture.jpg')]);
    await ofNode('cameras ls');
    await ofNode('cameras audit', ['--limit', '5']);
    await ofNode('cameras audit', ['--verify'], 1);
    await ofNode('cameras unset', ['north']);
    await following('cameras watch', ['demo-highway', '--url', url]);
  });

  it('is as its schema says: history', async () => {
    // The database of a node that has just begun is opened after it answers.
    await eventually(async () => expect((await camshard(['history', 'counts', '--url', url])).code).toBe(0), 90_000);
    for (const resource of ['counts', 'speeds', 'occupancy', 'composition', 'events', 'alerts']) {
      await ofNode(`history ${resource}`, ['--from', '-1h']);
    }
    const lines = await eventually(async () => {
      const { stdout } = await camshard(['history', 'counts', '--from', '-1h', '--ndjson', '--url', url]);
      expect(stdout).toMatch(/\n/);
      return stdout;
    });
    check('history counts', lines, 'lines');
  }, 150_000);

  it('is as its schema says: the node itself', async () => {
    await ofNode('overload show');
    await following('overload show', ['--follow', '--url', url]);
    await ofNode('events', ['--limit', '5']);
    await following('events', ['--follow', '--url', url]);
    await ofNode('quarantine ls');
    await ofNode('quarantine clear');
  });

  it('is as its schema says: alerts', async () => {
    await ofNode('alerts ls', ['--limit', '5']);
  });

  it('is as its schema says: what needs no node', async () => {
    const data = ['--set', SIMULATED];
    await json('config show', data);
    await json('config check', data);
    const models = ['--dir', join(dir, 'models')];
    const exported = join(dir, 'best.onnx');
    writeFileSync(exported, tinyDetector({ layout: 'yolov8', classes: 2, size: 64, batch: 'open' }));
    await json('models add', [exported, '--name', 'yard', '--labels', 'pallet,person', ...models]);
    await json('models show', ['yard', ...models]);
    await json('models ls', models);
    await json('doctor', [...data, '--port', '0', '--data', join(dir, 'doctor')]);
    const logged = join(dir, 'node.log');
    writeFileSync(logged, node.stderr);
    const logs = await camshard(['logs', logged, '--json']);
    check('logs', logs.stdout, 'lines');
  });
});

describe('--json of a cluster', () => {
  it('is as its schema says: looking', async () => {
    await ofCluster('cluster status');
    await ofCluster('cluster rounds');
    await ofCluster('cluster events');
    await following('cluster events', ['--follow', '--url', cluster.any.url]);
    await ofCluster('nodes ls');
    await ofCluster('shards ls');
    await ofCluster('shards show', ['3']);
    await ofCluster('shards show', ['--camera', 'north']);
    await ofCluster('shards plan');
    await ofCluster('shards rebalance', ['--dry-run'], 0);
  });

  it('is as its schema says: doing', async () => {
    const [shard] = await cluster.shards();
    const to = shard?.node === 'node-1' ? 'node-2' : 'node-1';
    await ofCluster('shards move', ['0', '--to', to, '--no-wait']);
    await ofCluster('shards pin', ['0', '--to', to]);
    await ofCluster('shards unpin', ['0']);
    await ofCluster('nodes drain', ['node-2', '--yes', '--no-wait']);
    await ofCluster('nodes uncordon', ['node-2']);
  });
});

describe('camshard schema', () => {
  it('prints what the outputs were held against', async () => {
    const names = (await camshard(['schema'])).stdout.trim().split('\n');
    expect(names).toEqual(SCHEMA_NAMES);
    const printed = (await camshard(['schema', 'cameras', 'ls'])).stdout;
    expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(outputSchemas('cameras ls')?.[0]?.schema)));
  });

  it('has a test with real output of every command, but these', () => {
    expect(SCHEMA_NAMES.filter((name) => !validated.has(name))).toEqual([
      // Open alerts take minutes of a scene: their rows are held against the same schemas by the tests of the HTTP API.
      ...['alerts tail', 'alerts ack'],
      // test/integration/replay.test.ts runs the recording.
      'replay',
      // Need a round under way, a dead node, the default model's sizes.
      ...['cluster cancel', 'nodes remove', 'models import'],
      // Each test of test/integration/cli-exit.test.ts.
      'error',
    ]);
  });
});
