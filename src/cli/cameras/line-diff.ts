/** Cells of the table below: beyond this many the texts are shown one after the other. */
const CELLS_MAX = 4_000_000;
/** Lines shown around each change. */
const CONTEXT = 2;

/**
 * What changes from one text to another, line by line: `- ` gone, `+ ` new, two lines of context, `...` between.
 * By longest common subsequence. @returns empty where nothing does
 */
export function lineDiff(before: string, after: string): string[] {
  const a = linesOf(before);
  const b = linesOf(after);
  const all = mark(a, b);
  if (all.every((line) => line.startsWith('  '))) return [];
  const changed = all.flatMap((line, i) => (line.startsWith('  ') ? [] : [i]));
  const near = new Set(changed.flatMap((i) => Array.from({ length: 2 * CONTEXT + 1 }, (_, k) => i - CONTEXT + k)));
  const shown: string[] = [];
  all.forEach((line, i) => {
    if (near.has(i)) shown.push(line);
    else if (shown.length > 0 && shown.at(-1) !== '...') shown.push('...');
  });
  return shown.at(-1) === '...' ? shown.slice(0, -1) : shown;
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

function mark(a: readonly string[], b: readonly string[]): string[] {
  const width = b.length + 1;
  if ((a.length + 1) * width > CELLS_MAX) return [...a.map((l) => `- ${l}`), ...b.map((l) => `+ ${l}`)];
  // common[i][j]: lines that a from i and b from j have in common.
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      out.push(`- ${a[i++]}`);
    } else {
      out.push(`+ ${b[j++]}`);
    }
  }
  return out;
}
