import { describe, expect, it } from 'vitest';
import { auditText } from '../../../src/cli/cameras/audit.ts';
import { lineDiff } from '../../../src/cli/cameras/line-diff.ts';
import { headerText, SettingsRefused } from '../../../src/cli/cameras/settings-file.ts';
import { reportError } from '../../../src/cli/exit.ts';

describe('what the command line says of settings', () => {
  it('shows what changes, with its surroundings', () => {
    const before = 'a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\n';
    expect(lineDiff(before, before.replace('b: 2', 'b: 9').replace('h: 8\n', ''))).toEqual([
      '  a: 1',
      '- b: 2',
      '+ b: 9',
      '  c: 3',
      '  d: 4',
      '...',
      '  f: 6',
      '  g: 7',
      '- h: 8',
    ]);
    expect(lineDiff(before, before)).toEqual([]);
    expect(lineDiff('', 'a: 1\n')).toEqual(['+ a: 1']);
  });

  it('shows texts too long to compare one after the other', () => {
    const long = (first: string) => `${first}\n${'x\n'.repeat(3_000)}`;
    expect(lineDiff(long('a'), long('b'))).toHaveLength(6_002);
  });

  it('tells each fault with its line, and that trying again will not help', () => {
    const written: string[] = [];
    const error = new SettingsRefused('north.yaml', [
      { path: 'priority', code: 'settings_value', message: 'priority: "x" is not allowed', line: 3 },
      { path: '', code: 'settings_syntax', message: 'bad' },
    ]);
    expect(reportError(error, false, (text) => written.push(text))).toBe(2);
    expect(written.join('')).toBe('camshard: north.yaml:3: priority: "x" is not allowed\nnorth.yaml: bad\n');
  });

  it('prints an audit entry with what it changed', () => {
    const entry = { seq: 7, atMs: 0, who: 'ann', via: '::1', action: 'camera_settings.set', subject: 'camera:north' };
    expect(auditText({ ...entry, before: { fps: 1 }, after: { fps: 2 } })).toBe(
      '7  1970-01-01T00:00:00.000Z  camera:north  camera_settings.set by ann (::1)\n    - fps: 1\n    + fps: 2',
    );
  });

  it('sends only what a header may carry', () => {
    expect(headerText('jörg\r\nx: y')).toBe('j?rg??x: y');
  });
});
