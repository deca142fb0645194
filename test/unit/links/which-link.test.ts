import { expect, it } from 'vitest';
import { nodeId } from '../../../core/ids.ts';
import { whichLink } from '../../../src/links/which-link.ts';

const [a, b] = [nodeId('a'), nodeId('b')];

it('keeps the connection that the smaller id dialled where each side dialled one, in whatever order they are seen', () => {
  const byA = { instance: 'x', dialledBy: a };
  const byB = { instance: 'x', dialledBy: b };
  for (const [one, other] of [[a, b] as const, [b, a] as const]) {
    expect(whichLink(byA, byB, one, other)).toBe('old');
    expect(whichLink(byB, byA, one, other)).toBe('fresh');
  }
});

it('takes the newer of two that the same side dialled, and that of the newer life', () => {
  const byB = { instance: 'x', dialledBy: b };
  expect(whichLink(byB, byB, a, b)).toBe('fresh');
  expect(whichLink({ instance: 'x', dialledBy: a }, { instance: 'y', dialledBy: b }, a, b)).toBe('fresh');
});
