import { Store } from './store.ts';

const KEY = 'camshard.operator';
/** As much as the node keeps of it. */
export const OPERATOR_CHARS_MAX = 128;

/** Who acts, as they say themselves: goes to the cluster's event log and the audit. Kept by the browser. */
export class OperatorStore extends Store<string> {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    super(storage.getItem(KEY) ?? '');
    this.#storage = storage;
  }

  override set(name: string): void {
    const kept = name.slice(0, OPERATOR_CHARS_MAX);
    this.#storage.setItem(KEY, kept);
    super.set(kept);
  }
}

let store: OperatorStore | undefined;
export const operatorStore = (): OperatorStore => (store ??= new OperatorStore(window.localStorage));

/** Headers of a request that changes something. A header carries Latin letters only; others become `?`. */
export function askedBy(why = ''): Readonly<Record<string, string>> {
  const who = operatorStore().get().trim();
  return {
    'x-camshard-who': headerText(who === '' ? 'dashboard' : who),
    ...(why.trim() === '' ? {} : { 'x-camshard-why': headerText(why.trim()) }),
  };
}

export const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 256);
