import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { Store } from './store.ts';

const KEY = 'camshard.who';
/** What a header may carry. */
const ALLOWED = /^[\x20-\x7e]{0,64}$/;

/** Who sits here, as the audit log is to name them: `X-Camshard-Who`. Kept by the browser; empty until somebody says. */
export class WhoStore extends Store<string> {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>;

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    const kept = storage.getItem(KEY) ?? '';
    super(isWho(kept) ? kept : '');
    this.#storage = storage;
  }

  override set(who: string): void {
    this.#storage.setItem(KEY, who);
    super.set(who);
  }

  /** Headers of a request that changes something: who asks for it, and why where they said. */
  asks(why = ''): Readonly<Record<string, string>> {
    const who = this.get().trim();
    const said = headerText(why.trim());
    return {
      'x-camshard-who': who === '' ? 'dashboard' : who,
      ...(said === '' ? {} : { 'x-camshard-why': said }),
    };
  }
}

/** A header carries Latin letters only; others become `?`. */
const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 256);

/** Printable ASCII, at most 64 characters. */
export const isWho = (text: string): boolean => ALLOWED.test(text);

export const WhoContext = createContext<WhoStore | undefined>(undefined);

/** @throws Error outside of the page's root. */
export function useWho(): WhoStore {
  const who = useContext(WhoContext);
  if (who === undefined) throw new Error('useWho outside of WhoContext');
  return who;
}
