import { CamshardError } from '../../../core/errors.ts';

/** A query names something that does not exist or is not allowed: says which parameter, and what it may be. */
export class BadQueryError extends CamshardError {
  readonly parameter: string;

  constructor(parameter: string, allowed: string) {
    super('bad_query', `${parameter}: ${allowed}`);
    this.parameter = parameter;
  }
}
