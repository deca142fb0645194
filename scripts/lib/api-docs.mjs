/** Codes that any operation which is not open may answer with; said once. */
const ACCESS = new Set(['401', '403']);
const LINE_CHARS = 118;

const HEAD = `# HTTP API

Made by \`scripts/render-api-docs.mjs\` from the OpenAPI document, which every node serves as \`/openapi.json\`; a test keeps it current. Another
(\`test/integration/api-answers.test.ts\`) holds every answer of a real node against that document, and has the examples from there, lists shortened.

- With \`auth.token\` every operation but those marked _open_ wants \`Authorization: Bearer TOKEN\` or \`?access_token=TOKEN\`: 401 \`token_missing\`,
  \`token_wrong\`; 403 \`origin_not_allowed\`, \`host_not_allowed\` ([protocol.md](protocol.md#0-who-may)).
- Whatever is not answered with 200 is a [\`Problem\`](#problem) (\`application/problem+json\`) with a stable \`code\`. 429 and 503 carry \`Retry-After\`
  in seconds. An unknown path or method is a 404 \`not_found\`, a bug of the node a 500 \`internal\`.
- Times are ms since the Unix epoch where they name a moment, ms where they name a duration.
- Objects are open: a later node may add fields, and a client ignores those it does not know.
`;

const slug = (title) =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
const titleOf = (method, path) => `${method.toUpperCase()} ${path}`;
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const linkTo = (name) => `[${name}](#${slug(name)})`;

/** What a value is, in a word or some; named schemas as links. */
function typeOf(schema) {
  if (schema === undefined || schema === true) return 'anything';
  if (schema.$ref !== undefined) return linkTo(schema.$ref.split('/').at(-1));
  const any = schema.anyOf ?? schema.oneOf;
  if (any !== undefined) return [...new Set(any.map(typeOf))].join(' or ');
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' and ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  if (schema.type === 'array') {
    if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(typeOf).join(', ')}]`;
    return `list of ${typeOf(schema.items)}`;
  }
  if (schema.type === 'object' && schema.properties === undefined) {
    return schema.additionalProperties ? `map of ${typeOf(schema.additionalProperties)}` : 'object';
  }
  return schema.type ?? 'anything';
}

/** Rows of a table of fields; objects within are spelled out, `[]` behind lists and `{}` behind maps. */
function* fieldsOf(schema, prefix = '') {
  const required = new Set(schema.required ?? []);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = `${prefix}${name}`;
    const notes = [
      ...(required.has(name) ? [] : ['may be absent.']),
      ...(field.description ? [field.description] : []),
    ];
    yield `| \`${at}\` | ${cell(typeOf(field))} | ${cell(notes.join(' '))} |`;
    yield* within(field, at);
  }
}

function* within(field, at) {
  if (field === undefined || field.$ref !== undefined) return;
  for (const one of field.anyOf ?? field.oneOf ?? []) yield* within(one, at);
  if (field.type === 'array') yield* within(field.items, `${at}[]`);
  else if (field.properties !== undefined) yield* fieldsOf(field, `${at}.`);
  else if (typeof field.additionalProperties === 'object') yield* within(field.additionalProperties, `${at}{}`);
}

const bodyText = (content) =>
  Object.entries(content)
    .map(([type, { schema }]) =>
      type.endsWith('json') && schema !== undefined ? `${typeOf(schema)} (\`${type}\`)` : `\`${type}\``,
    )
    .join('; ');

const isBig = (value) => typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** JSON on one line, with spaces. */
function flat(value) {
  if (Array.isArray(value)) return `[${value.map(flat).join(', ')}]`;
  if (!isBig(value)) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${flat(one)}`)
    .join(', ')} }`;
}

/** JSON as people write it: on one line what fits, small parts side by side. */
function pretty(value, indent = '', before = 0) {
  const short = flat(value);
  if (!isBig(value) || indent.length + before + short.length <= LINE_CHARS) return short;
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const lines = [];
  let line = '';
  const put = (part, isSmall) => {
    if (isSmall && line !== '' && inner.length + line.length + part.length + 2 <= LINE_CHARS) line += `, ${part}`;
    else {
      if (line !== '') lines.push(line);
      line = part;
    }
    if (!isSmall) {
      lines.push(line);
      line = '';
    }
  };
  for (const [key, one] of Object.entries(value)) {
    const name = isList ? '' : `${JSON.stringify(key)}: `;
    const part = name + pretty(one, inner, name.length);
    put(part, !isBig(one) || part.length < LINE_CHARS / 3);
  }
  if (line !== '') lines.push(line);
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${lines.map((one) => inner + one).join(',\n')}\n${indent}${close}`;
}

function exampleOf({ request, body, answer }, requestBody) {
  const [method, url] = request.split(' ');
  const [type = ''] = Object.keys(requestBody?.content ?? {});
  const isFile = type !== '' && (typeof body !== 'string' || body.includes('\n'));
  const options = [
    ...(method === 'GET' || (method === 'POST' && type !== '') ? [] : [`-X ${method}`]),
    ...(type === '' ? [] : [`-H 'content-type: ${type}'`]),
    ...(isFile ? [`--data-binary @${type.startsWith('image/') ? 'frame.jpg' : 'settings.yaml'}`] : []),
    ...(typeof body === 'string' && body !== '' && !isFile ? [`-d '${body}'`] : []),
  ];
  const lines = ['```', ['curl', ...options, `'http://127.0.0.1:8080${url}'`].join(' '), '```', ''];
  return typeof answer === 'string' ? lines : [...lines, '```json', pretty(answer), '```', ''];
}

function* operationText(method, path, operation, example) {
  yield `### ${titleOf(method, path)}`;
  yield '';
  yield `${operation.summary}.${operation.description ? ` ${operation.description}` : ''}${operation.security?.length === 0 ? ' _Open._' : ''}`;
  yield '';
  const parameters = operation.parameters ?? [];
  if (parameters.length > 0) {
    yield '| parameter | |';
    yield '|---|---|';
    for (const { name, in: where, description, schema } of parameters) {
      const shown = where === 'path' ? `{${name}}` : `?${name}=`;
      const limits = [schema.minimum, schema.maximum].every((n) => n !== undefined)
        ? `${schema.minimum} to ${schema.maximum}`
        : '';
      const notes = [
        description?.replace(/\.$/, ''),
        limits,
        schema.pattern ? `\`${schema.pattern}\`` : '',
        schema.default !== undefined ? `default ${schema.default}` : '',
      ];
      yield `| \`${shown}\` | ${cell(notes.filter(Boolean).join('; ') || typeOf(schema))} |`;
    }
    yield '';
  }
  if (operation.requestBody !== undefined) {
    yield `Body: ${bodyText(operation.requestBody.content)}.`;
    yield '';
  }
  yield '| answer | |';
  yield '|---|---|';
  for (const [status, { description, headers, content }] of Object.entries(operation.responses)) {
    if (ACCESS.has(status)) continue;
    const problem = content?.['application/problem+json'];
    const codes = problem?.schema.allOf?.[1]?.properties.code.enum;
    if (codes !== undefined) yield `| ${status} | ${codes.map((code) => `\`${code}\``).join(', ')} |`;
    else {
      const named = Object.entries(headers ?? {}).map(([name, header]) => `\`${name}\`: ${header.description}`);
      yield `| ${status} | ${cell([description, ...(content ? [`${bodyText(content)}.`] : []), ...named].join(' '))} |`;
    }
  }
  yield '';
  if (example !== undefined) yield* exampleOf(example, operation.requestBody);
}

function* schemaText(name, schema) {
  yield `### ${name}`;
  yield '';
  if (schema.description) {
    yield schema.description;
    yield '';
  }
  const variants = schema.anyOf ?? schema.oneOf ?? [schema];
  for (const variant of variants) {
    const rows = [...fieldsOf(variant)];
    if (rows.length === 0) {
      yield `${typeOf(variant)}`;
      yield '';
      continue;
    }
    yield '| field | | |';
    yield '|---|---|---|';
    yield* rows;
    yield '';
  }
}

/**
 * The HTTP API as Markdown.
 * @param {Record<string, any>} document OpenAPI 3.1
 * @param {Record<string, {request: string, body?: unknown, answer: unknown}>} examples by operation
 * @returns {string}
 */
export function renderApiDocs(document, examples) {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
  const lines = [HEAD, '| | |', '|---|---|'];
  const ofTag = (tag) => operations.filter(({ operation }) => operation.tags.includes(tag.name));
  for (const tag of document.tags) {
    for (const { method, path, operation } of ofTag(tag)) {
      lines.push(`| [\`${titleOf(method, path)}\`](#${slug(titleOf(method, path))}) | ${cell(operation.summary)} |`);
    }
  }
  for (const tag of document.tags) {
    lines.push('', `## ${tag.name}`, '', tag.description, '');
    for (const { method, path, operation } of ofTag(tag)) {
      lines.push(...operationText(method, path, operation, examples[operation.operationId]));
    }
  }
  lines.push('## Schemas', '');
  for (const [name, schema] of Object.entries(document.components.schemas).sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(...schemaText(name, schema));
  }
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}
