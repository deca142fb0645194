import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LAYOUTS } from '../../../models/import/detector-layout.ts';
import { splitLine } from '../../../src/cli/completion/split-line.ts';
import { whyNoCommand } from '../../support/parses-as-command.ts';

const guide = readFileSync('docs/guides/bring-your-own-model.md', 'utf8');
const sources = ['onnx-file', 'detector-layout', 'graphs-of-file', 'run-detector', 'add-model']
  .map((name) => readFileSync(`models/import/${name}.ts`, 'utf8'))
  .join('\n');

describe('docs/guides/bring-your-own-model.md', () => {
  it('shows commands that exist', async () => {
    const lines = guide.match(/^ {4}camshard .*$/gm) ?? [];
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(await whyNoCommand(splitLine(line.trim()).slice(1)), line).toBeUndefined();
  });

  it('has a row of every layout', () => {
    for (const layout of LAYOUTS) expect(guide).toContain(`| \`${layout}\``);
  });

  it('says of every error what to do', () => {
    const thrown = new Set(sources.match(/'model_[a-z_]+'/g)?.map((code) => code.slice(1, -1)));
    thrown.delete('model_not_found');
    expect([...thrown].filter((code) => !guide.includes(`\`${code}\``))).toEqual([]);
  });
});
