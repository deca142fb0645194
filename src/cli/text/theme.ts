import picocolors from 'picocolors';

type Paint = (text: string) => string;

/** What a colour means; the one place that knows which it is. */
export interface Theme {
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
  readonly heading: Paint;
  /** What may be read over: hints, units, dashes. */
  readonly dim: Paint;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether to colour what goes to a stream: `NO_COLOR` (https://no-color.org) forbids, `FORCE_COLOR` asks for it, else it
 * is for terminals that are not dumb.
 */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

export function themeOf(color: boolean): Theme {
  const { green, yellow, red, bold, dim } = picocolors.createColors(color);
  return { good: green, warn: yellow, bad: red, heading: bold, dim };
}

export const stdoutTheme = (): Theme => themeOf(wantsColor(process.stdout, process.env));
export const stderrTheme = (): Theme => themeOf(wantsColor(process.stderr, process.env));

const TONES: readonly (readonly ['good' | 'warn' | 'bad' | 'dim', RegExp])[] = [
  ['bad', /\b(dead|failed|critical|quarantined|unowned|fail)\b|\bnot\b/i],
  ['warn', /\b(warning|warn|suspect|moving|starting|draining|cordoned|active|waiting|away|opened)\b/i],
  ['good', /\b(alive|connected|running|completed|closed|ok|ready|yes)\b/i],
  ['dim', /^(-|info|no|cancelled|removed)$/i],
];

/** Colours a word that says how something stands; the gravest word wins, others stay as they are. */
export function paintState({ ...theme }: Theme, text: string): string {
  const tone = TONES.find(([, words]) => words.test(text))?.[0];
  return tone === undefined ? text : theme[tone](text);
}
