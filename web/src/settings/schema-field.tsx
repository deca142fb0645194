import type { ComponentChildren } from 'preact';
import { allowedText, alternatives, childrenOf, type SchemaNode } from '../../../config/describe.ts';
import { Field, NumberField, WordsField } from './fields.tsx';

interface Props {
  /** The key, as the document has it. */
  readonly name: string;
  /** `tracker.lostS`; faults are told by it. */
  readonly path: string;
  readonly node: SchemaNode;
  /** Undefined where the document does not say. */
  readonly value: unknown;
  readonly onValue: (value: unknown) => void;
  /** What is wrong at a path. */
  readonly faultAt: (path: string) => string | undefined;
  /** Takes a key over, where something better than a plain field is known for it. */
  readonly special?: Special;
}

export type Special = (props: Omit<Props, 'special'>) => ComponentChildren | undefined;

type Table = Readonly<Record<string, unknown>>;

/**
 * A field for one key of the settings, made from what the schema says of it: what it takes, its default, its unit, and
 * what it is for. Empty means that the document does not say, and the default holds.
 */
export function SchemaField(props: Props) {
  const { name, path, node, value, onValue, faultAt, special } = props;
  const own = special?.(props);
  if (own !== undefined) return <>{own}</>;
  const kinds = partsOf(node).filter((a) => a.type !== 'null');
  const [kind] = kinds;
  const children = childrenOf(node);
  if (children !== undefined && kinds.length === 1) return <Section {...props} properties={children} />;

  const label = labelOf(name);
  const hint = node.reason;
  const fault = faultAt(path);
  const shared = { label: node.unit === undefined ? label : `${label}, ${node.unit}`, hint, fault };
  const choices = choicesOf(node);
  if (choices !== undefined) {
    const shown = value === undefined ? '' : JSON.stringify(value);
    return (
      <Field {...shared}>
        {(control) => (
          <select
            {...control}
            class="field"
            name={path}
            value={shown}
            onChange={(event) => {
              const chosen = event.currentTarget.value;
              onValue(chosen === '' ? undefined : JSON.parse(chosen));
            }}
          >
            <option value="">{defaultText(node)}</option>
            {choices.map((choice) => (
              <option key={String(choice)} value={JSON.stringify(choice)}>
                {choiceText(choice)}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  }
  if (kinds.length === 1 && (kind?.type === 'number' || kind?.type === 'integer')) {
    const never = takesNull(node) && node.default !== null;
    return (
      <div class="setting-with-off">
        <NumberField
          label={label}
          unit={node.unit}
          hint={`${hint ?? ''} ${rangeText(node)}`.trim()}
          fault={fault}
          name={path}
          value={typeof value === 'number' ? value : undefined}
          placeholder={value === null ? 'off' : defaultText(node)}
          onValue={onValue}
        />
        {never && (
          <label class="setting-off">
            <input
              type="checkbox"
              checked={value === null}
              onChange={(event) => onValue(event.currentTarget.checked ? null : undefined)}
            />{' '}
            off
          </label>
        )}
      </div>
    );
  }
  if (kinds.length === 1 && kind?.type === 'array' && kind.items?.type === 'string') {
    return (
      <WordsField
        {...shared}
        value={Array.isArray(value) ? value.map(String) : undefined}
        placeholder={defaultText(node)}
        onValue={onValue}
      />
    );
  }
  if (typeof value === 'object' && value !== null) {
    return (
      <Field {...shared}>
        {(control) => (
          <output {...control} class="note">
            A table of {Object.keys(value).length}, to be edited as text.
          </output>
        )}
      </Field>
    );
  }
  return (
    <Field {...shared}>
      {(control) => (
        <input
          {...control}
          class="field"
          name={path}
          placeholder={defaultText(node)}
          value={typeof value === 'string' ? value : ''}
          onInput={(event) => onValue(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** A part with keys of its own; one that may be null can be switched off. */
function Section(props: Props & { readonly properties: Readonly<Record<string, SchemaNode>> }) {
  const { name, path, node, value, onValue, faultAt, special, properties } = props;
  const table: Table = typeof value === 'object' && value !== null ? (value as Table) : {};
  const canBeOff = takesNull(node);
  const isOff = canBeOff && (value === null || (value === undefined && node.default === null));
  return (
    <section class="setting-section" aria-label={labelOf(name)}>
      <h4 class="setting-title">{labelOf(name)}</h4>
      {canBeOff && (
        <label class="setting-off">
          <input
            type="checkbox"
            name={path}
            checked={!isOff}
            onChange={(event) =>
              onValue(
                event.currentTarget.checked
                  ? node.default === null
                    ? {}
                    : undefined
                  : node.default === null
                    ? undefined
                    : null,
              )
            }
          />{' '}
          <span class="visually-hidden">{labelOf(name)} </span>on
        </label>
      )}
      {node.reason !== undefined && <p class="setting-hint">{node.reason}</p>}
      {!isOff && (
        <div class="setting-grid">
          {Object.entries(properties).map(([key, child]) => (
            <SchemaField
              key={key}
              name={key}
              path={path === '' ? key : `${path}.${key}`}
              node={child}
              value={table[key]}
              faultAt={faultAt}
              {...(special === undefined ? {} : { special })}
              onValue={(next) => {
                const { [key]: _, ...others } = table;
                const changed = next === undefined ? others : { ...others, [key]: next };
                onValue(Object.keys(changed).length === 0 && node.default !== null ? undefined : changed);
              }}
            />
          ))}
        </div>
      )}
    </section>
  );
}

/** What a key takes, one by one: a schema may say `type: [number, null]` for two of them. */
function partsOf(node: SchemaNode): readonly SchemaNode[] {
  return alternatives(node).flatMap((part): readonly SchemaNode[] => {
    const types: unknown = part.type;
    return Array.isArray(types) ? types.map((type) => ({ ...part, type: String(type) })) : [part];
  });
}

const takesNull = (node: SchemaNode): boolean => partsOf(node).some(({ type }) => type === 'null');

/** `coveredDeviationMax` as `Covered deviation max`; units that end a key stand behind the name anyway. */
export function labelOf(name: string): string {
  const known = LABELS[name];
  if (known !== undefined) return known;
  const words = name
    .replace(/(S|M|Kmh|Ms|Days)$/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Keys whose own name says too little. */
const LABELS: Readonly<Record<string, string>> = {
  fps: 'Frame rate',
  id: 'Name',
  label: 'Class',
  labels: 'Classes',
  aggregate: 'Taken as',
  windowS: 'Looked at over the last',
  holdS: 'Must hold for',
  afterS: 'After',
  scoreMin: 'Least score',
  highScore: 'Score to begin a track',
  hitsMin: 'Least detections',
  lostS: 'Lost tracks are kept for',
  mixLabels: 'Classes that may be one object',
  gapS: 'Longest gap',
  shareMin: 'Least share observed',
  itemsMin: 'Least items',
  coverageMin: 'Least share observed',
  clearAt: 'Closes at',
  clearAfterS: 'Closes after',
  cooldownS: 'Quiet after closing',
  dedupeKey: 'Alerts are one by',
  snapshot: 'Keep a picture',
};

function choicesOf(node: SchemaNode): readonly unknown[] | undefined {
  const parts = partsOf(node).filter((a) => a.type !== 'null');
  if (parts.length === 1 && parts[0]?.type === 'boolean') return [true, false];
  const choices = parts.flatMap((part) => part.enum ?? (part.const === undefined ? [] : [part.const]));
  return choices.length > 0 && parts.every((p) => p.enum !== undefined || p.const !== undefined) ? choices : undefined;
}

const choiceText = (choice: unknown): string =>
  choice === true ? 'yes' : choice === false ? 'no' : choice === null ? 'none' : String(choice).replaceAll('_', ' ');

function defaultText(node: SchemaNode): string {
  if (node.default === undefined) return 'to be given';
  if (node.default === null) return 'not set';
  if (Array.isArray(node.default)) return 'all';
  return `${choiceText(node.default)} (default)`;
}

function rangeText(node: SchemaNode): string {
  const [part] = partsOf(node).filter(({ type }) => type !== 'null');
  const text = part === undefined ? '' : allowedText(part);
  return /from|to/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : '';
}
