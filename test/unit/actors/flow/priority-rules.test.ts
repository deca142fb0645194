import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priorityRules } from '../../../../actors/flow/priority-rules.ts';

/** A glob by its definition, for short texts. */
function matches(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text === '';
  if (first !== '*') return text[0] === first && matches(rest.join(''), text.slice(1));
  return Array.from({ length: text.length + 1 }, (_, i) => i).some((i) => matches(rest.join(''), text.slice(i)));
}

describe('priority rules', () => {
  const rank = priorityRules({ critical: ['gate-*', 'tunnel-1'], low: ['test-*', '*-spare'] });

  it('rank a camera by its id, normal where no rule fits', () => {
    expect(rank('gate-north')).toBe('critical');
    expect(rank('tunnel-1')).toBe('critical');
    expect(rank('test-4')).toBe('low');
    expect(rank('yard-spare')).toBe('low');
    expect(rank('yard')).toBe('normal');
  });

  it('fit whole ids only', () => {
    expect(rank('tunnel-12')).toBe('normal');
    expect(rank('my-gate-1')).toBe('normal');
    expect(rank('yard-spare-2')).toBe('normal');
  });

  it('count a camera as critical that both lists name', () => {
    expect(rank('gate-spare')).toBe('critical');
  });

  it('let a star stand for no letters too, and nothing else for letters', () => {
    expect(rank('gate-')).toBe('critical');
    const dots = priorityRules({ critical: ['a.c', 'x+', '[y]', '(z|w)', 'b?', '^q$'], low: [] });
    for (const id of ['abc', 'xx', 'y', 'z', 'w', 'b', 'bb', 'q', '']) expect(dots(id)).toBe('normal');
    expect(dots('a.c')).toBe('critical');
    expect(priorityRules({ critical: ['*'], low: [] })('anything')).toBe('critical');
    expect(priorityRules({ critical: ['***'], low: [] })('anything')).toBe('critical');
  });

  it('fit what a glob fits by definition', () => {
    const letters = (allowed: string, maxLength: number) =>
      fc.array(fc.constantFrom(...allowed), { minLength: 1, maxLength }).map((all) => all.join(''));
    fc.assert(
      fc.property(letters('ab.*', 7), letters('ab.', 8), (pattern, id) => {
        const expected = matches(pattern, id) ? 'low' : 'normal';
        expect(priorityRules({ critical: [], low: [pattern] })(id)).toBe(expected);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('never try every way to share the letters out: ids are the choice of cameras', () => {
    // With backtracking this would take longer than the test may.
    const many = priorityRules({ critical: [`${'*-'.repeat(31)}y`], low: [`${'*-'.repeat(31)}x`] });
    expect(many(`${'-'.repeat(63)}x`)).toBe('low');
    expect(many('-'.repeat(64))).toBe('normal');
  });
});
