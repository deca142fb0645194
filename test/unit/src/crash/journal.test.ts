import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_MAX } from '../../../../config/limits.ts';
import { frameHash } from '../../../../src/crash/frame-hash.ts';
import { BERTHS_PER_DEVICE, JournalFile, readJournalFile } from '../../../../src/crash/journal-file.ts';
import { emptyJournal, parseJournal } from '../../../../src/crash/journal-format.ts';
import { processNow, stillRuns } from '../../../../src/crash/process-identity.ts';
import { frame, noise, scratchDir } from './support.ts';

const hex = (seed: number): string => frameHash(frame(seed).bytes).toString('hex');

function open(path = join(scratchDir(), 'journal'), devices = 1) {
  const faults: unknown[] = [];
  const journal = new JournalFile({ path, devices, onFault: (error) => faults.push(error) });
  const inFlight = (): string[] => (readJournalFile(path)?.frames ?? []).map((f) => f.hash).sort();
  return { path, journal, inFlight, faults };
}

describe('the crash journal', () => {
  it('holds the frames that are dispatched and not settled, each with its camera and length', () => {
    const { journal, path, inFlight } = open();
    const first = journal.dispatched([frame(1), frame(2)]);
    const second = journal.dispatched([frame(3, { camera: 'x'.repeat(64) })]);
    expect(inFlight()).toEqual([hex(1), hex(2), hex(3)].sort());
    expect(readJournalFile(path)?.frames).toContainEqual({ hash: hex(3), camera: 'x'.repeat(64), bytes: 6_000 });
    journal.settled(first);
    expect(inFlight()).toEqual([hex(3)]);
    journal.settled(second);
    expect(inFlight()).toEqual([]);
    journal.close();
  });

  it('agrees with what is in flight after any series of dispatches and settlements', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('dispatch' as const), frames: fc.integer({ min: 1, max: BATCH_MAX }) }),
      fc.record({ kind: fc.constant('settle' as const), which: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const { journal, inFlight } = open();
        const held = new Map<number, string[]>();
        let seed = 0;
        for (const s of steps) {
          if (s.kind === 'dispatch') {
            const frames = Array.from({ length: s.frames }, () => frame(++seed, { bytes: 64 }));
            const ticket = journal.dispatched(frames);
            if (ticket !== 0)
              held.set(
                ticket,
                frames.map((f) => frameHash(f.bytes).toString('hex')),
              );
          } else {
            const ticket = [...held.keys()][s.which % Math.max(1, held.size)];
            if (ticket === undefined) continue;
            journal.settled(ticket);
            held.delete(ticket);
          }
        }
        expect(inFlight()).toEqual([...held.values()].flat().sort());
        journal.close();
      }),
      { numRuns: 20, seed: 7 },
    );
  });

  it('never grows: what no berth is free for is counted, and a berth that is free again is used', () => {
    const { journal, path, inFlight } = open();
    const bytes = statSync(path).size;
    const tickets = Array.from({ length: BERTHS_PER_DEVICE }, (_, i) => journal.dispatched([frame(i + 1)]));
    expect(new Set(tickets).size).toBe(BERTHS_PER_DEVICE);
    expect(journal.dispatched([frame(90), frame(91)])).toBe(0);
    expect(journal.unwritten).toBe(2);
    journal.settled(0);
    journal.settled(tickets[3] ?? 0);
    journal.settled(tickets[3] ?? 0);
    expect(journal.dispatched([frame(92)])).toBe(tickets[3]);
    expect(journal.dispatched([frame(93)])).toBe(0);
    expect(inFlight()).toContain(hex(92));
    expect(statSync(path).size).toBe(bytes);
    journal.close();
  });

  it('takes a whole batch and no more', () => {
    const { journal, inFlight } = open();
    const frames = Array.from({ length: BATCH_MAX }, (_, i) => frame(i, { bytes: 100 }));
    journal.dispatched(frames);
    expect(inFlight()).toHaveLength(BATCH_MAX);
    expect(() => journal.dispatched([...frames, frame(99)])).toThrow(RangeError);
    expect(journal.dispatched([])).toBe(0);
    journal.close();
  });

  it('refuses a file that another living process writes, and takes over that of a dead one', () => {
    const path = join(scratchDir(), 'journal');
    const parent = { pid: process.ppid, startedAt: 0 };
    writeFileSync(path, emptyJournal(parent, 1));
    expect(stillRuns(parent)).toBe(false); // the pid lives, but it is another process's by now
    open(path).journal.close();
    const pid1 = readFileSync('/proc/1/stat', 'latin1').split(') ')[1]?.split(' ')[19];
    writeFileSync(path, emptyJournal({ pid: 1, startedAt: Number(pid1) }, 1));
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'journal_in_use' }));
    expect(stillRuns(processNow())).toBe(true);
    expect(stillRuns({ pid: 0, startedAt: 0 })).toBe(false);
  });

  it('says at once that it cannot be written, and takes frames after it was closed without a word', () => {
    // /dev/full takes an open and refuses every write, as a full disk does.
    expect(() => open('/dev/full')).toThrow(/ENOSPC/);
    const { journal, inFlight, faults, path } = open();
    journal.close();
    expect(journal.dispatched([frame(1)])).toBe(0);
    journal.settled(1);
    expect(inFlight()).toEqual([]);
    expect(faults).toEqual([]);
    expect(readJournalFile(path)?.owner.pid).toBe(process.pid);
  });

  it('reads nothing from what is no journal, and passes over records that make no sense', () => {
    expect(parseJournal(Buffer.alloc(0))).toBeUndefined();
    expect(parseJournal(Buffer.from(noise(1, 5_000)))).toBeUndefined();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 24, max: 5_000 }), (seed, length) => {
        const file = emptyJournal(processNow(), 2);
        Buffer.from(noise(seed, 300)).copy(file, 24);
        const content = parseJournal(file.subarray(0, length));
        for (const { camera, hash } of content?.frames ?? []) {
          expect(camera.length).toBeGreaterThan(0);
          expect(hash).toHaveLength(40);
        }
      }),
      { numRuns: 100, seed: 3 },
    );
    expect(readJournalFile('/nowhere/at/all')).toBeUndefined();
  });
});

describe('the hash of a frame', () => {
  it('tells pictures apart by their length, their start, their end and what lies between', () => {
    const bytes = noise(1, 50_000);
    const changed = (at: number): Uint8Array => {
      const copy = bytes.slice();
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    const variants = [bytes, changed(0), changed(49_999), changed(16_400), changed(33_000), bytes.subarray(0, 49_999)];
    expect(new Set(variants.map((v) => frameHash(v).toString('hex'))).size).toBe(variants.length);
    expect(frameHash(bytes.slice())).toEqual(frameHash(bytes));
  });

  it('covers every byte of a small picture', () => {
    const bytes = noise(2, 300);
    const hashes = new Set([frameHash(bytes).toString('hex')]);
    for (let at = 0; at < bytes.length; at++) {
      const copy = bytes.slice();
      copy[at] = (copy[at] ?? 0) ^ 0x80;
      hashes.add(frameHash(copy).toString('hex'));
    }
    expect(hashes.size).toBe(301);
    expect(frameHash(new Uint8Array(0))).toHaveLength(20);
  });
});
