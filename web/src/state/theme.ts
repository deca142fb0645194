import { Store } from './store.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'camshard.theme';

/** Light, dark, or as the system has it; kept by the browser. Style sheets read `data-theme` of the root element. */
export class ThemeStore extends Store<Theme> {
  readonly #storage: Storage;
  readonly #root: HTMLElement;
  readonly #systemDark: MediaQueryList;

  constructor(window: Window) {
    const kept = window.localStorage.getItem(KEY);
    super(THEMES.find((theme) => theme === kept) ?? 'system');
    this.#storage = window.localStorage;
    this.#root = window.document.documentElement;
    this.#systemDark = window.matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  override set(theme: Theme): void {
    this.#storage.setItem(KEY, theme);
    super.set(theme);
    this.#apply();
  }

  /** What the system would have. */
  get system(): 'light' | 'dark' {
    return this.#systemDark.matches ? 'dark' : 'light';
  }

  /** What is shown now. */
  get shown(): 'light' | 'dark' {
    const chosen = this.get();
    return chosen === 'system' ? this.system : chosen;
  }

  #apply(): void {
    this.#root.dataset.theme = this.shown;
  }
}
