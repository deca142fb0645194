import { CamshardError } from '../../../core/errors.ts';
import { type NodeAnswer, type NodeRequest, requestNode } from '../../client/node-api.ts';
import { NodeProblem } from '../../client/node-problem.ts';
import { headerText, whoAmI } from '../cameras/settings-file.ts';
import { EXIT, exitCodeOfAnswer } from '../exit.ts';
import { type NodeAddress, nodeAddress } from '../options.ts';
import type { CommandIo } from './command-io.ts';
import type { ActionOptions } from './ops-options.ts';

/** The HTTP API as the operators' commands use it: who and why go along, and faults have exit codes. */
export class OpsApi {
  readonly #node: NodeAddress;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: ActionOptions, io: Pick<CommandIo, 'env'>) {
    this.#node = nodeAddress(options, io.env);
    this.#headers = {
      'x-camshard-who': headerText(options.who ?? whoAmI()),
      ...(options.why === undefined ? {} : { 'x-camshard-why': headerText(options.why) }),
    };
  }

  /** @throws CamshardError `node_unreachable` and `bad_answer`, NodeProblem as the node states it */
  get<T>(path: string): Promise<T> {
    return this.#ask<T>({ method: 'GET', path });
  }

  /** @throws as {@link get} */
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    return this.#ask<T>({ method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  async #ask<T>(request: NodeRequest): Promise<T> {
    const answer = await requestNode(this.#node, request);
    const value = parsed(answer);
    if (answer.status === 200 && value !== undefined) return value as T;
    throw refusalOf(answer, value, request.path);
  }
}

function refusalOf({ status }: NodeAnswer, value: unknown, path: string): CamshardError {
  const { code, detail } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof code !== 'string') {
    return new CamshardError('bad_answer', `${path} answered ${status}, not as a node of a cluster does`);
  }
  const text = typeof detail === 'string' ? detail : path;
  const refused = exitCodeOfAnswer(status) === EXIT.refused && status !== 401;
  return new NodeProblem(status, code, `${refused ? 'refused: ' : ''}${text} (${code})`);
}

function parsed({ body }: NodeAnswer): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

export const segment = (text: string): string => encodeURIComponent(text);
