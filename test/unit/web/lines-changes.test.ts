import { describe, expect, it } from 'vitest';
import { changesBetween, clashesOf, pathText, withChanges } from '../../../web/src/settings/changes.ts';
import { ruleSentence } from '../../../web/src/settings/rule-sentence.ts';
import { readText, textWithChanges } from '../../../web/src/settings/yaml-text.ts';

const before = {
  pipeline: 'traffic',
  lines: [
    { id: 'north', from: [0, 0.5], to: [1, 0.5] },
    { id: 'south', from: [0, 0.8], to: [1, 0.8] },
  ],
};

describe('changes between two documents', () => {
  it('name entries by their id, and make the one of the other', () => {
    const after = {
      pipeline: 'traffic',
      lines: [
        { id: 'north', from: [0.1, 0.5], to: [1, 0.5] },
        { id: 'new', from: [0, 0], to: [1, 1] },
      ],
      priority: 'low',
    };
    const changes = changesBetween(before, after);
    expect(changes.map(({ path }) => pathText(path))).toContain('lines › north › from');
    expect(withChanges(before, changes)).toEqual(after);
  });

  it('of two people are put on top of each other, and clash where both changed the same', () => {
    const mine = { ...before, lines: [{ ...before.lines[0], to: [0.9, 0.5] }, before.lines[1]] };
    const theirs = { ...before, priority: 'low', lines: [{ ...before.lines[0], to: [0.8, 0.5] }, before.lines[1]] };
    const [a, b] = [changesBetween(before, mine), changesBetween(before, theirs)];
    expect(withChanges(theirs, a)).toEqual({ ...mine, priority: 'low' });
    expect(clashesOf(a, b).map(({ path }) => pathText(path))).toEqual(['lines › north › to']);
  });

  it('are written into YAML without touching its comments', () => {
    const text = '# Ours.\npipeline: traffic # as ever\nlines:\n  - { id: north, from: [0, 0.5], to: [1, 0.5] }\n';
    const document = { pipeline: 'traffic', lines: [before.lines[0]] };
    const wanted = { ...document, lines: [{ ...before.lines[0], from: [0.2, 0.5] }, before.lines[1]] };
    const made = textWithChanges(text, changesBetween(document, wanted), wanted);
    expect(made).toContain('# Ours.');
    expect(made).toContain('# as ever');
    expect(readText(made)).toEqual({ document: wanted });
    expect(readText('a: [')).toHaveProperty('fault');
  });
});

describe('a rule as a sentence', () => {
  it('says what it looks at, where, and for how long', () => {
    expect(ruleSentence({ id: 'a', kind: 'threshold', metric: 'queue', subject: 'lane', above: 5, holdS: 60 })).toBe(
      'Warn when the mean queue in zone lane is above 5 objects over 1 min, for 1 min on end.',
    );
    expect(ruleSentence({ id: 'b', kind: 'absence', subject: 'north', afterS: 600, severity: 'info' })).toBe(
      'Tell when nothing crosses line north for 10 min.',
    );
    expect(
      ruleSentence({ id: 'c', kind: 'incident', incidents: ['wrong_way'], zones: ['lane'], severity: 'critical' }),
    ).toBe('Raise a critical alert when wrong way begins in lane.');
  });
});
