import type { RoundStatus } from './port.ts';

/** What a round is, by its moves: not over while one is not; over, it is what it is worst described by. */
export function roundStateOf(moves: readonly Pick<RoundStatus['moves'][number], 'state'>[]): RoundStatus['state'] {
  const has = (state: RoundStatus['state']): boolean => moves.some((move) => move.state === state);
  if (has('active')) return 'active';
  if (has('waiting')) return has('completed') || has('failed') ? 'active' : 'waiting';
  if (has('failed')) return 'failed';
  return has('cancelled') ? 'cancelled' : 'completed';
}
