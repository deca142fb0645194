import { describe, expect, it } from 'vitest';
import { PLAIN, renderTable } from '../../../src/cli/text/table.ts';
import { paintState, themeOf, wantsColor } from '../../../src/cli/text/theme.ts';
import { bytesText, countOf, duration, percent } from '../../../src/cli/text/units.ts';

const HEAD = ['CAMERA', 'STATE', 'FPS', 'TITLE'];
const ROWS = [
  ['north', 'connected', '9.5', 'a camera with a long title that goes on'],
  ['gate', 'away', '10.0', '-'],
];
const OPTIONS = { right: [2], states: [1], optional: [2] };
const RED = '\u001b[31m';

describe('tables', () => {
  it('are columns two spaces apart, figures to the right, without blanks at the end', () => {
    expect(renderTable(HEAD, ROWS, OPTIONS, PLAIN).split('\n')).toEqual([
      'CAMERA  STATE       FPS  TITLE',
      'north   connected   9.5  a camera with a long title that goes on',
      'gate    away       10.0  -',
    ]);
  });

  it('lose optional columns, then the end of the widest text, on a narrow terminal, and say so', () => {
    const text = renderTable(HEAD, ROWS, OPTIONS, { ...PLAIN, widthMax: 40 });
    expect(text.split('\n')).toEqual([
      'CAMERA  STATE      TITLE',
      'north   connected  a camera with a long…',
      'gate    away       -',
      '1 column does not fit: a wider terminal or --json shows all',
    ]);
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(0, 3)
          .map((line) => line.length),
      ),
    ).toBe(40);
  });

  it('let no control character through to the terminal', () => {
    expect(renderTable(['A'], [['x\u001b[2Jy\n']], {}, PLAIN)).toBe('A\nx [2Jy ');
  });

  it('colour states, and pad by what is seen', () => {
    const text = renderTable(
      ['NODE', 'STATE', 'N'],
      [['a', 'DEAD', '1']],
      { states: [1] },
      { ...PLAIN, theme: themeOf(true) },
    );
    expect(text.split('\n')[1]).toBe(`a     ${RED}DEAD\u001b[39m   1`);
  });
});

describe('colours', () => {
  it('are for terminals; NO_COLOR forbids and FORCE_COLOR asks for them', () => {
    const terminal = { isTTY: true };
    expect(wantsColor(terminal, {})).toBe(true);
    expect(wantsColor({}, {})).toBe(false);
    expect(wantsColor(terminal, { TERM: 'dumb' })).toBe(false);
    expect(wantsColor(terminal, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColor(terminal, { NO_COLOR: '' })).toBe(true);
    expect(wantsColor({}, { FORCE_COLOR: '1' })).toBe(true);
    expect(wantsColor(terminal, { FORCE_COLOR: '0' })).toBe(false);
    expect(wantsColor(terminal, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
  });

  it('go by the gravest word', () => {
    const theme = { ...themeOf(false), good: () => 'good', warn: () => 'warn', bad: () => 'bad' };
    const tones = [
      'alive',
      'alive, cordoned',
      'alive, not ready',
      'DEAD, coordinator',
      'connected, 1 crash',
      'opened',
      'critical',
    ];
    expect(tones.map((text) => paintState(theme, text))).toEqual(['good', 'warn', 'bad', 'bad', 'good', 'warn', 'bad']);
    expect(paintState(theme, 'north')).toBe('north');
  });
});

describe('units', () => {
  it('are the same everywhere', () => {
    expect([0, 59_400, 185_000, 7_800_000, 360_000_000].map(duration)).toEqual([
      ...['0 s', '59 s', '3 min 5 s', '2 h 10 min', '4 d 4 h'],
    ]);
    expect([900, 3_400, 12_300_000].map(bytesText)).toEqual(['900 B', '3.4 kB', '12.3 MB']);
    expect([countOf(1, 'shard'), countOf(0, 'shard')]).toEqual(['1 shard', '0 shards']);
    expect([percent(0.711), percent(1)]).toEqual(['71.1 %', '100 %']);
  });
});
