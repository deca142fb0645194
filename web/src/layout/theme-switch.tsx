import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { THEMES, type Theme, type ThemeStore } from '../state/theme.ts';
import { useStore } from '../state/use-store.ts';

export const ThemeContext = createContext<ThemeStore | undefined>(undefined);

const SIGNS: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' };

/** Steps through light, dark and the system's choice. */
export function ThemeSwitch() {
  const theme = useTheme();
  const chosen = useStore(theme);
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? 'system';
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
