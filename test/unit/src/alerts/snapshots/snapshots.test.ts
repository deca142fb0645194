import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DRAWINGS_WAITING_MAX,
  PICTURES_WAITING_MAX,
  SnapshotDesk,
  WAITING_BYTES_MAX,
} from '../../../../../src/alerts/snapshots/snapshot-desk.ts';
import { SnapshotStore } from '../../../../../src/alerts/snapshots/snapshot-store.ts';
import { alertSnapshotRoutes } from '../../../../../src/http/api/alert-snapshot.ts';
import type { ApiAnswer, ApiRequest } from '../../../../../src/http/exchange.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-snapshots-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const bytes = (length: number, value = 1): Buffer => Buffer.alloc(length, value);

describe('the store of snapshots', () => {
  it('keeps a picture under its alert and finds it again in the next process', async () => {
    const store = new SnapshotStore(dir, 1_000);
    expect(await store.put('..:a.b-c:7', bytes(10, 3))).toBe('kept');
    expect(readdirSync(dir)).toEqual(['..~a.b-c~7.jpg']);
    const next = new SnapshotStore(dir, 1_000);
    expect(await next.get('..:a.b-c:7')).toEqual(bytes(10, 3));
    expect([next.size, next.bytes]).toEqual([1, 10]);
  });

  it('makes room by the oldest', async () => {
    const store = new SnapshotStore(dir, 100);
    for (let n = 1; n <= 5; n++) await store.put(`cam:r:${n}`, bytes(30));
    expect(readdirSync(dir)).toHaveLength(3);
    expect(await store.get('cam:r:2')).toBeUndefined();
    expect(await store.get('cam:r:3')).toEqual(bytes(30));
    expect([store.bytes, store.evicted]).toEqual([90, 2]);
  });

  it('keeps to a budget that has become smaller, the oldest going first', async () => {
    const store = new SnapshotStore(dir, 1_000);
    for (let n = 1; n <= 3; n++) {
      await store.put(`cam:r:${n}`, bytes(30));
      utimesSync(join(dir, `cam~r~${n}.jpg`), n, n);
    }
    const next = new SnapshotStore(dir, 70);
    expect([next.has('cam:r:1'), next.has('cam:r:2'), next.has('cam:r:3')]).toEqual([false, true, true]);
    expect(readdirSync(dir)).toHaveLength(2);
  });

  it('replaces the picture of the same alert', async () => {
    const store = new SnapshotStore(dir, 100);
    await store.put('cam:r:1', bytes(30));
    await store.put('cam:r:1', bytes(50, 2));
    expect(await store.get('cam:r:1')).toEqual(bytes(50, 2));
    expect([store.size, store.bytes]).toEqual([1, 50]);
  });

  it('refuses names that are none and pictures larger than all room', async () => {
    const store = new SnapshotStore(dir, 100);
    for (const id of ['../x:r:1', 'cam:r:0', 'cam:r', 'cam:r/s:1', 'cam:r:1:2', '']) {
      expect(await store.put(id, bytes(1))).toBe('bad_id');
      expect(await store.get(id)).toBeUndefined();
    }
    expect(await store.put('cam:r:1', bytes(101))).toBe('too_large');
    expect(await new SnapshotStore(dir, 0).put('cam:r:1', bytes(1))).toBe('too_large');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('removes halves that a crash left, and nothing that is not its own', () => {
    writeFileSync(join(dir, 'cam~r~1.jpg.part'), 'half');
    writeFileSync(join(dir, 'cam~r~2.jpg'), '');
    writeFileSync(join(dir, 'notes.txt'), 'mine');
    expect(new SnapshotStore(dir, 100).size).toBe(0);
    expect(readdirSync(dir)).toEqual(['notes.txt']);
  });

  it('knows no picture whose file somebody removed', async () => {
    const store = new SnapshotStore(dir, 100);
    await store.put('cam:r:1', bytes(30));
    rmSync(join(dir, 'cam~r~1.jpg'));
    expect(await store.get('cam:r:1')).toBeUndefined();
    expect([store.size, store.bytes]).toEqual([0, 0]);
  });
});

const scene = { camera: 'cam', atMs: 0, title: 'A title', tracks: [], lines: [], zones: [] };

describe('the desk that draws snapshots', () => {
  interface Drawing {
    readonly picture: Uint8Array;
    readonly finish: (drawn: Uint8Array) => void;
    readonly fail: (error: Error) => void;
  }
  let drawings: Drawing[];
  let faults: string[];
  const desk = (store: ConstructorParameters<typeof SnapshotDesk>[0]['store'] = new SnapshotStore(dir, 1_000_000)) =>
    new SnapshotDesk({
      store,
      draw: (picture) => new Promise((finish, fail) => drawings.push({ picture, finish, fail })),
      onFault: (step, id) => faults.push(`${step} ${id}`),
    });
  const drawing = async (n: number): Promise<Drawing> => {
    for (;;) {
      const found = drawings[n];
      if (found !== undefined) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  beforeEach(() => {
    drawings = [];
    faults = [];
  });

  it('draws one after the other and says what is still waiting', async () => {
    const snapshots = desk();
    expect(snapshots.take('cam:r:1', bytes(5), scene)).toBe('drawing');
    expect(snapshots.take('cam:r:2', bytes(5), scene)).toBe('drawing');
    const first = await drawing(0);
    expect(drawings).toHaveLength(1);
    expect(await snapshots.get('cam:r:1')).toBe('pending');
    first.finish(bytes(9, 7));
    (await drawing(1)).finish(bytes(9, 8));
    await snapshots.idle();
    expect(await snapshots.get('cam:r:1')).toEqual(bytes(9, 7));
    expect(await snapshots.get('cam:r:2')).toEqual(bytes(9, 8));
    expect(snapshots.counts.drawn).toBe(2);
  });

  it('keeps a picture that cannot be drawn as it came', async () => {
    const snapshots = desk();
    snapshots.take('cam:r:1', bytes(5, 4), scene);
    (await drawing(0)).fail(new Error('no picture'));
    await snapshots.idle();
    expect(await snapshots.get('cam:r:1')).toEqual(bytes(5, 4));
    expect(snapshots.counts.undrawn.draw_failed).toBe(1);
    expect(faults).toEqual(['draw cam:r:1']);
  });

  it('goes on after a disk that takes nothing', async () => {
    const store = { put: () => Promise.reject(new Error('ENOSPC')), get: async () => undefined, has: () => false };
    const snapshots = desk(store);
    snapshots.take('cam:r:1', bytes(5), scene);
    (await drawing(0)).finish(bytes(9));
    await snapshots.idle();
    expect(snapshots.counts.skipped.write_failed).toBe(1);
    expect(faults).toEqual(['write cam:r:1']);
    expect(snapshots.waiting).toBe(0);
  });

  it('keeps what is too much to draw undrawn, and skips what is too much to keep', async () => {
    const snapshots = desk();
    const took = Array.from({ length: PICTURES_WAITING_MAX + 3 }, (_, n) =>
      snapshots.take(`cam:r:${n + 1}`, bytes(5, n), scene),
    );
    expect(took.filter((outcome) => outcome === 'drawing')).toHaveLength(DRAWINGS_WAITING_MAX);
    expect(took.filter((outcome) => outcome === 'queue_full')).toHaveLength(3);
    for (let n = 0; n < DRAWINGS_WAITING_MAX; n++) (await drawing(n)).finish(bytes(9));
    await snapshots.idle();
    expect(await snapshots.get(`cam:r:${PICTURES_WAITING_MAX}`)).toEqual(bytes(5, PICTURES_WAITING_MAX - 1));
    expect(snapshots.counts).toMatchObject({
      drawn: DRAWINGS_WAITING_MAX,
      undrawn: { queue_full: PICTURES_WAITING_MAX - DRAWINGS_WAITING_MAX },
      skipped: { queue_full: 3 },
    });
  });

  it('holds no more bytes than it may', () => {
    const snapshots = desk();
    const picture = new Uint8Array(WAITING_BYTES_MAX / 2);
    expect(snapshots.take('cam:r:1', picture, scene)).toBe('drawing');
    expect(snapshots.take('cam:r:2', picture, scene)).toBe('drawing');
    expect(snapshots.take('cam:r:3', bytes(1), scene)).toBe('queue_full');
    expect(snapshots.take('cam:r:4', new Uint8Array(WAITING_BYTES_MAX + 1), scene)).toBe('too_large');
  });

  it('finishes the picture in work when it closes, drops the others and takes no more', async () => {
    const snapshots = desk();
    snapshots.take('cam:r:1', bytes(5), scene);
    snapshots.take('cam:r:2', bytes(5), scene);
    const first = await drawing(0);
    const closed = snapshots.close();
    first.finish(bytes(9));
    await closed;
    expect(readdirSync(dir)).toEqual(['cam~r~1.jpg']);
    expect(snapshots.take('cam:r:3', bytes(5), scene)).toBe('closed');
    expect(snapshots.counts.skipped.closed).toBe(2);
  });
});

describe('GET /v1/alerts/:id/snapshot', () => {
  const ask = async (parameter: string, get: (id: string) => Promise<Buffer | 'pending' | undefined>) => {
    const [route] = alertSnapshotRoutes({ snapshots: { get } });
    const answer: ApiAnswer | undefined = await route?.handler({
      parameter,
      query: new URLSearchParams(),
    } as ApiRequest);
    return answer ?? { status: 0, body: '' };
  };

  it('answers with the picture and its type, the name encoded or not', async () => {
    const jpeg = Buffer.from([0xff, 0xd8, 0xff]);
    for (const name of ['cam:r:1', 'cam%3Ar%3A1']) {
      const answer = await ask(name, async (id) => (id === 'cam:r:1' ? jpeg : undefined));
      expect(answer).toMatchObject({ status: 200, body: jpeg, headers: { 'content-type': 'image/jpeg' } });
    }
    const png = await ask('cam:r:1', async () => Buffer.from([0x89, 0x50, 0x4e, 0x47]));
    expect(png.headers?.['content-type']).toBe('image/png');
  });

  it('says what is not there, not yet there, and no name', async () => {
    expect(await ask('cam:r:1', async () => undefined)).toMatchObject({ status: 404 });
    const pending = await ask('cam:r:1', async () => 'pending');
    expect(pending).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    for (const name of ['%E0%A4%A', '..%2F..%2Fetc:r:1', 'cam']) {
      expect(await ask(name, async () => Buffer.alloc(1))).toMatchObject({ status: 400 });
    }
  });
});
