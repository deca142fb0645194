import { isMap, isScalar, LineCounter, type Node, parse, parseDocument } from 'yaml';
import { errorMessage } from '../core/errors.ts';
import {
  allowedText,
  childrenOf,
  configSchemaRoot,
  describeKeys,
  type SchemaNode,
  schemaAt,
  settableKeys,
  takesNull,
  takesText,
  toUpperSnake,
  variableOf,
} from './describe.ts';
import { suggestKey } from './suggest.ts';

/** Turns each source of configuration into assignments to known keys, and says which of its keys are unknown. */

export interface ConfigIssue {
  readonly code: 'config_value' | 'config_unknown_key' | 'config_syntax' | 'config_rule';
  readonly key: string;
  readonly message: string;
}

/** One key set by one source. A list is one value: a later source replaces it whole. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: unknown;
  /** Where it came from, as errors and `config show` say it: `node.yaml:12`, `CAMSHARD_SERVER__PORT`, `flag --port`. */
  readonly origin: string;
}

export interface SourceReading {
  readonly assignments: readonly Assignment[];
  readonly issues: readonly ConfigIssue[];
}

interface Reading {
  readonly assignments: Assignment[];
  readonly issues: ConfigIssue[];
}

/** A command line flag that sets a key. */
export interface FlagSetting {
  /** As the user wrote it: `--port`. */
  readonly flag: string;
  /** `server.port`. */
  readonly key: string;
  readonly value: unknown;
}

/** Variables of the prefix that are not keys of the configuration. */
export const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  'CAMSHARD_CONFIG', // path of the configuration file
  'CAMSHARD_URL', // node the CLI's client commands talk to
  'CAMSHARD_TOKEN', // token the CLI's client commands carry
  'CAMSHARD_NODE_CONFIG', // the whole configuration, from `camshard up` to its node
]);

/**
 * Kubernetes puts `CAMSHARD_SERVICE_HOST`, `CAMSHARD_PORT=tcp://...` and the like into every container beside a Service
 * named `camshard`. No key of ours looks like these: ours have `__`, or are a bare section.
 */
function isKubernetesLink(name: string, value: string): boolean {
  if (name.includes('__')) return false;
  return (
    /_SERVICE_(HOST|PORT)(_|$)/.test(name) || /_PORT_\d+_(TCP|UDP|SCTP)(_|$)/.test(name) || /^\w+:\/\//.test(value)
  );
}

/** Reads a YAML (or JSON) file's text. */
export function readYaml(text: string, name: string): SourceReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (node: unknown): string => {
    const range = (node as Node | null | undefined)?.range;
    return range === undefined || range === null ? name : `${name}:${lines.linePos(range[0]).line}`;
  };
  const syntax = (key: string, message: string): SourceReading => ({
    assignments: [],
    issues: [{ code: 'config_syntax', key, message }],
  });
  const error = document.errors[0];
  if (error !== undefined) return syntax('', `${name}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
  if (document.contents === null) return { assignments: [], issues: [] };
  if (!isMap(document.contents))
    return syntax('', `${lineOf(document.contents)}: a configuration is a map of sections`);

  const reading: Reading = { assignments: [], issues: [] };
  const walk = (map: unknown, path: readonly string[], schema: SchemaNode): void => {
    if (!isMap(map)) return;
    for (const pair of map.items) {
      const keyName = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      const here = [...path, keyName];
      const children = childrenOf(schema);
      const child = children !== undefined && Object.hasOwn(children, keyName) ? children[keyName] : undefined;
      if (child === undefined) {
        reading.issues.push(unknownKey(here.join('.'), lineOf(pair.key)));
        continue;
      }
      const isSection = childrenOf(child) !== undefined;
      if (isSection && isMap(pair.value)) {
        walk(pair.value, here, child);
        continue;
      }
      const value: unknown = isNode(pair.value) ? pair.value.toJS(document) : pair.value;
      // A section whose keys are all commented out reads as null: it sets nothing.
      if (isSection && value === null && !takesNull(child)) continue;
      assign(here, value, child, lineOf(pair.key), reading);
    }
  };
  walk(document.contents, [], configSchemaRoot());
  return reading;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'toJS' in value;

function unknownKey(key: string, origin: string): ConfigIssue {
  const sections = Object.keys(configSchemaRoot().properties ?? {});
  const keys = describeKeys().map((k) => k.key);
  const section = key.split('.')[0] ?? '';
  const meant = suggestKey(key, [...sections, ...keys]);
  const siblings = keys.filter((k) => k.startsWith(`${section}.`));
  const known = siblings.length > 0 ? siblings : sections;
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`;
  return { code: 'config_unknown_key', key, message: `${key} (from ${origin}) is no key: ${hint}` };
}

/** Reads the `CAMSHARD_*` variables. Two underscores go into a section: `CAMSHARD_INGEST__FRAME_BYTES_MAX`. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): SourceReading {
  const reading: Reading = { assignments: [], issues: [] };
  for (const name of Object.keys(env).sort()) {
    const text = env[name];
    if (text === undefined || !name.startsWith('CAMSHARD_') || OTHER_VARIABLES.has(name)) continue;
    if (isKubernetesLink(name, text)) continue;
    const path = pathOfVariable(name);
    const schema = path === undefined ? undefined : schemaAt(path);
    if (path === undefined || schema === undefined) {
      reading.issues.push(unknownVariable(name));
      continue;
    }
    const value = readText(text, schema);
    if (value.kind === 'bad') {
      reading.issues.push({
        code: 'config_syntax',
        key: path.join('.'),
        message: `${name}: not YAML or JSON: ${value.message}; allowed: ${allowedText(schema)}`,
      });
      continue;
    }
    assign(path, value.value, schema, name, reading);
  }
  return reading;
}

/** Reads flags; a text given by the user is read as YAML where its key does not take text. */
export function readFlags(flags: readonly FlagSetting[]): SourceReading {
  const reading: Reading = { assignments: [], issues: [] };
  for (const { flag, key, value } of flags) {
    const path = key.split('.');
    const origin = `flag ${flag}`;
    const schema = schemaAt(path);
    if (schema === undefined) {
      reading.issues.push(unknownKey(key, origin));
      continue;
    }
    const read = typeof value === 'string' ? readText(value, schema) : { kind: 'value' as const, value };
    if (read.kind === 'bad') {
      reading.issues.push({
        code: 'config_syntax',
        key,
        message: `${key} (from ${origin}): not YAML: ${read.message}`,
      });
      continue;
    }
    assign(path, read.value, schema, origin, reading);
  }
  return reading;
}

type ReadText =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'bad'; readonly message: string };

/** A key that takes text gets it as it stands: a token `0123456789012345` is no number. */
function readText(text: string, schema: SchemaNode): ReadText {
  if (takesText(schema)) return { kind: 'value', value: text === 'null' && takesNull(schema) ? null : text };
  try {
    return { kind: 'value', value: parse(text) as unknown };
  } catch (error) {
    return { kind: 'bad', message: (errorMessage(error).split('\n')[0] ?? '').replace(/ at line .*$/, '') };
  }
}

/** A whole section given as one value becomes one assignment a key, so that it merges with other sources. */
function assign(path: readonly string[], value: unknown, schema: SchemaNode, origin: string, into: Reading): void {
  const children = childrenOf(schema);
  if (children === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) {
    into.assignments.push({ path, value, origin });
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const child = Object.hasOwn(children, name) ? children[name] : undefined;
    if (child === undefined) into.issues.push(unknownKey([...path, name].join('.'), origin));
    else assign([...path, name], inner, child, origin, into);
  }
}

function pathOfVariable(name: string): string[] | undefined {
  let node: SchemaNode | undefined = configSchemaRoot();
  const path: string[] = [];
  for (const part of name.slice('CAMSHARD_'.length).split('__')) {
    const children: Readonly<Record<string, SchemaNode>> = (node === undefined ? undefined : childrenOf(node)) ?? {};
    const key = Object.keys(children).find((k) => toUpperSnake(k) === part);
    if (key === undefined) return undefined;
    path.push(key);
    node = children[key];
  }
  return path;
}

function unknownVariable(name: string): ConfigIssue {
  // Compared as dotted names, so that CAMSHARD_PORT finds CAMSHARD_SERVER__PORT.
  const dotted = (variable: string) => variable.slice('CAMSHARD_'.length).replaceAll('__', '.');
  const variables = settableKeys().map(variableOf);
  const found = suggestKey(dotted(name), variables.map(dotted));
  const meant = variables.find((v) => dotted(v) === found);
  const hint = meant === undefined ? 'camshard config docs lists all' : `did you mean ${meant}?`;
  return { code: 'config_unknown_key', key: name, message: `${name} (from the environment) is no key: ${hint}` };
}
