import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../core/manual-clock.ts';
import type { Answer } from '../../../web/src/api/answer.ts';
import { ShapeBook } from '../../../web/src/picture/shape-book.ts';

const LINE = { id: 'stop', from: [0, 0], to: [1, 1] };

/** A node whose list names one camera at `listed` while its settings are of `version`. */
class Node {
  listed = 1;
  version = 1;
  isAway = false;
  asked = 0;

  async get<T>(path: string): Promise<Answer<T>> {
    const value =
      path === 'v1/settings'
        ? { cameras: [{ camera: 'gate', version: this.listed }], next: null }
        : { version: this.version, settings: { lines: [LINE] } };
    if (path !== 'v1/settings') {
      // Questions without end would hang the test, not fail it.
      if (++this.asked > 10) throw new Error('asked again and again');
      if (this.isAway) return { kind: 'unreachable', reason: 'the node does not answer' };
    }
    return { kind: 'ok', value: value as T };
  }
}

/** Lets every answer that is there be read. */
const answers = () => new Promise((done) => setImmediate(done));

describe('the shapes of a camera', () => {
  it('are asked for again with the next list where the node did not answer', async () => {
    const clock = new ManualClock();
    const node = new Node();
    const book = new ShapeBook(node, clock);
    const told: unknown[] = [];
    node.isAway = true;
    book.follow('gate', (shapes) => told.push(shapes));
    await answers();
    expect(node.asked).toBe(1);
    expect(told).toEqual([]);

    node.isAway = false;
    clock.advance(10_000);
    await answers();
    expect(told).toEqual([{ lines: [LINE], zones: [] }]);
  });

  it.each([2, 4])('are asked for once while the list names version 3 and the settings are of version %i', async (v) => {
    const clock = new ManualClock();
    const node = new Node();
    node.listed = 3;
    node.version = v;
    const book = new ShapeBook(node, clock);
    book.follow('gate', () => {});
    await answers();
    await answers();
    expect(node.asked).toBe(1);

    node.listed = node.version = 5;
    clock.advance(10_000);
    await answers();
    expect(node.asked).toBe(2);
  });
});
