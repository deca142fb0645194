import { systemClock } from '../../../core/clock.ts';
import { buildProgram } from '../program.ts';
import { type Candidate, type Completion, completionOf, type IdsOf } from './completer.ts';
import { idsFromNode } from './ids.ts';
import { splitLine } from './split-line.ts';

const idsOf: IdsOf = (kind, typed, node) => idsFromNode(kind, typed, node, process.env, systemClock);

/**
 * Runs `camshard complete`, which shells call:
 *
 *     complete words WORD... CURRENT      a candidate a line: value, tab, what it is; then perhaps `:files` or `:folders`
 *     complete bash WORDBREAKS LINE       the same for bash, which puts in only what follows the last break
 */
export async function complete(args: readonly string[]): Promise<never> {
  const lines = await linesFor(args).catch(() => []);
  // A question to a slow node is left as it is.
  await new Promise<void>((done) => process.stdout.write(lines.map((line) => `${line}\n`).join(''), () => done()));
  process.exit(0);
}

async function linesFor([shell, ...args]: readonly string[]): Promise<readonly string[]> {
  if (shell === 'bash') {
    const [breaks = '', line = ''] = args;
    const [, ...words] = splitLine(line);
    const current = words.pop() ?? '';
    const cut = Math.max(...[':', '='].filter((c) => breaks.includes(c)).map((c) => current.lastIndexOf(c)), -1) + 1;
    return completionLines(await ask(words, current), cut);
  }
  return completionLines(await ask(args.slice(0, -1), args.at(-1) ?? ''), 0);
}

async function ask(words: readonly string[], current: string): Promise<Completion> {
  const [first, ...rest] = words;
  const program = await buildProgram(first === 'help' || first === 'schema' ? rest : words);
  return completionOf(program, words, current, idsOf);
}

/** @param cut characters at the beginning of each value that stand on the line already */
export function completionLines({ candidates, paths }: Completion, cut: number): readonly string[] {
  const line = ({ value, says }: Candidate): string => {
    const text = (says ?? '').replace(/\s+/g, ' ').trim();
    return text === '' ? value.slice(cut) : `${value.slice(cut)}\t${text}`;
  };
  return [...candidates.map(line), ...(paths === 'none' ? [] : [`:${paths}`])];
}
