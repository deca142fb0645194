import { CamshardError } from '../../core/errors.ts';
import type { TellResult } from './types.ts';

/** Nobody answered within the time given; the question may still be handled later, its answer is then ignored. */
export class AskTimeoutError extends CamshardError {
  constructor(path: string, timeoutMs: number) {
    super('ask_timeout', `${path} did not answer within ${timeoutMs} ms`);
  }
}

/** The mailbox did not take the question: it is full, or its actor has stopped. */
export class AskRefusedError extends CamshardError {
  readonly result: Exclude<TellResult, 'accepted'>;

  constructor(path: string, result: Exclude<TellResult, 'accepted'>) {
    super('ask_refused', `${path} did not take the question: ${result}`);
    this.result = result;
  }
}
