import { redactor } from './redact.ts';

const LEVELS = { info: 30, warn: 40, fatal: 60 } as const;

export interface ProcessLine {
  /** Which process says it; the node itself has a log of its own. */
  readonly process: 'parent' | 'demo' | 'node';
  readonly node?: string | undefined;
  readonly level: keyof typeof LEVELS;
  readonly msg: string;
  /** ms since the Unix epoch. */
  readonly time: number;
  readonly code?: string | undefined;
}

const redact = redactor();

/**
 * A line of stderr of a process that has no log: as one of the node's log where a collector reads it, as text for a
 * person at a terminal. Without the line break.
 */
export function processLine({ level, time, msg, ...rest }: ProcessLine, isTerminal: boolean): string {
  const text = redact(msg);
  if (isTerminal) return `camshard${rest.process === 'demo' ? ' demo' : ''}: ${text}`;
  return JSON.stringify({ level: LEVELS[level], time, ...rest, msg: text });
}
