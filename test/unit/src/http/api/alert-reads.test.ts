import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../../core/random.ts';
import type { AlertEntry } from '../../../../../src/alerts/alert-book.ts';
import { AlertBook } from '../../../../../src/alerts/alert-book.ts';
import {
  type AlertPlaces,
  type AlertRow,
  type AlertsAnswer,
  type AlertsBody,
  alertAnswers,
  decodePlaces,
  encodePlaces,
  mergeAlerts,
  newestOf,
} from '../../../../../src/http/api/alert-reads.ts';
import { alertOf } from '../../../../support/alerts.ts';

const DESK = { acknowledge: () => undefined };

/** A node whose alerts changed in this order at these times. */
function nodeWith(node: string, changes: readonly { readonly camera: string; readonly atMs: number }[]) {
  const book = new AlertBook();
  for (const [i, { camera, atMs }] of changes.entries()) {
    book.apply(i + 1, { kind: 'alert', alert: alertOf(camera, { atMs }) });
  }
  return { node, ask: (body: AlertsBody): AlertsAnswer => alertAnswers(node, { book, desk: DESK }).alerts(body) };
}

type Node = ReturnType<typeof nodeWith>;

function pages(nodes: readonly Node[], order: AlertsBody['order'], limit: number): AlertRow[][] {
  const all: AlertRow[][] = [];
  for (let places: AlertPlaces | null = {}; places !== null; ) {
    const body: AlertsBody = { filter: {}, order, places, limit };
    const merged = mergeAlerts(
      nodes.map(({ node, ask }) => ({ node, answer: ask(body) })),
      body,
    );
    all.push([...merged.rows]);
    places = merged.next;
  }
  return all;
}

describe('alerts of several nodes', () => {
  const random = createRandom(7);
  // Clocks are off, and an alert may be kept later than one that rose after it.
  const nodes = ['a', 'b', 'c'].map((node, n) =>
    nodeWith(
      node,
      Array.from({ length: 10 + 3 * n }, (_, i) => ({ camera: `${node}-${i}`, atMs: 100 * i + 300 * random() })),
    ),
  );
  const count = 10 + 13 + 16;

  it.each([1, 2, 5, 100])('are on pages of %i each once, each node’s in their order', (limit) => {
    for (const order of ['newest', 'oldest'] as const) {
      const all = pages(nodes, order, limit);
      expect(all.slice(0, -1).every((rows) => rows.length === limit)).toBe(true);
      const rows = all.flat();
      expect(new Set(rows.map(({ alert }) => alert.id)).size).toBe(count);
      expect(rows).toHaveLength(count);
      for (const { node } of nodes) {
        const positions = rows.filter(({ keeper }) => keeper === node).map(({ position }) => position);
        expect(positions).toEqual([...positions].sort((x, y) => (order === 'oldest' ? x - y : y - x)));
      }
    }
  });

  it('are merged by when they changed, whoever has them', () => {
    const two = [
      nodeWith('a', [
        { camera: 'a-1', atMs: 10 },
        { camera: 'a-2', atMs: 30 },
      ]),
      nodeWith('b', [
        { camera: 'b-1', atMs: 20 },
        { camera: 'b-2', atMs: 40 },
      ]),
    ];
    const cameras = (order: AlertsBody['order']) =>
      pages(two, order, 3)
        .flat()
        .map(({ alert }) => alert.camera);
    expect(cameras('newest')).toEqual(['b-2', 'a-2', 'b-1', 'a-1']);
    expect(cameras('oldest')).toEqual(['a-1', 'b-1', 'a-2', 'b-2']);
  });

  it('are not shown twice while a camera moves: the newer owner’s counts', () => {
    const entry = (epoch: number, position: number): AlertEntry => ({
      ...{ position, acknowledged: null },
      alert: alertOf('x', { atMs: 5 }, 3, epoch),
    });
    const answers = [
      { node: 'a', answer: { rows: [{ keeper: 'a', ...entry(1, 9) }], more: false, last: 9 } },
      { node: 'b', answer: { rows: [{ keeper: 'b', ...entry(2, 1) }], more: false, last: 1 } },
    ];
    const merged = mergeAlerts(answers, { order: 'newest', places: {}, limit: 10 });
    expect(merged.rows.map(({ keeper }) => keeper)).toEqual(['b']);
    expect(merged.next).toBeNull();
    expect(newestOf([])).toBeUndefined();
  });

  it('go on behind a place with what changed since, and keep the place of a node that is away', () => {
    const body: AlertsBody = { filter: {}, order: 'oldest', places: { a: 8, b: 13, c: 16 }, limit: 10 };
    const [a] = nodes as [Node, Node, Node];
    const merged = mergeAlerts([{ node: 'a', answer: a.ask(body) }], body);
    expect(merged.rows.map(({ position }) => position)).toEqual([9, 10]);
    expect(merged.last).toEqual({ a: 10, b: 13, c: 16 });
  });

  it('begin anew at a node that has lost what it had', () => {
    const [a] = nodes as [Node, Node, Node];
    expect(a.ask({ filter: {}, order: 'oldest', places: { a: 900 }, limit: 3 }).rows).toHaveLength(3);
  });

  it('have places that can be given back, and nothing else is taken for one', () => {
    const places = { 'node-1': 7, b: 0 };
    expect(decodePlaces(encodePlaces(places))).toEqual(places);
    for (const text of ['', 'not base64!', 'bm90IGpzb24', encodePlaces([1] as never), encodePlaces({ a: -1 })]) {
      expect(decodePlaces(text)).toBeUndefined();
    }
    expect(decodePlaces(encodePlaces({ a: 0.5 }))).toBeUndefined();
  });
});
