import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';

/** What `deploy/` and `docs/runbooks` hold about metrics, as tests look at it. */

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

interface RuleGroup {
  readonly rules: readonly (AlertRule | RecordingRule)[];
}

export const RULES_FILE = resolve('deploy/prometheus/camshard.rules.yml');
/** For `promtool test rules`. */
export const RULES_TESTS = ['rules', 'drift'].map((name) => resolve(`deploy/prometheus/camshard.${name}.test.yml`));

const rules = (parse(readFileSync(RULES_FILE, 'utf8')) as { groups: readonly RuleGroup[] }).groups.flatMap(
  (group) => group.rules,
);
export const alertRules = rules.filter((rule): rule is AlertRule => 'alert' in rule);
export const recordingRules = rules.filter((rule): rule is RecordingRule => 'record' in rule);

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat?: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly links?: readonly { readonly title: string; readonly url: string }[];
}

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
}

const dashboardsDir = resolve('deploy/grafana/dashboards');
export const dashboards: readonly Dashboard[] = readdirSync(dashboardsDir)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ ...JSON.parse(readFileSync(join(dashboardsDir, name), 'utf8')), file: name }));

export interface Runbook {
  readonly alert: string;
  readonly text: string;
  /** Code blocks of PromQL. */
  readonly queries: readonly string[];
}

const runbooksDir = resolve('docs/runbooks');
export const runbooks: readonly Runbook[] = readdirSync(runbooksDir)
  .filter((name) => name !== 'README.md')
  .map((name) => {
    const text = readFileSync(join(runbooksDir, name), 'utf8');
    const queries = [...text.matchAll(/```promql\n(.*?)```/gs)].map(([, query = '']) => query.trim());
    return { alert: basename(name, '.md'), text, queries };
  });

/** The PromQL of a dashboard's panels with its variables put in. */
export function queriesOf({ panels }: Dashboard): readonly { readonly panel: string; readonly expr: string }[] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expr: expr
        .replaceAll('$__rate_interval', '1m')
        .replaceAll('$__range', '1h')
        .replaceAll(/\$(cluster|instance)\b/g, '.*'),
    })),
  );
}

/** Names of metrics in a query, without the suffixes of a histogram's series. */
export function metricsIn(expr: string): readonly string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '""');
  const names = bare.match(/\b(?:camshard_|process_|nodejs_|(?:instance|cluster|model):)[a-z0-9_:]+/g) ?? [];
  return [...new Set(names.filter((name) => !/^(cluster|instance|model):?$/.test(name)))];
}

/** Of the metric that a series belongs to. */
export const familyOf = (series: string, families: ReadonlySet<string>): string => {
  const family = series.replace(/_(bucket|sum|count)$/, '');
  return families.has(series) ? series : family;
};
