import { useState } from 'preact/hooks';
import { settingsSchemaRoot } from '../../../config/camera-settings/explain.ts';
import { alternatives, type SchemaNode } from '../../../config/describe.ts';
import { INCIDENT_KINDS } from '../../../core/camera-event.ts';
import { METRICS } from '../../../core/measure.ts';
import type { Draft } from '../lines/draft.ts';
import { tidy } from '../lines/draft.ts';
import type { Edit } from '../lines/shape-panel.tsx';
import { Field } from './fields.tsx';
import { type RuleDraft, ruleSentence } from './rule-sentence.ts';
import { ScheduleEditor } from './schedule-editor.tsx';
import { SchemaField, type Special } from './schema-field.tsx';

interface Props {
  readonly draft: Draft;
  readonly edit: Edit;
  readonly faultAt: (path: string) => string | undefined;
  /** All faults below a path. */
  readonly faultsUnder: (path: string) => number;
}

const RULES_MAX = 64;
type Kind = RuleDraft['kind'];

const KINDS: readonly (readonly [Kind, string, string])[] = [
  ['threshold', 'A figure is too high or too low', 'queue, speed, crossings, occupancy …'],
  ['absence', 'Something that should happen does not', 'no crossing for ten minutes'],
  ['incident', 'An incident', 'stopped vehicle, wrong way, person on the road …'],
  ['health', 'The camera is unfit', 'black, frozen, covered, moved, offline …'],
  ['composition', 'What is on the belt', 'a material’s share, or contamination'],
];

/** What raises alerts: each rule as a sentence, and its form. */
export function RulesEditor({ draft, edit, faultAt, faultsUnder }: Props) {
  const rules = draft.rules ?? [];
  const [open, setOpen] = useState<number>();
  const set = (index: number, rule: RuleDraft, tag?: string): void =>
    edit((d) => tidy({ ...d, rules: (d.rules ?? []).map((r, i) => (i === index ? rule : r)) }), tag);
  const add = (kind: Kind): void => {
    edit((d) => ({ ...d, rules: [...(d.rules ?? []), newRule(d, kind)] }));
    setOpen(rules.length);
  };
  return (
    <section class="card rules" aria-label="Rules">
      <h3>What raises alerts</h3>
      {rules.length === 0 && <p class="note">No rule yet: this camera raises no alert.</p>}
      <ul class="rule-list">
        {rules.map((rule, i) => {
          const wrong = faultsUnder(`rules[${i}]`);
          return (
            <li key={i} data-rule={rule.id}>
              <div class="rule-head">
                <span
                  class={`chip${rule.severity === 'critical' ? ' is-bad' : rule.severity === 'info' ? '' : ' is-warn'}`}
                >
                  {rule.severity ?? 'warning'}
                </span>
                <p class="rule-sentence">
                  <b>{rule.id === '' ? '(no name)' : rule.id}</b> {ruleSentence(rule)}
                </p>
                {wrong > 0 && <span class="chip is-bad">faulty</span>}
                <span class="version-tools">
                  <button
                    type="button"
                    class="button is-small"
                    onClick={() => set(i, { ...rule, enabled: rule.enabled === false })}
                  >
                    {rule.enabled === false ? 'Switch on' : 'Switch off'}
                  </button>
                  <button
                    type="button"
                    class="button is-small"
                    aria-expanded={open === i}
                    onClick={() => setOpen(open === i ? undefined : i)}
                  >
                    Edit
                  </button>
                  <button
                    type="button"
                    class="button is-small"
                    aria-label={`Remove rule ${rule.id}`}
                    onClick={() => {
                      edit((d) => ({ ...d, rules: (d.rules ?? []).filter((_, k) => k !== i) }));
                      setOpen(undefined);
                    }}
                  >
                    Remove
                  </button>
                </span>
              </div>
              {open === i && (
                <RuleForm
                  rule={rule}
                  index={i}
                  draft={draft}
                  faultAt={faultAt}
                  onRule={(next, key) => set(i, next, `rule ${i} ${key}`)}
                />
              )}
            </li>
          );
        })}
      </ul>
      <fieldset class="rule-kinds" disabled={rules.length >= RULES_MAX}>
        <legend>Add a rule</legend>
        {KINDS.map(([kind, text, example]) => (
          <button key={kind} type="button" class="button is-small" title={example} onClick={() => add(kind)}>
            + {text}
          </button>
        ))}
      </fieldset>
    </section>
  );
}

/** Something that holds from the start: what there is to speak of is taken. */
function newRule(draft: Draft, kind: Kind): RuleDraft {
  const taken = new Set((draft.rules ?? []).map(({ id }) => id));
  let id: string = kind;
  for (let n = 2; taken.has(id); n++) id = `${kind}-${n}`;
  const [line] = draft.lines ?? [];
  const [zone] = draft.zones ?? [];
  switch (kind) {
    case 'threshold':
      if (zone !== undefined) return { id, kind, metric: 'occupancy', subject: zone.id, windowS: 60, above: 5 };
      if (line !== undefined)
        return { id, kind, metric: 'crossings', subject: line.id, aggregate: 'per_hour', windowS: 300, above: 1_000 };
      return { id, kind, metric: 'objects', windowS: 60, above: 10 };
    case 'absence':
      return line === undefined
        ? { id, kind, metric: 'objects', afterS: 600 }
        : { id, kind, metric: 'crossings', subject: line.id, afterS: 600 };
    case 'incident':
      return { id, kind, severity: 'critical' };
    case 'health':
      return { id, kind };
    case 'composition':
      return { id, kind, above: 0.05 };
  }
}

interface FormProps {
  readonly rule: RuleDraft;
  readonly index: number;
  readonly draft: Draft;
  readonly faultAt: (path: string) => string | undefined;
  readonly onRule: (rule: RuleDraft, key: string) => void;
}

/** Keys everybody looks at first; the others stand behind them. */
const FIRST = [
  'id',
  'severity',
  'metric',
  'subject',
  'direction',
  'label',
  'aggregate',
  'above',
  'below',
  'material',
  'incidents',
  'zones',
  'conditions',
  'windowS',
  'afterS',
  'itemsMin',
  'holdS',
  'schedule',
];

function RuleForm({ rule, index, draft, faultAt, onRule }: FormProps) {
  const properties = propertiesOf(rule.kind);
  const values = rule as unknown as Readonly<Record<string, unknown>>;
  const field = (key: string) => {
    const node = properties[key];
    if (node === undefined || key === 'kind' || key === 'enabled') return null;
    return (
      <SchemaField
        key={key}
        name={key}
        path={`rules[${index}].${key}`}
        node={node}
        value={values[key]}
        faultAt={faultAt}
        special={specialOf(rule, draft)}
        onValue={(value) => onRule({ ...rule, [key]: value } as RuleDraft, key)}
      />
    );
  };
  const others = Object.keys(properties).filter((key) => !FIRST.includes(key));
  return (
    <fieldset class="rule-form">
      <legend class="visually-hidden">Rule {rule.id}</legend>
      <div class="setting-grid">{FIRST.map(field)}</div>
      <details>
        <summary>More: title, cool-down, clearing, coverage, picture</summary>
        <div class="setting-grid">{others.map(field)}</div>
      </details>
    </fieldset>
  );
}

function propertiesOf(kind: Kind): Readonly<Record<string, SchemaNode>> {
  const items = settingsSchemaRoot().properties?.rules?.items;
  const variants = items === undefined ? [] : alternatives(items);
  return variants.find(({ properties }) => properties?.kind?.const === kind)?.properties ?? {};
}

/** What a rule may speak of is chosen from what there is. */
function specialOf(rule: RuleDraft, draft: Draft): Special {
  const choices = (key: string): readonly string[] | undefined => {
    const lines = (draft.lines ?? []).map(({ id }) => id);
    const zones = (draft.zones ?? []).map(({ id }) => id);
    if (key === 'metric' && rule.kind === 'threshold') return METRICS;
    if (key === 'direction') {
      return [
        ...new Set(
          (draft.lines ?? []).flatMap(({ names }) => [names?.forward ?? 'forward', names?.backward ?? 'backward']),
        ),
      ];
    }
    if (key !== 'subject' || (rule.kind !== 'threshold' && rule.kind !== 'absence')) return undefined;
    switch (rule.metric ?? 'crossings') {
      case 'crossings':
        return lines;
      case 'speed':
        return [...lines, ...zones];
      case 'routes':
        return lines.flatMap((a) => lines.filter((b) => b !== a).map((b) => `${a}>${b}`));
      case 'incidents':
        return INCIDENT_KINDS;
      case 'composition':
      case 'contamination':
      case 'review':
        return undefined;
      case 'objects':
        return [];
      default:
        return zones;
    }
  };
  return ({ name, path, node, value, onValue, faultAt }) => {
    if (name === 'schedule') return <ScheduleEditor value={value} onValue={onValue} fault={faultAt(path)} />;
    const list = choices(name);
    if (list === undefined) return undefined;
    const shown = typeof value === 'string' ? value : '';
    const all = shown === '' || list.includes(shown) ? list : [shown, ...list];
    return (
      <Field label={name === 'subject' ? 'Where' : (LABELS[name] ?? name)} hint={node.reason} fault={faultAt(path)}>
        {(control) => (
          <select
            {...control}
            class="field"
            name={path}
            value={shown}
            onChange={(event) => onValue(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
          >
            {name !== 'metric' && <option value="">all together</option>}
            {all.map((choice) => (
              <option key={choice} value={choice}>
                {choice.replaceAll('_', ' ')}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  };
}

const LABELS: Readonly<Record<string, string>> = { metric: 'Figure', direction: 'Direction' };
