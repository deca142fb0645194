import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { nodeConfigSchema } from '../../../config/schema.ts';
import { allMetrics } from '../../support/all-metrics.ts';
import {
  alertRules,
  dashboards,
  familyOf,
  metricsIn,
  queriesOf,
  RULES_TESTS,
  recordingRules,
  runbooks,
} from '../../support/monitoring-files.ts';
import { whyNoCommand } from '../../support/parses-as-command.ts';

const described = allMetrics().describe();
const families = new Set([...described.map(({ name }) => name), ...recordingRules.map(({ record }) => record)]);

/** Names of metrics in `text` that no node has. */
const unknownIn = (text: string): string[] =>
  metricsIn(text).filter((series) => !families.has(familyOf(series, families)));

describe('the alerts', () => {
  interface RuleTest {
    readonly name: string;
    readonly input_series: readonly { readonly series: string }[];
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }
  const tests = RULES_TESTS.flatMap((file) => (parse(readFileSync(file, 'utf8')) as { tests: RuleTest[] }).tests);

  it.each(alertRules)('$alert says how bad it is, what is so, and where to read on', (rule) => {
    expect(rule.alert).toMatch(/^Camshard[A-Z]/);
    expect(['critical', 'warning']).toContain(rule.labels.severity);
    expect(rule.annotations.summary).not.toMatch(/\.$/);
    expect(rule.annotations.description).toMatch(/\.$/);
    expect(rule.annotations.runbook_url).toMatch(new RegExp(`^https://.*/${rule.alert}\\.md$`));
    expect(unknownIn(rule.expr)).toEqual([]);
  });

  it('have a test each: that it fires for one cluster, and not for another in which things are nearly as bad', () => {
    expect(tests.map(({ name }) => name).toSorted()).toEqual(alertRules.map(({ alert }) => alert).toSorted());
    for (const { name, input_series, alert_rule_test } of tests) {
      const clusters = input_series.map(({ series }) => /cluster="(\w+)"/.exec(series)?.[1]);
      expect(new Set(clusters), name).toEqual(new Set(['c', 'quiet']));
      expect(alert_rule_test, name).toMatchObject([{ alertname: name, exp_alerts: [expect.anything()] }]);
    }
  });

  it('have names of their own, as have what rules record', () => {
    const names = [...alertRules.map(({ alert }) => alert), ...recordingRules.map(({ record }) => record)];
    expect(new Set(names).size).toBe(names.length);
    for (const { record, expr } of recordingRules) {
      expect(record).toMatch(/^(instance|cluster|model):camshard_\w+:\w+$/);
      expect(unknownIn(expr)).toEqual([]);
    }
  });
});

describe('the runbooks', () => {
  it('are there for each alert, and for nothing else', () => {
    expect(runbooks.map(({ alert }) => alert).toSorted()).toEqual(alertRules.map(({ alert }) => alert).toSorted());
    const index = readFileSync(resolve('docs/runbooks/README.md'), 'utf8');
    for (const { alert, labels } of alertRules) {
      expect(index).toContain(`- [${alert}](${alert}.md) (${labels.severity})`);
    }
  });

  it.each(runbooks)(
    '$alert names commands, metrics, settings and documents that exist',
    async ({ alert, text, queries }) => {
      const rule = alertRules.find((r) => r.alert === alert);
      expect(text).toContain(
        `*${rule?.labels.severity}, ${rule?.for === undefined ? 'at once' : `after ${rule.for}`}*`,
      );
      for (const title of ['**Impact.**', '## Look', '## Do', '## Escalate']) expect(text).toContain(title);
      expect(queries.length).toBeGreaterThan(0);
      const commands = commandsIn(text);
      expect(commands.length).toBeGreaterThan(0);
      for (const command of commands) expect(await whyNoCommand(command.split(' ').slice(1)), command).toBeUndefined();
      for (const code of [...queries, ...inlineCode(text)]) expect(unknownIn(code), code).toEqual([]);
      for (const key of settingsIn(text)) expect(isSetting(key), `there is no setting ${key}`).toBe(true);
      for (const [, path = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        expect(existsSync(join('docs/runbooks', path)), path).toBe(true);
      }
    },
  );
});

describe('the dashboards', () => {
  it.each(dashboards)(
    '$file is what Grafana takes: ids of their own, no panel over another, known metrics',
    (board) => {
      expect(board.uid).toBe(`camshard-${board.file.replace('.json', '')}`);
      expect(board.schemaVersion).toBeGreaterThanOrEqual(38);
      expect(board.tags).toContain('camshard');
      const variables = board.templating.list.map(({ name, type }) => `${name} ${type}`);
      expect(variables.slice(0, 2)).toEqual(['datasource datasource', 'cluster query']);
      expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
      expect(new Set(board.panels.map(({ title }) => title)).size).toBe(board.panels.length);
      const cells = new Set<string>();
      for (const { title, type, gridPos, datasource, description, targets = [], fieldConfig } of board.panels) {
        const { x, y, w, h } = gridPos;
        expect(x + w, title).toBeLessThanOrEqual(24);
        for (let cx = x; cx < x + w; cx++) {
          for (let cy = y; cy < y + h; cy++) {
            expect(cells, `${title} lies over another panel`).not.toContain(`${cx},${cy}`);
            cells.add(`${cx},${cy}`);
          }
        }
        if (type === 'row') continue;
        expect(datasource, title).toEqual({ type: 'prometheus', uid: expect.stringMatching(/^\$\{datasource\}$/) });
        expect(description, title).toMatch(/\.$/);
        expect(fieldConfig?.defaults.unit, title).toBeTruthy();
        expect(targets.length, title).toBeGreaterThan(0);
        expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      }
      for (const { panel, expr } of queriesOf(board)) {
        expect(unknownIn(expr), panel).toEqual([]);
        expect(expr, panel).toMatch(/cluster=~"\.\*"/);
      }
    },
  );

  it('have titles and uids of their own', () => {
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
    expect(new Set(dashboards.map(({ title }) => title)).size).toBe(dashboards.length);
    expect(dashboards.length).toBe(4);
  });
});

/** Text in backticks, on one line whatever the line breaks. */
function inlineCode(text: string): string[] {
  const prose = text.replaceAll(/```.*?```/gs, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll(/\s+/g, ' '));
}

function commandsIn(text: string): string[] {
  const inline = inlineCode(text).filter((code) => /^camshard [a-z]/.test(code));
  const blocks = [...text.matchAll(/^ {4}(camshard .*?)(?:\s+#.*)?$/gm)].map(([, command = '']) => command);
  return [...blocks, ...inline];
}

const SECTIONS = Object.keys(nodeConfigSchema.shape);

/** Settings of a node that are named in backticks, e.g. `cluster.leaseTtlMs`. */
function settingsIn(text: string): string[] {
  return inlineCode(text).flatMap((code) => {
    const key = /^([a-z]+)(\.[a-zA-Z]+)+(?=$|:)/.exec(code);
    return key !== null && SECTIONS.includes(key[1] ?? '') ? [key[0]] : [];
  });
}

function isSetting(key: string): boolean {
  const defaults = readFileSync(resolve('config/default.yaml'), 'utf8');
  let value: unknown = parse(defaults);
  for (const part of key.split('.')) {
    // A section that is off by default, such as `server.tls`: the configuration's own tests know what is in it.
    if (value === null) return true;
    if (typeof value !== 'object' || !(part in value)) return false;
    value = (value as Record<string, unknown>)[part];
  }
  return true;
}
