import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, type as osType, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** Where and when figures were taken; a figure without this says nothing. */
export interface MachineFacts {
  readonly at: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Of the working tree; `+` where it has changes. Absent outside a git checkout. */
  readonly commit?: string;
  /** Mean of runnable processes over the minute before: over 0.5 somebody else was busy. */
  readonly loadBefore: number;
}

export function machineFacts(now: Date, packageDir: string): MachineFacts {
  const commit = gitCommit(packageDir);
  return {
    at: now.toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${osType()} ${release()}`,
    node: process.version,
    ...(commit === undefined ? {} : { commit }),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

function gitCommit(dir: string): string | undefined {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', ':!loadtest/results') === '' ? '' : '+')
    );
  } catch {
    return undefined;
  }
}

/** The facts as one line of Markdown. */
export function factsLine(facts: MachineFacts): string {
  const commit = facts.commit === undefined ? '' : `, commit ${facts.commit}`;
  return (
    `${facts.at}, ${facts.cores} cores of ${facts.cpu}, ${facts.memoryGiB} GiB, ${facts.system}, ` +
    `Node ${facts.node}${commit}, load average before ${facts.loadBefore}`
  );
}

/** A Markdown table; the first column is text, the others are figures and stand to the right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** Writes `<dir>/<date>-<name>.md` and `.json`; returns the path without ending. A later run of a day replaces it. */
export function writeReport(dir: string, name: string, facts: MachineFacts, markdown: string, data: unknown): string {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${facts.at.slice(0, 10)}-${name}`);
  writeFileSync(`${path}.md`, `${markdown.trimEnd()}\n`);
  writeFileSync(`${path}.json`, `${JSON.stringify({ facts, ...(data as object) }, null, 2)}\n`);
  return path;
}

/** Bytes as MB of a million, e.g. `189 MB`. */
export const megabytes = (bytes: number | null): string => (bytes === null ? '-' : `${Math.round(bytes / 1e6)} MB`);

/** A duration in ms, with a decimal below 100. */
export function ms(value: number | null): string {
  if (value === null) return '-';
  return value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString('en')} ms`;
}

/** A share as percent with one decimal, 100 only where it is all. */
export function percent(share: number): string {
  const text = (share * 100).toFixed(1);
  if (share < 1 && text === '100.0') return '99.9 %';
  return `${text.replace(/\.0$/, '')} %`;
}

/** One thing that a run must show, and whether it did. */
export interface Target {
  readonly what: string;
  readonly measured: string;
  readonly met: boolean;
}

export const targetLines = (targets: readonly Target[]): string =>
  targets.map((t) => `- ${t.met ? 'met' : '**not met**'}: ${t.what} (${t.measured})`).join('\n');
