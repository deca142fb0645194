import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerSnapshot, ledgerImbalance } from '../../core/ledger.ts';
import { assertBodyConforms, type OpenApi } from '../support/conforms.ts';
import { startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';

const CLIENT = resolve('test/integration/fixtures/protocol-client.py');
const run = promisify(execFile);

type Report = Readonly<Record<string, unknown>> & { readonly ledger: Readonly<Record<string, LedgerSnapshot>> };

let node: TestNode;
let dir: string;
let report: Report;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-protocol-'));
  writeFileSync(join(dir, 'frame.jpg'), await jpeg({ width: 200, height: 100, noise: true }));
  node = await startTestNode();
  const { stdout } = await run('python3', [CLIENT, 'stream', `127.0.0.1:${node.port}`, 'doc', join(dir, 'frame.jpg')], {
    timeout: 40_000,
  }).catch((error: Error & { code?: string }) => {
    throw error.code === 'ENOENT' ? new Error('this test needs python3: npm run setup:tools') : error;
  });
  report = JSON.parse(stdout) as Report;
});
afterAll(async () => {
  await stopTestNodes();
  await rm(dir, { recursive: true, force: true });
});

// The client knows docs/protocol.md and nothing else: where it and the node disagree, one of the two is wrong.
describe('a client written from docs/protocol.md alone', () => {
  it('is refused where the document says so, with the problems it names', () => {
    const problem = { type: 'application/problem+json' };
    expect(report).toMatchObject({
      bad_id: { ...problem, status: 400, code: 'bad_camera_id' },
      bad_subprotocol: { ...problem, status: 400, code: 'unsupported_subprotocol' },
      bad_origin: { ...problem, status: 403, code: 'origin_not_allowed' },
      bad_topics: { ...problem, status: 400, code: 'bad_topics' },
    });
  });

  it('is welcomed, says what it is, and is told what is wrong with a text', () => {
    expect(report.welcome).toMatchObject({ type: 'welcome', camera: 'doc', credit: expect.any(Number) });
    expect(report.fitted).toMatchObject({ target: { fps: expect.any(Number), width: 320, height: 180 } });
    expect(report.texts).toEqual([
      ...['text_too_large', 'text_not_json', 'unknown_message', 'unsupported_schema_version', 'unknown_field'],
      'bad_hello',
    ]);
    expect(report.pongs).toEqual(['alive?']);
  });

  it('gets exactly one answer for each frame, of the kind the document says', () => {
    const answers = report.answers as Readonly<Record<string, readonly number[]>>;
    // The envelope numbered 0, below.
    expect(answers.unasked).toEqual([[0, 'error:bad_envelope']]);
    expect(report.past_credit).toBe(0);
    expect([report.captured, report.ordered]).toEqual([true, true]);
    expect(answers['shed:out_of_order']).toEqual([65]);
    expect(answers['error:not_an_image']).toEqual([75]);
    expect(answers.result).toContain(70);
    const kinds = [
      'unasked',
      'error:bad_envelope',
      'result',
      'shed:superseded',
      'shed:expired',
      'shed:out_of_order',
      'error:not_an_image',
    ];
    expect(kinds).toEqual(expect.arrayContaining(Object.keys(answers)));
    expect(report.envelopes).toEqual(
      ['bad_envelope', 'unsupported_schema_version', 'unsupported_flags', 'bad_envelope'].map((code, i) => ({
        type: 'error',
        code,
        message: expect.any(String),
        ...(i === 3 ? { seq: 0 } : {}),
      })),
    );
    expect(report.result).toMatchObject({
      type: 'result',
      model: 'simulated@1',
      detections: [{ label: expect.any(String), classId: expect.any(Number), box: expect.any(Array) }, {}],
    });
  });

  it('is thrown out by a newer connection, which counts bare pictures from 1', () => {
    expect(report.replaced).toEqual(['replaced', 4001, 'replaced']);
    expect(report.bare).toEqual({ result: [1] });
  });

  it('gets acks alone where it asked for no results', () => {
    expect(report.quiet).toEqual(expect.arrayContaining(['ack', 'welcome']));
    expect(report.quiet).not.toContain('result');
  });

  it('watches pictures and figures', () => {
    expect(report.live).toMatchObject({
      same: true,
      head: { type: 'frame', camera: 'doc', width: 200, height: 100, detections: expect.any(Array) },
      stats: { type: 'stats', node: 'node-1', ledger: {}, devices: [{}] },
      cameras: { type: 'cameras', cameras: expect.any(Array) },
      error: { type: 'error', code: 'bad_message' },
    });
  });

  it('reads the same things on a socket as over HTTP, field by field', async () => {
    const document = await node.getJson<OpenApi>('/openapi.json');
    const conforms = (name: string, body: unknown): void =>
      assertBodyConforms(document, name, { $ref: `#/components/schemas/${name}` }, body);
    conforms('Result', report.result);
    const { stats, cameras } = report.live as { stats: object; cameras: { cameras: readonly unknown[] } };
    const [first] = (await node.getJson<{ nodes: { ready: boolean; member: object }[] }>('/v1/nodes')).nodes;
    expect(stats).not.toHaveProperty('ready');
    expect(stats).not.toHaveProperty('member');
    conforms('Node', { ...stats, ready: first?.ready, member: first?.member });
    for (const camera of cameras.cameras) conforms('Camera', camera);
    expect(Object.keys(cameras).sort()).toEqual(['after', 'cameras', 'next', 'type']);
  });

  it('pushes over HTTP', () => {
    expect(report.posted).toMatchObject([200, { type: 'result', seq: 1 }]);
    expect(report.unsupported).toMatchObject([415, { code: 'unsupported_media_type' }]);
  });

  it('keeps the same account as the node', () => {
    const { doc, 'doc-quiet': quiet } = report.ledger;
    if (doc === undefined || quiet === undefined) throw new Error('a camera is not in the ledger');
    const answers = report.answers as Readonly<Record<string, readonly number[]>>;
    const shed = Object.entries(answers).filter(([how]) => how.startsWith('shed:'));
    expect(doc).toMatchObject({
      // One more from the second connection.
      received: (report.sent as number) + 1,
      inferred: (answers.result?.length ?? 0) + 1,
      shed: Object.fromEntries(shed.map(([how, seqs]) => [how.slice('shed:'.length), seqs.length])),
      rejected: { not_an_image: 1, bad_envelope: 2, unsupported_schema_version: 1, unsupported_flags: 1 },
      inFlight: 0,
    });
    expect([ledgerImbalance(doc), ledgerImbalance(quiet), quiet.received]).toEqual([0, 0, report.quiet_sent]);
  });
});
