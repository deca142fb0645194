import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const documents = [
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'loadtest/README.md'],
].filter((path) => path.endsWith('.md') && existsSync(path));

/** As GitHub makes an anchor of a heading. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll('`', '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

function anchorsOf(path: string): ReadonlySet<string> {
  const times = new Map<string, number>();
  const anchors = new Set<string>();
  const text = readFileSync(path, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6} (.*)$/gm)) {
    const name = slug(heading);
    const before = times.get(name) ?? 0;
    times.set(name, before + 1);
    anchors.add(before === 0 ? name : `${name}-${before}`);
  }
  return anchors;
}

it('every link of the documents leads to a file that is there, and to a heading it has', () => {
  const known = new Map<string, ReadonlySet<string>>();
  const broken: string[] = [];
  for (const document of documents) {
    const text = readFileSync(document, 'utf8')
      .replace(/^```[\s\S]*?^```/gm, '')
      .replace(/`[^`\n]*`/g, '');
    for (const [, to = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|mailto:)/.test(to)) continue;
      const [path = '', heading] = to.split('#');
      const target = path === '' ? document : relative('.', resolve(dirname(document), path));
      if (!existsSync(target)) broken.push(`${document}: ${to} is not there`);
      else if (heading !== undefined && target.endsWith('.md')) {
        const anchors = known.get(target) ?? anchorsOf(target);
        known.set(target, anchors);
        if (!anchors.has(heading)) broken.push(`${document}: ${to} has no such heading`);
      }
    }
  }
  expect(broken).toEqual([]);
});

it('the index names every document but runbooks, decisions and itself', () => {
  const index = readFileSync('docs/README.md', 'utf8');
  const named = documents.filter((path) => /^docs\/(guides\/)?[^/]+\.md$/.test(path) && path !== 'docs/README.md');
  expect(named.filter((path) => !index.includes(`](${path.slice('docs/'.length)})`))).toEqual([]);
});
