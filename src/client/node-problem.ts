import { CamshardError } from '../../core/errors.ts';

/** What a node answered other than what was asked for; `code` is that of its problem. */
export class NodeProblem extends CamshardError {
  /** Of the HTTP answer. */
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(code, message);
    this.status = status;
  }
}
