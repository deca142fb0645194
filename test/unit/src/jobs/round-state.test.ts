import { describe, expect, it } from 'vitest';
import type { RoundStatus } from '../../../../src/jobs/port.ts';
import { backoffAfter, MOVE_RETRIES } from '../../../../src/jobs/retries.ts';
import { roundStateOf } from '../../../../src/jobs/round-state.ts';

const stateOf = (...states: RoundStatus['moves'][number]['state'][]): RoundStatus['state'] =>
  roundStateOf(states.map((state) => ({ state })));

describe('the state of a round', () => {
  it('is not over while a move of it is not', () => {
    expect(stateOf('waiting', 'waiting')).toBe('waiting');
    expect(stateOf('waiting', 'cancelled')).toBe('waiting');
    expect(stateOf('waiting', 'completed')).toBe('active');
    expect(stateOf('active', 'failed')).toBe('active');
  });

  it('is what it is worst described by when it is over', () => {
    expect(stateOf()).toBe('completed');
    expect(stateOf('completed', 'completed')).toBe('completed');
    expect(stateOf('completed', 'cancelled')).toBe('cancelled');
    expect(stateOf('completed', 'cancelled', 'failed')).toBe('failed');
  });
});

describe('retries of a move', () => {
  it('span a Redis failover of 5 s and a death more than once', () => {
    const pauses = Array.from({ length: MOVE_RETRIES.attemptsMax - 1 }, (_, i) => backoffAfter(MOVE_RETRIES, i + 1));
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });
});
