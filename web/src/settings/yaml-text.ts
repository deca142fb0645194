import { type Document, isMap, isSeq, parseDocument, stringify } from 'yaml';
import { type Change, isSame, type Step } from './changes.ts';

/**
 * A YAML text with changes written into it: what they do not touch keeps its comments and its form.
 * @param wanted the document the text is to say; where it cannot be written into the text it is written anew
 */
export function textWithChanges(text: string, changes: readonly Change[], wanted: unknown): string {
  const source = parseDocument(text);
  if (source.errors.length === 0 && isMap(source.contents)) {
    for (const change of changes) write(source, change);
    const made = source.toString(FORM);
    if (isSame(parseDocument(made).toJS(), wanted)) return made;
  }
  return textOf(wanted);
}

const FORM = { lineWidth: 120, flowCollectionPadding: true } as const;

export function textOf(document: unknown): string {
  const source = parseDocument(stringify(document, FORM));
  return source.toString(FORM);
}

/** What a text says; a sentence where it is no YAML. */
export function readText(text: string): { readonly document: unknown } | { readonly fault: string } {
  try {
    const source = parseDocument(text, { prettyErrors: true });
    const error = source.errors[0];
    return error === undefined ? { document: source.toJS({ maxAliasCount: 100 }) } : { fault: error.message };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function write(source: Document, { path, after }: Change): void {
  const keys = keysOf(source, path);
  if (keys === undefined) return;
  if (after === undefined) {
    source.deleteIn(keys);
    return;
  }
  const node = source.createNode(after);
  flow(node);
  source.setIn(keys, node);
}

/** Points stay on one line. */
function flow(node: unknown): void {
  if (isSeq(node)) {
    const plain = node.items.every((item) => !isMap(item));
    if (plain) node.flow = true;
    else for (const item of node.items) flow(item);
  }
  if (isMap(node)) for (const { value } of node.items) flow(value);
}

/** A path by keys and indexes; a new entry's index is the one behind the last. */
function keysOf(source: Document, path: readonly Step[]): (string | number)[] | undefined {
  const keys: (string | number)[] = [];
  for (const step of path) {
    if (typeof step === 'string') {
      keys.push(step);
      continue;
    }
    const list = source.getIn(keys, true);
    if (list === undefined || list === null) {
      source.setIn(keys, source.createNode([]));
      keys.push(0);
      continue;
    }
    if (!isSeq(list)) return undefined;
    const index = list.items.findIndex((item) => isMap(item) && item.get('id') === step.id);
    // An empty list is written `[]`; entries stand below one another.
    if (list.items.length === 0) list.flow = false;
    keys.push(index < 0 ? list.items.length : index);
  }
  return keys;
}
