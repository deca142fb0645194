import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NodeConfig } from '../../../../config/schema.ts';
import { nodeConfigSchema } from '../../../../config/schema.ts';
import type { Frame } from '../../../../core/frame.ts';
import type { NodeEvent } from '../../../../core/node-event.ts';
import { blameFrames } from '../../../../src/crash/blame.ts';
import { journalPath, picturesPath, suspectsPath } from '../../../../src/crash/crash-files.ts';
import { openCrashGuard } from '../../../../src/crash/crash-guard.ts';
import { frameHash } from '../../../../src/crash/frame-hash.ts';
import { emptyJournal } from '../../../../src/crash/journal-format.ts';
import { PictureStore } from '../../../../src/crash/picture-store.ts';
import { crashOnPoison, poisoned } from '../../../../src/crash/poison.ts';
import { frame, noise, scratchDir } from './support.ts';

const hashOf = (f: Frame): string => frameHash(f.bytes).toString('hex');

/** A node as far as crashes are concerned: it starts, works on frames, and crashes. */
function life(quarantine: Partial<NodeConfig['quarantine']> = {}) {
  const dataDir = scratchDir();
  const config = nodeConfigSchema.parse({ node: { dataDir }, quarantine }) as NodeConfig;
  const events: Omit<NodeEvent, 'id' | 'at'>[] = [];
  const warnings: string[] = [];
  const start = () =>
    openCrashGuard({ config, emit: (e) => events.push(e), log: { warn: (_, text) => warnings.push(text) } });
  const crash = () => blameFrames({ dataDir, pid: process.pid, crashed: true, wallMs: 1_000 });
  const crashWith = (...frames: Frame[]) => {
    start().journal.dispatched(frames);
    crash();
  };
  const pictures = () => (existsSync(picturesPath(dataDir)) ? readdirSync(picturesPath(dataDir)).sort() : []);
  return { dataDir, start, crash, crashWith, events, warnings, pictures };
}

describe('the quarantine', () => {
  it('lets everything through where nothing ever crashed', () => {
    const { start, warnings } = life();
    const { quarantine } = start();
    expect(quarantine.check(frame(1))).toBe('clear');
    expect(quarantine.list()).toEqual({ frames: [], cameras: [], rejected: 0 });
    expect(warnings).toEqual([]);
  });

  it('keeps a suspect picture before it is tried again, and lets it go when it comes through', () => {
    const { start, crashWith, pictures, dataDir } = life();
    const poison = frame(1, { camera: 'gate' });
    crashWith(poison);
    const { quarantine, journal } = start();
    expect(quarantine.check(poison)).toBe('suspect');
    expect(pictures()).toEqual([]);
    const ticket = journal.dispatched([poison, frame(2)]);
    const hash = hashOf(poison);
    expect(pictures()).toEqual([`${hash}.jpg`, `${hash}.json`]);
    expect(new Uint8Array(readFileSync(join(picturesPath(dataDir), `${hash}.jpg`)))).toEqual(poison.bytes);
    expect(JSON.parse(readFileSync(join(picturesPath(dataDir), `${hash}.json`), 'utf8'))).toMatchObject({
      hash,
      camera: 'gate',
      seq: 1,
      receivedAt: '2023-11-14T22:13:20.000Z',
      bytes: 6_000,
      width: 64,
    });
    expect(quarantine.list().frames).toMatchObject([{ hash, state: 'suspect', crashes: 1, picture: `${hash}.jpg` }]);
    journal.settled(ticket, 'ran');
    expect(pictures()).toEqual([]);
    expect(quarantine.check(poison)).toBe('clear');
    expect(start().quarantine.check(poison)).toBe('clear'); // and the next process knows it too
  });

  it('does not acquit a suspect that the device was lost with', () => {
    const { start, crashWith } = life();
    crashWith(frame(1));
    const { quarantine, journal } = start();
    journal.settled(journal.dispatched([frame(1)]), 'lost');
    expect(quarantine.check(frame(1))).toBe('suspect');
  });

  it('refuses a frame after its second crash, with one event, its picture kept, its camera marked', () => {
    const { start, crashWith, events, pictures } = life();
    const poison = frame(1, { camera: 'gate' });
    crashWith(poison);
    crashWith(poison);
    const { quarantine } = start();
    for (let i = 0; i < 3; i++) expect(quarantine.check(poison)).toBe('quarantined');
    expect(quarantine.check(frame(2, { camera: 'gate' }))).toBe('clear');
    expect(events).toMatchObject([
      { kind: 'frame_quarantined', severity: 'warning', data: { camera: 'gate', crashes: 2, kept: true } },
    ]);
    expect(quarantine.cameraCrashes('gate')).toBe(2);
    expect(quarantine.list()).toMatchObject({
      rejected: 3,
      frames: [{ state: 'quarantined', picture: `${hashOf(poison)}.jpg` }],
      cameras: [{ camera: 'gate', crashes: 2 }],
    });
    expect(pictures()).toHaveLength(2);
  });

  it('acquits bystanders of a poison frame between its crashes, though they come again and again', () => {
    const { start, crash } = life();
    const poison = frame(1);
    const still = frame(2); // a camera that sends the same bytes for ever
    for (let i = 0; i < 2; i++) {
      const { journal } = start();
      journal.settled(journal.dispatched([still]), 'ran');
      journal.dispatched([poison, still]);
      crash();
    }
    const { quarantine } = start();
    expect(quarantine.check(poison)).toBe('quarantined');
    expect(quarantine.check(still)).toBe('suspect');
  });

  it('tries again what the operator clears, one frame or everything', () => {
    const { start, crashWith, pictures } = life();
    crashWith(frame(1), frame(2));
    crashWith(frame(1), frame(2));
    const { quarantine } = start();
    quarantine.check(frame(1));
    expect(quarantine.clear(hashOf(frame(1)))).toBe(1);
    expect(quarantine.clear(hashOf(frame(1)))).toBe(0);
    expect(quarantine.check(frame(1))).toBe('clear');
    expect(quarantine.check(frame(2))).toBe('quarantined');
    expect(quarantine.clear()).toBe(1);
    expect(quarantine.cameraCrashes('cam-1')).toBe(0);
    expect(pictures()).toEqual([]);
    expect(start().quarantine.list()).toEqual({ frames: [], cameras: [], rejected: 0 });
  });

  it('quarantines without pictures where none may be kept', () => {
    const { start, crashWith, events, pictures } = life({ framesMax: 0 });
    crashWith(frame(1));
    crashWith(frame(1));
    expect(start().quarantine.check(frame(1))).toBe('quarantined');
    expect(events).toMatchObject([{ data: { kept: false } }]);
    expect(pictures()).toEqual([]);
  });
});

describe('the crash guard', () => {
  it('goes without journal and pictures where the folder cannot be made, and says so', () => {
    const { dataDir } = life();
    const file = join(dataDir, 'a-file');
    writeFileSync(file, '');
    const config = nodeConfigSchema.parse({ node: { dataDir: join(file, 'below') } }) as NodeConfig;
    const warnings: string[] = [];
    const guard = openCrashGuard({ config, emit: () => {}, log: { warn: (_, text) => warnings.push(text) } });
    expect(warnings[0]).toMatch(/there is no crash journal: .*ENOTDIR/);
    expect(guard.journal.dispatched([frame(1)])).toBe(0);
    expect(guard.quarantine.check(frame(1))).toBe('clear');
    guard.close();
  });

  it('only reads in the folder of another node that runs', () => {
    const { dataDir, start, crashWith, warnings } = life();
    crashWith(frame(1));
    const stat = readFileSync('/proc/1/stat', 'latin1').split(') ')[1]?.split(' ')[19];
    writeFileSync(journalPath(dataDir), emptyJournal({ pid: 1, startedAt: Number(stat) }, 1));
    const before = readFileSync(suspectsPath(dataDir), 'utf8');
    const { quarantine, journal, close } = start();
    expect(warnings[0]).toMatch(/process 1, another node/);
    expect(quarantine.check(frame(1))).toBe('suspect');
    expect(journal.dispatched([frame(1)])).toBe(0);
    quarantine.clear();
    close();
    expect(readFileSync(suspectsPath(dataDir), 'utf8')).toBe(before);
    expect(existsSync(journalPath(dataDir))).toBe(true);
  });

  it('leaves no journal behind when the node ends in good order', () => {
    const { start, dataDir } = life();
    start().close();
    expect(existsSync(journalPath(dataDir))).toBe(false);
  });
});

describe('kept pictures', () => {
  const names = (dir: string): string[] => readdirSync(dir).sort();
  const hash = (n: number): string => n.toString(16).padStart(40, '0');

  it('make room for new ones, the oldest first, by number and by bytes', () => {
    const dir = join(scratchDir(), 'q');
    const store = new PictureStore(dir, { framesMax: 3, bytesMax: 20_000 });
    for (let i = 1; i <= 4; i++) expect(store.keep(hash(i), frame(i, { bytes: 1_000 }))).toBe(true);
    expect(store.size).toBe(3);
    expect(store.fileOf(hash(1))).toBeUndefined();
    expect(store.keep(hash(5), frame(5, { bytes: 19_500 }))).toBe(true);
    expect(names(dir)).toEqual([`${hash(5)}.jpg`, `${hash(5)}.json`]);
    expect(store.bytes).toBeLessThanOrEqual(20_000);
    expect(store.keep(hash(6), frame(6, { bytes: 21_000 }))).toBe(false);
    expect(store.size).toBe(1);
  });

  it('of earlier processes count, and files of others are left alone', () => {
    const dir = join(scratchDir(), 'q');
    const first = new PictureStore(dir, { framesMax: 9, bytesMax: 1e6 });
    for (let i = 1; i <= 3; i++) {
      first.keep(hash(i), frame(i, { bytes: 1_000 }));
      for (const ending of ['jpg', 'json']) utimesSync(join(dir, `${hash(i)}.${ending}`), 10 - i, 10 - i);
    }
    writeFileSync(join(dir, 'notes.txt'), 'mine');
    const second = new PictureStore(dir, { framesMax: 2, bytesMax: 1e6 });
    expect(names(dir)).toEqual([`${hash(1)}.jpg`, `${hash(1)}.json`, `${hash(2)}.jpg`, `${hash(2)}.json`, 'notes.txt']);
    expect(second.fileOf(hash(1))).toBe(`${hash(1)}.jpg`);
    expect(second.bytes).toBeGreaterThan(2_000);
    second.removeAll();
    expect(names(dir)).toEqual(['notes.txt']);
    expect(second.bytes).toBe(0);
  });
});

describe('the poison of tests', () => {
  it('is a comment in a JPEG, and other pictures are not harmed by it', () => {
    const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 2, ...noise(1, 50)]);
    crashOnPoison({ bytes: jpeg }); // would end this process
    expect(poisoned(jpeg).toString('latin1')).toContain('camshard-debug-crash');
    expect(poisoned(jpeg).subarray(0, 4)).toEqual(Buffer.from([0xff, 0xd8, 0xff, 0xfe]));
    expect(poisoned(jpeg)).toHaveLength(jpeg.length + 24);
  });
});
