import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blameFrames } from '../../../../src/crash/blame.ts';
import { journalPath, readSuspects, suspectsPath, writeSuspects } from '../../../../src/crash/crash-files.ts';
import { JournalFile } from '../../../../src/crash/journal-file.ts';
import { SUSPECT_CAMERAS_MAX, SUSPECT_FRAMES_MAX, Suspects } from '../../../../src/crash/suspects.ts';
import { frame, scratchDir } from './support.ts';

const hash = (n: number): string => n.toString(16).padStart(40, '0');
const inFlight = (n: number, camera = `cam-${n}`) => ({ hash: hash(n), camera, bytes: 100 + n });

describe('suspects', () => {
  it('count the crashes a frame and its camera were in', () => {
    const suspects = new Suspects();
    suspects.blame([inFlight(1), inFlight(2, 'cam-1')], 1_000);
    suspects.blame([inFlight(1), inFlight(3)], 2_000);
    expect(suspects.get(hash(1))).toEqual({ hash: hash(1), camera: 'cam-1', bytes: 101, crashes: 2, lastAt: 2_000 });
    expect(suspects.get(hash(2))).toMatchObject({ crashes: 1, lastAt: 1_000 });
    expect(suspects.crashesOf('cam-1')).toBe(2); // not 3: two of its frames were in flight in one crash
    expect(suspects.crashesOf('cam-3')).toBe(1);
    expect(suspects.crashesOf('cam-9')).toBe(0);
  });

  it('lose a bystander that came through, and keep what is quarantined', () => {
    const suspects = new Suspects();
    suspects.blame([inFlight(1), inFlight(2)], 1);
    suspects.blame([inFlight(1)], 2);
    expect(suspects.clearOf(hash(2))).toBe(true);
    expect(suspects.clearOf(hash(2))).toBe(false);
    expect(suspects.clearOf(hash(1))).toBe(false);
    expect(suspects.frames().map((f) => f.hash)).toEqual([hash(1)]);
  });

  it('stay bounded: single crashes go first, the longest ago before the others', () => {
    const suspects = new Suspects();
    for (let i = 0; i < 2; i++) suspects.blame([inFlight(0)], i);
    const many = Array.from({ length: SUSPECT_FRAMES_MAX + 9 }, (_, i) => inFlight(i + 1));
    suspects.blame(many, 5);
    expect(suspects.frames()).toHaveLength(SUSPECT_FRAMES_MAX);
    expect(suspects.get(hash(0))?.crashes).toBe(2);
    expect(suspects.get(hash(10))).toBeUndefined();
    expect(suspects.get(hash(11))).toBeDefined();
    expect(suspects.cameras()).toHaveLength(SUSPECT_CAMERAS_MAX);
    expect(() => Suspects.parse(suspects.toText())).not.toThrow();
    suspects.blame(many, 6);
    suspects.blame(
      many.map(({ hash: h }, i) => ({ ...inFlight(100_000 + i), hash: h.replace(/^0/, 'a') })),
      7,
    );
    expect(suspects.frames()).toHaveLength(SUSPECT_FRAMES_MAX);
  });

  it('survive being written and read, whatever a camera is called', () => {
    const suspects = new Suspects();
    suspects.blame([inFlight(1, '__proto__'), inFlight(2, '7')], 1);
    suspects.blame([inFlight(1, '__proto__')], 2);
    const path = suspectsPath(scratchDir());
    writeSuspects(path, suspects);
    const read = readSuspects(path, (error) => expect.fail(String(error)));
    expect(read.frames()).toEqual(suspects.frames());
    expect(read.cameras()).toEqual(suspects.cameras());
    expect(read.crashesOf('__proto__')).toBe(2);
  });

  it('are nobody where there is no file, and where it is broken, which is told', () => {
    const faults: unknown[] = [];
    const path = suspectsPath(scratchDir());
    expect(readSuspects(path, (error) => faults.push(error)).frames()).toEqual([]);
    expect(faults).toEqual([]);
    for (const text of ['', '{"version":1', '{"version":2,"frames":[],"cameras":[]}', '{"version":1,"frames":[{}]}']) {
      writeFileSync(path, text);
      expect(readSuspects(path, (error) => faults.push(error)).frames()).toEqual([]);
    }
    expect(faults).toHaveLength(4);
  });
});

describe('blaming frames for the end of a node', () => {
  function endedNode() {
    const dataDir = scratchDir();
    const start = () => new JournalFile({ path: journalPath(dataDir), devices: 1, onFault: () => {} });
    const blame = (crashed: boolean, pid = process.pid) => blameFrames({ dataDir, pid, crashed, wallMs: 77 });
    const suspects = () => readSuspects(suspectsPath(dataDir), () => {});
    return { dataDir, start, blame, suspects };
  }

  it('writes down what was in flight, and what was for the second time', () => {
    const { start, blame, suspects, dataDir } = endedNode();
    const first = start();
    first.settled(first.dispatched([frame(1)]));
    first.dispatched([frame(2), frame(3)]);
    expect(blame(true)).toEqual({ inFlight: 2, quarantined: 0 });
    start().dispatched([frame(3)]);
    expect(blame(true)).toEqual({ inFlight: 1, quarantined: 1 });
    expect(suspects().frames()).toMatchObject([
      { camera: 'cam-2', crashes: 1 },
      { camera: 'cam-3', crashes: 2, lastAt: 77 },
    ]);
    expect(readdirSync(dataDir)).toEqual(['crash-suspects.json']);
  });

  it('blames nobody for a node that was killed, and does not remember what it had in flight', () => {
    const { start, blame, suspects } = endedNode();
    for (let i = 0; i < 2; i++) {
      start().dispatched([frame(1)]);
      expect(blame(false)).toBeUndefined();
      expect(blame(true)).toBeUndefined(); // the journal is gone
    }
    expect(suspects().frames()).toEqual([]);
  });

  it('leaves the journal of another node in the same folder alone', () => {
    const { start, blame, suspects, dataDir } = endedNode();
    start().dispatched([frame(1)]);
    expect(blame(true, process.pid + 1)).toBeUndefined();
    expect(suspects().frames()).toEqual([]);
    expect(readdirSync(dataDir)).toContain('crash-journal.bin');
  });

  it('starts a broken file of suspects anew', () => {
    const { start, blame, suspects, dataDir } = endedNode();
    writeFileSync(join(dataDir, 'crash-suspects.json'), 'nonsense');
    start().dispatched([frame(1)]);
    expect(blame(true)).toEqual({ inFlight: 1, quarantined: 0 });
    expect(suspects().frames()).toHaveLength(1);
    expect(readFileSync(suspectsPath(dataDir), 'utf8').endsWith('\n')).toBe(true);
  });
});
