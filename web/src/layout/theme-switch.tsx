import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Theme, ThemeStore } from '../state/theme.ts';
import { useStore } from '../state/use-store.ts';

export const ThemeContext = createContext<ThemeStore | undefined>(undefined);

const SIGNS: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' };

/** The other colours, the system's own by name, and back to whatever the system says: each press but one is seen. */
export function ThemeSwitch() {
  const theme = useTheme();
  const chosen = useStore(theme);
  const { system } = theme;
  const other = system === 'dark' ? 'light' : 'dark';
  const next: Theme = chosen === 'system' ? other : chosen === other ? system : 'system';
  return (
    <button
      type="button"
      class="icon-button"
      title={`Colours: ${chosen}. Change to ${next}`}
      aria-label={`Colours: ${chosen}. Change to ${next}`}
      onClick={() => theme.set(next)}
    >
      {SIGNS[chosen]}
    </button>
  );
}

/** @throws Error outside of the page's root. */
export function useTheme(): ThemeStore {
  const theme = useContext(ThemeContext);
  if (theme === undefined) throw new Error('useTheme outside of ThemeContext');
  return theme;
}
