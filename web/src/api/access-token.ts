import { Store } from '../state/store.ts';

const KEY = 'camshard.access-token';

/** The access token the visitor gave, kept until the tab closes; `null` where none was asked for. */
export class AccessToken extends Store<string | null> {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    super(storage.getItem(KEY));
    this.#storage = storage;
  }

  override set(token: string | null): void {
    if (token === null) this.#storage.removeItem(KEY);
    else this.#storage.setItem(KEY, token);
    super.set(token);
  }
}
