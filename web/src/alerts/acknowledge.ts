import type { Refusal } from '../api/answer.ts';
import type { Alert } from '../api/answers.gen.ts';
import type { NodeApi } from '../api/node-api.ts';
import { alertPath } from './alert-path.ts';

/** Questions under way at once, when many are acknowledged. */
const AT_ONCE = 4;

/**
 * Says that somebody has seen these alerts, one question each.
 * @param onDone told of each as the node has it now
 * @returns why the first that failed did; `undefined` where none did
 */
export async function acknowledgeAll(
  api: NodeApi,
  ids: readonly string[],
  who: Readonly<Record<string, string>>,
  onDone: (alert: Alert) => void,
): Promise<Refusal | undefined> {
  const left = [...ids];
  let refusal: Refusal | undefined;
  const work = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const answer = await api.send<Alert>('POST', `${alertPath(id)}/acknowledge`, undefined, {}, who);
      if (answer.kind === 'ok') onDone(answer.value);
      else refusal ??= answer;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, work));
  return refusal;
}
