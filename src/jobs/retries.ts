/** How jobs are tried again, in every adapter. */
export interface Retries {
  /** Times a job is begun at most. */
  readonly attemptsMax: number;
  /** Before the second attempt; twice as long before each further one. */
  readonly backoffMs: number;
}

/** 0.5 + 1 + 2 + 4 + 8 s between them: past a Redis failover (3 to 5 s) and past a death (a lease's 3 s) more than once. */
export const MOVE_RETRIES: Retries = { attemptsMax: 6, backoffMs: 500 };
export const RELIEF_RETRIES: Retries = { attemptsMax: 3, backoffMs: 500 };

/** @param attempts those that have failed, 1 or more */
export const backoffAfter = ({ backoffMs }: Retries, attempts: number): number => backoffMs * 2 ** (attempts - 1);

/** Moves of one node that are worked on at once: each waits most of its time, so half a round. */
export const MOVES_AT_ONCE = 16;
/** Rounds that are over, kept for whoever asks. */
export const ROUNDS_KEPT = 100;
