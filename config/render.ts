import { stringify } from 'yaml';
import {
  allowedText,
  childrenOf,
  configSchemaRoot,
  describeKeys,
  type KeyDescription,
  type SchemaNode,
  schemaAt,
  toUpperSnake,
  variableOf,
} from './describe.ts';
import { nodeConfigSchema } from './schema.ts';

/** Renders the schema for people: `config/default.yaml` and docs/configuration.md. Tests assert both are current. */

const LINE_CHARS_MAX = 110;

/** A commented YAML file that sets every key to its default. */
export function renderDefaultYaml(): string {
  const defaults: unknown = nodeConfigSchema.parse({});
  const lines = [
    '# Every key of a node with its default. Made from config/schema.ts by `camshard config defaults`; not read at run',
    '# time. A file of your own needs only the keys it changes: `camshard up --config FILE`.',
  ];
  for (const [name, child] of Object.entries(configSchemaRoot().properties ?? {})) {
    lines.push('', ...renderKey(name, child, (defaults as Record<string, unknown>)[name], 0));
  }
  return `${lines.join('\n')}\n`;
}

function renderKey(name: string, schema: SchemaNode, value: unknown, depth: number): string[] {
  const pad = '  '.repeat(depth);
  if (schema.properties !== undefined) {
    const inner = Object.entries(schema.properties).flatMap(([key, child]) =>
      renderKey(key, child, (value as Record<string, unknown>)[key], depth + 1),
    );
    return [`${pad}${name}:`, ...inner];
  }
  const unit = schema.unit === undefined ? '' : `, ${schema.unit}`;
  const note = [schema.reason ?? '', `${capitalise(allowedText(schema))}${unit}.`];
  const comment = note.flatMap((text) => wrap(text, LINE_CHARS_MAX - pad.length - 2)).map((text) => `${pad}# ${text}`);
  if (Array.isArray(value) && value.length > 0) {
    const entries = value.flatMap((entry: Record<string, unknown>, i) => renderEntry(name, i, entry, depth + 1));
    return [...comment, `${pad}${name}:`, ...entries];
  }
  return [...comment, `${pad}${name}: ${stringify(value).trim()}`];
}

/** An entry of a list of sections: `- kind: cpu`, its other keys below. */
function renderEntry(list: string, index: number, entry: Readonly<Record<string, unknown>>, depth: number): string[] {
  const pad = '  '.repeat(depth);
  const schema = schemaAt([list, index], { [list]: Array.from({ length: index + 1 }, () => entry) });
  const children = (schema === undefined ? undefined : childrenOf(schema)) ?? {};
  const lines = [`${pad}- kind: ${String(entry.kind)}`];
  for (const [key, value] of Object.entries(entry)) {
    if (key !== 'kind') lines.push(...renderKey(key, children[key] ?? {}, value, depth + 1));
  }
  return lines;
}

function wrap(text: string, charsMax: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > charsMax) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const capitalise = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** docs/configuration.md. */
export function renderConfigDocs(): string {
  const sections = new Map<string, KeyDescription[]>();
  for (const key of describeKeys()) {
    const section = key.key.split(/[.[]/)[0] ?? '';
    sections.set(section, [...(sections.get(section) ?? []), key]);
  }
  return `${INTRODUCTION}${[...sections].map(([section, keys]) => renderSection(section, keys)).join('\n')}`;
}

function renderSection(section: string, keys: readonly KeyDescription[]): string {
  return [
    `## ${section}`,
    '',
    `Variables begin with \`CAMSHARD_${toUpperSnake(section)}\`.`,
    '',
    ...keyTable(keys),
    '',
  ].join('\n');
}

/** The lines of a Markdown table of keys. */
export function keyTable(keys: readonly KeyDescription[]): string[] {
  const rows = keys.map((k) => {
    const name = `\`${k.key}\`${k.variant === undefined ? '' : ` (${k.variant})`}`;
    const value = k.defaultValue === undefined ? 'none: must be given' : `\`${JSON.stringify(k.defaultValue)}\``;
    const unit = k.unit === undefined ? '' : `, ${k.unit}`;
    return `| ${name} | ${value} | ${cell(k.allowed + unit)} | ${cell(k.reason)} |`;
  });
  return ['| key | default | allowed | what it does, and why |', '|---|---|---|---|', ...rows];
}

const cell = (text: string) => text.replaceAll('|', '\\|');

const INTRODUCTION = `# Configuration

Made from \`config/schema.ts\` by \`camshard config docs\`; a test keeps it current.

A node starts with no configuration at all. Each source overrides those before it:

1. the defaults below (\`config/default.yaml\` shows them as a file; it is documentation and is not read);
2. a YAML or JSON file: \`camshard up --config node.yaml\`, or its path in \`CAMSHARD_CONFIG\`;
3. environment variables: \`${variableOf('server.port')}=9000\`. Two underscores go into a section, capitals of a name
   get one: \`ingest.frameBytesMax\` is \`${variableOf('ingest.frameBytesMax')}\`. Values are YAML or JSON, so a list
   or a whole section fits too: \`CAMSHARD_DEVICES='[{kind: cpu, threads: 2}]'\`; keys that take text get it as it is;
4. flags: \`--port\`, \`--host\`, \`--data\`, \`--token\`, and \`--set KEY=VALUE\` for any key.

Sections merge key by key; a list is replaced whole. An unknown key or a wrong value stops the start, exit code 2, with
the key, the value, where it came from and what is allowed:

    server.port: 70000 (from node.yaml:3) is not allowed; allowed: an integer from 0 to 65535

\`camshard config check\` checks without starting; \`camshard config show\` prints what would be used and which source set
it, with secrets hidden unless \`--reveal\` is given. Prefer \`${variableOf('auth.token')}\` to \`--token\`: other users of
the machine can read a process's arguments.

Three variables are not keys: \`CAMSHARD_CONFIG\` (above), and \`CAMSHARD_URL\` and \`CAMSHARD_TOKEN\`, which tell
\`camshard push\` and \`camshard cameras\` the node to talk to. Variables that Kubernetes adds for a Service named
\`camshard\` are ignored.

Rules between keys:

- Without \`auth.token\` the node binds a loopback address only.
- \`batching.batchDelayMsMax\` is under \`batching.frameDeadlineMs\`.
- \`ingest.picturePixelsMax\` is at most the square of \`ingest.sidePixelsMax\`.

`;
