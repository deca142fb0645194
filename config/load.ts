import { readFileSync } from 'node:fs';
import { ConfigError, errorMessage } from '../core/errors.ts';
import { allowedText, childrenOf, schemaAt } from './describe.ts';
import { checkConfig } from './rules.ts';
import { type NodeConfig, nodeConfigSchema } from './schema.ts';
import { hideSecrets, holdsSecret } from './secrets.ts';
import {
  type Assignment,
  type ConfigIssue,
  type FlagSetting,
  readEnvironment,
  readFlags,
  readYaml,
} from './sources.ts';
import { suggestKey } from './suggest.ts';

/**
 * A node's configuration: the schema's defaults (config/default.yaml shows them), overridden by a file, overridden by
 * `CAMSHARD_*` variables, overridden by flags.
 */

export type { ConfigIssue, FlagSetting } from './sources.ts';

/** Everything wrong with a configuration at once; the message holds one line an issue. */
export class ConfigIssuesError extends ConfigError {
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    super(issues[0]?.code ?? 'config_value', issues.map((i) => i.message).join('\n'));
    this.issues = issues;
  }
}

export interface ConfigSources {
  /** Path of a YAML or JSON file; `CAMSHARD_CONFIG` where not given. */
  readonly file?: string | undefined;
  /** Usually `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly FlagSetting[];
}

export interface LoadedConfig {
  readonly config: NodeConfig;
  /** Which source set a key: `server.port` → `flag --port`. Keys left at their default are absent. */
  readonly origins: ReadonlyMap<string, string>;
  /** The file that was read. */
  readonly file: string | undefined;
}

const FILE_BYTES_MAX = 1024 * 1024;

/**
 * Reads all sources and checks the result.
 * @throws ConfigIssuesError naming, for everything wrong, key, value, source and what is allowed.
 */
export function loadConfig(sources: ConfigSources = {}): LoadedConfig {
  const env = sources.env ?? {};
  const file = sources.file ?? (env.CAMSHARD_CONFIG === '' ? undefined : env.CAMSHARD_CONFIG);
  const text = file === undefined ? undefined : readConfigFile(file);
  return resolveConfig({
    ...(file !== undefined && text !== undefined ? { file: { name: file, text } } : {}),
    env,
    flags: sources.flags ?? [],
  });
}

function readConfigFile(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length <= FILE_BYTES_MAX) return text;
  } catch (error) {
    throw new ConfigError('config_file', `cannot read the configuration ${file}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
  throw new ConfigError('config_file', `${file} is over ${FILE_BYTES_MAX} bytes: no configuration of a node`);
}

/** {@link loadConfig} without the disk. */
export function resolveConfig(sources: {
  readonly file?: { readonly name: string; readonly text: string };
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly FlagSetting[];
}): LoadedConfig {
  const read = [
    sources.file === undefined ? undefined : readYaml(sources.file.text, sources.file.name),
    readEnvironment(sources.env ?? {}),
    readFlags(sources.flags ?? []),
  ].filter((r) => r !== undefined);
  const issues = read.flatMap((r) => r.issues);
  const { tree, origins } = merge(read.flatMap((r) => r.assignments));
  const parsed = nodeConfigSchema.safeParse(tree);
  if (!parsed.success) {
    for (const issue of parsed.error.issues.flatMap((each) => explain(each, tree, origins))) {
      // A value may break two rules of its key, a bound and a step: what is allowed is said once.
      if (!issues.some(({ message }) => message === issue.message)) issues.push(issue);
    }
  }
  if (issues.length > 0) throw new ConfigIssuesError(issues);
  const config = parsed.data as NodeConfig;
  const breaches = checkConfig(config);
  if (breaches.length > 0) {
    throw new ConfigIssuesError(
      breaches.map((b) => {
        const origin = originOf(b.key.split('.'), origins);
        return {
          code: 'config_rule',
          key: b.key,
          message: `${b.key}: ${b.message}${origin === undefined ? '' : ` (from ${origin})`}`,
        };
      }),
    );
  }
  return { config, origins, file: sources.file?.name };
}

type Tree = Record<string, unknown>;

function merge(assignments: readonly Assignment[]): { tree: Tree; origins: Map<string, string> } {
  const tree: Tree = {};
  const origins = new Map<string, string>();
  for (const { path, value, origin } of assignments) {
    let at = tree;
    for (const segment of path.slice(0, -1)) {
      const next = at[segment];
      const section: Tree = isTree(next) ? next : {};
      at[segment] = section;
      at = section;
    }
    const last = path.at(-1);
    if (last === undefined) continue;
    at[last] = value;
    const key = path.join('.');
    for (const known of origins.keys()) if (known.startsWith(`${key}.`)) origins.delete(known);
    origins.set(key, origin);
  }
  return { tree, origins };
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The source of the longest part of `path` that some source set. */
function originOf(path: readonly PropertyKey[], origins: ReadonlyMap<string, string>): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(path.slice(0, length).join('.'));
    if (origin !== undefined) return origin;
  }
  return undefined;
}

interface ZodIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function explain(issue: ZodIssue, tree: Tree, origins: ReadonlyMap<string, string>): ConfigIssue[] {
  const key = showPath(issue.path);
  const origin = originOf(issue.path, origins);
  const from = origin === undefined ? '' : ` (from ${origin})`;
  const schema = schemaAt(issue.path, tree);
  if (issue.code === 'unrecognized_keys') {
    const siblings = Object.keys((schema === undefined ? undefined : childrenOf(schema)) ?? {});
    return (issue.keys ?? []).map((name) => {
      const meant = suggestKey(name, siblings);
      const hint = meant === undefined ? `known are ${siblings.join(', ')}` : `did you mean ${meant}?`;
      return { code: 'config_unknown_key', key: `${key}.${name}`, message: `${key}.${name}${from} is no key: ${hint}` };
    });
  }
  const allowed = schema === undefined ? issue.message : allowedText(schema);
  const value = issue.path.reduce<unknown>(
    (at, segment) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[segment] : undefined,
    tree,
  );
  const shown = holdsSecret(issue.path) ? 'the value given' : showValue(value);
  const unit = schema?.unit === undefined ? '' : ` (${schema.unit})`;
  const message =
    value === undefined
      ? `${key} is missing${from}; allowed: ${allowed}${unit}`
      : `${key}: ${shown}${from} is not allowed; allowed: ${allowed}${unit}`;
  return [{ code: 'config_value', key, message }];
}

function showPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, p) => (typeof p === 'number' ? `${text}[${p}]` : text === '' ? String(p) : `${text}.${String(p)}`),
    '',
  );
}

function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** The configuration as plain data with secrets hidden, for people and logs. */
export function redactConfig(config: NodeConfig): Record<string, unknown> {
  return hideSecrets(config) as Record<string, unknown>;
}
