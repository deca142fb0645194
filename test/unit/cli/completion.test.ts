import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../core/manual-clock.ts';
import { type Completion, completionOf, type IdKind } from '../../../src/cli/completion/completer.ts';
import { idsFromNode, justBefore } from '../../../src/cli/completion/ids.ts';
import { completionLines } from '../../../src/cli/completion/run-complete.ts';
import { splitLine } from '../../../src/cli/completion/split-line.ts';
import { buildProgram } from '../../../src/cli/program.ts';

const asked: { kind: IdKind; typed: string; url: string | undefined }[] = [];

async function complete(line: string): Promise<Completion> {
  asked.length = 0;
  const words = splitLine(line).slice(1);
  const current = words.pop() ?? '';
  const program = await buildProgram(words[0] === 'help' || words[0] === 'schema' ? words.slice(1) : words);
  return completionOf(program, words, current, async (kind, typed, { url }) => {
    asked.push({ kind, typed, url });
    return [{ value: `${kind}-1` }, { value: `${kind}-2`, says: 'away' }];
  });
}
const values = async (line: string): Promise<string[]> => (await complete(line)).candidates.map(({ value }) => value);

describe('completion', () => {
  it('offers commands and those below them', async () => {
    expect(await values('camshard cam')).toEqual(['cameras']);
    expect(await values('camshard shards p')).toEqual(['plan', 'pin']);
    expect(await values('camshard help shards mo')).toEqual(['move']);
    expect(await values('camshard schema history sp')).toEqual(['speeds']);
    expect(await values('camshard nonsense ')).toEqual([]);
  });

  it('offers options once, those that gather values again', async () => {
    expect(await values('camshard alerts tail --json --j')).toEqual([]);
    expect(await values('camshard alerts tail --l')).toEqual(['--limit']);
    expect(await values('camshard up --set a.b=c --se')).toEqual(['--set']);
    expect(await values('camshard alerts tail -- --')).toEqual([]);
  });

  it('does not offer names that are only kept for old scripts', async () => {
    expect(await values('camshard alerts tail --cou')).toEqual([]);
    expect(await values('camshard overload show --w')).toEqual([]);
  });

  it('offers the values an option takes, after a space and after =', async () => {
    expect(await values('camshard alerts ls --severity w')).toEqual(['warning']);
    expect(await values('camshard alerts ls --severity=w')).toEqual(['--severity=warning']);
    expect(await values('camshard history speeds --tz Europe/Berl')).toEqual(['Europe/Berlin']);
    expect(await values('camshard history counts --interval d')).toEqual(['day']);
    expect(await values('camshard completion f')).toEqual(['fish']);
  });

  it('leaves files and folders to the shell', async () => {
    expect(await complete('camshard push x --source ')).toEqual({ candidates: [], paths: 'files' });
    expect(await complete('camshard cameras validate no')).toEqual({ candidates: [], paths: 'files' });
    expect(await complete('camshard up --data ')).toEqual({ candidates: [], paths: 'folders' });
  });

  it('asks the node that the line names for ids', async () => {
    expect(await values('camshard cameras watch cam')).toEqual(['camera-1', 'camera-2']);
    expect(asked).toEqual([{ kind: 'camera', typed: 'cam', url: undefined }]);
    expect(await values('camshard shards move --url http://n2:8080 --to no')).toEqual(['node-1', 'node-2']);
    expect(asked).toEqual([{ kind: 'node', typed: 'no', url: 'http://n2:8080' }]);
    expect(await values('camshard shards pin ')).toEqual(['shard-1', 'shard-2']);
    expect(await values('camshard alerts ack ')).toEqual(['alert-1', 'alert-2']);
    expect(await values('camshard history counts --camera north,cam')).toEqual(['north,camera-1', 'north,camera-2']);
    expect(await values('camshard alerts ls --camera camera-2')).toEqual(['camera-2']);
  });

  it('offers nothing, and says nothing, where no node answers', async () => {
    const node = { url: 'http://127.0.0.1:1' };
    expect(await idsFromNode('camera', '', node, {}, new ManualClock())).toEqual([]);
    expect(await idsFromNode('camera', '', { url: 'nonsense' }, {}, new ManualClock())).toEqual([]);
  });

  it('asks for the page of cameras that holds those that begin so', () => {
    const isOnPage = (typed: string, id: string): boolean => justBefore(typed) < id;
    for (const typed of ['n', 'cam-09', 'a-', '0', 'Z', 'x_']) {
      for (const id of [typed, `${typed}-`, `${typed}0`, `${typed}z`])
        expect(isOnPage(typed, id), `${typed} ${id}`).toBe(true);
    }
    expect(isOnPage('cam-09', 'cam-08xyz')).toBe(false);
    expect(justBefore('')).toBe('');
    expect(justBefore('no id')).toBe('');
  });

  it('splits a line as a shell does, without running anything', () => {
    expect(splitLine('camshard a  b')).toEqual(['camshard', 'a', 'b']);
    expect(splitLine('x --why \'new disk\' "a \\" b" c\\ d ')).toEqual(['x', '--why', 'new disk', 'a " b', 'c d', '']);
    expect(splitLine('x "unfinished $(rm) w')).toEqual(['x', 'unfinished $(rm) w']);
    expect(splitLine("x ''")).toEqual(['x', '']);
  });

  it('gives bash only what follows the break it puts the word in after', () => {
    const of = (value: string): Completion => ({ candidates: [{ value, says: 'a\n b' }], paths: 'files' });
    expect(completionLines(of('--url=x'), 6)).toEqual(['x\ta b', ':files']);
  });
});
