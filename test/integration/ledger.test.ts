import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Ledger, ledgerImbalance } from '../../core/ledger.ts';
import { TestCamera } from '../support/camera.ts';
import { type LedgerAnswer, simulated, startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { corruptJpeg, jpeg, png } from '../support/pictures.ts';
import { until } from '../support/until.ts';

afterAll(stopTestNodes);

/** Every account closes, and the total is what cameras and folded sums add up to. */
function assertCloses(answer: LedgerAnswer): void {
  const sum = new Ledger();
  for (const ledger of [answer.folded, ...Object.values(answer.cameras)]) {
    expect(ledgerImbalance(ledger)).toBe(0);
    sum.add(ledger);
  }
  expect(ledgerImbalance(answer.total)).toBe(0);
  expect(sum.snapshot()).toEqual(answer.total);
}

const CAMERAS = ['l-0', 'l-1', 'l-2'] as const;
type Camera = (typeof CAMERAS)[number];

type Action =
  | { readonly kind: 'connect'; readonly camera: Camera; readonly results: boolean }
  | { readonly kind: 'send'; readonly camera: Camera; readonly what: readonly Picture[] }
  | { readonly kind: 'stale'; readonly camera: Camera; readonly seq: number }
  | { readonly kind: 'text'; readonly camera: Camera; readonly good: boolean }
  | { readonly kind: 'post'; readonly camera: Camera; readonly what: Picture; readonly giveUp: boolean }
  | { readonly kind: 'close'; readonly camera: Camera; readonly rude: boolean }
  | { readonly kind: 'fault'; readonly fault: 'exit' | 'throw' }
  | { readonly kind: 'pause' };
type Picture = 'good' | 'corrupt' | 'garbage' | 'png' | 'large' | 'empty';

const camera = fc.constantFrom(...CAMERAS);
const picture = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Picture>('good') },
  { weight: 2, arbitrary: fc.constantFrom<Picture>('corrupt', 'garbage', 'png', 'large', 'empty') },
);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('connect' as const), camera, results: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      camera,
      what: fc.array(picture, { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('stale' as const), camera, seq: fc.integer({ min: 0, max: 30 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('text' as const), camera, good: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('post' as const), camera, what: picture, giveUp: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), camera, rude: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fault' as const), fault: fc.constantFrom('exit', 'throw') }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'pause' as const }) },
);

/** Runs actions against a node without waiting for their answers: whatever may overlap does. */
class Actors {
  readonly #node: TestNode;
  readonly #pictures: Readonly<Record<Picture, Uint8Array>>;
  readonly #open = new Map<Camera, TestCamera>();
  readonly #posts: Promise<unknown>[] = [];

  constructor(node: TestNode, pictures: Readonly<Record<Picture, Uint8Array>>) {
    this.#node = node;
    this.#pictures = pictures;
  }

  async run(step: Action): Promise<void> {
    switch (step.kind) {
      case 'connect':
        // Where one is connected already, the newer one replaces it.
        this.#open.set(step.camera, await TestCamera.connect(this.#node, step.camera, { results: step.results }));
        return;
      case 'send':
        for (const what of step.what) this.#open.get(step.camera)?.send(this.#pictures[what]);
        return;
      case 'stale':
        this.#open.get(step.camera)?.sendEnvelope(this.#pictures.good, step.seq);
        return;
      case 'text':
        this.#open.get(step.camera)?.text(step.good ? { type: 'hello', schemaVersion: 1 } : 'garbage');
        return;
      case 'post': {
        const abort = new AbortController();
        const path = `/v1/cameras/${step.camera}/frames`;
        const headers = { 'content-type': 'image/jpeg' };
        const body = this.#pictures[step.what];
        const sent = this.#node.get(path, { method: 'POST', body, headers, signal: abort.signal });
        this.#posts.push(sent.then((answer) => answer.text()).catch(() => undefined));
        if (step.giveUp) setImmediate(() => abort.abort());
        return;
      }
      case 'close': {
        const open = this.#open.get(step.camera);
        this.#open.delete(step.camera);
        if (step.rude) open?.socket.terminate();
        else open?.socket.close();
        return;
      }
      case 'fault':
        await this.#node.get('/v1/debug/faults', { method: 'POST', body: JSON.stringify({ fault: step.fault }) });
        return;
      case 'pause':
        await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }

  async end(): Promise<void> {
    for (const open of this.#open.values()) open.socket.close();
    await Promise.all([...this.#posts, ...[...this.#open.values()].map((open) => open.closed)]);
    this.#open.clear();
  }
}

describe('the ledger', () => {
  it('closes at every sample and ends with nothing in flight, whatever cameras do', async () => {
    const node = await startTestNode({
      devices: [simulated({ baseMs: 2, decode: true }), simulated({ baseMs: 5, noise: 0.5 })],
      ingest: { frameBytesMax: 100_000, badMessagesMax: 20 },
      actors: { cameraIdleMs: 1_000 },
      batching: { frameDeadlineMs: 60 },
    });
    const pictures = {
      good: await jpeg({ width: 160, height: 90 }),
      corrupt: await corruptJpeg(),
      garbage: Buffer.from('garbage'),
      png: await png(),
      large: Buffer.alloc(100_001, 1),
      empty: Buffer.alloc(0),
    };
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 40 }), async (actions) => {
        const actors = new Actors(node, pictures);
        try {
          for (const step of actions) {
            await actors.run(step);
            assertCloses(await node.ledger());
          }
        } finally {
          await actors.end();
        }
        const settled = await node.settledLedger();
        assertCloses(settled);
        for (const ledger of Object.values(settled.cameras)) expect(ledger.inFlight).toBe(0);
      }),
      { seed: 20_261_121, numRuns: 40, endOnFailure: true },
    );
    const { total } = await node.ledger();
    // The sequences reached what they are there for.
    expect(total.inferred).toBeGreaterThan(50);
    expect(Object.keys(total.shed)).toEqual(expect.arrayContaining(['superseded', 'out_of_order']));
    expect(Object.keys(total.rejected).length).toBeGreaterThanOrEqual(5);
    expect(total.lost.device_failed).toBeGreaterThan(0);
  });

  it('folds a camera that left into its sums, and goes on counting when it returns', async () => {
    const node = await startTestNode({ actors: { cameraIdleMs: 1_000 } });
    const sent = { 'gone-1': 3, 'gone-2': 2 };
    for (const [name, frames] of Object.entries(sent)) {
      const one = await TestCamera.welcomed(node, name);
      for (let seq = 1; seq <= frames; seq++) {
        one.send(await jpeg());
        await one.next('result', (r) => r.seq === seq);
      }
      one.send(Buffer.from('garbage'));
      await one.next('error');
      await one.close();
    }
    const before = await node.settledLedger();
    expect(before.total).toMatchObject({ received: 7, inferred: 5, rejected: { not_an_image: 2 } });

    const after = await until('passivation', async () => {
      const now = await node.ledger();
      return Object.keys(now.cameras).length === 0 ? now : undefined;
    });
    expect(after.folded).toEqual(before.total);
    expect(after.total).toEqual(before.total);
    expect((await node.get('/v1/cameras/gone-1')).status).toBe(404);
    // Region and one shard actor per camera's shard stay; cameras are gone.
    expect(await node.metric('camshard_cameras')).toBe(0);

    const back = await TestCamera.welcomed(node, 'gone-1');
    back.send(await jpeg());
    await back.next('result');
    const again = await node.settledLedger();
    expect(again.cameras['gone-1']).toMatchObject({ received: 1, inferred: 1 });
    expect(again.total.received).toBe(8);
    assertCloses(again);
    await back.close();
  });

  it('keeps a camera that is connected and silent', async () => {
    const node = await startTestNode({ actors: { cameraIdleMs: 1_000 } });
    const quiet = await TestCamera.welcomed(node, 'quiet-1');
    const leaving = await TestCamera.welcomed(node, 'leaving-1');
    await leaving.close();
    await until('the other to be folded', async () => (await node.get('/v1/cameras/leaving-1')).status === 404);
    expect((await node.get('/v1/cameras/quiet-1')).status).toBe(200);
    quiet.send(await jpeg());
    await quiet.next('result');
    await quiet.close();
  });
});
