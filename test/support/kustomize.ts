import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/**
 * What kustomize does, as far as deploy/kubernetes uses it: resources, components, configMapGenerator of files, images and
 * strategic merge patches. Anything else is refused rather than overlooked. `KUBECTL=kubectl` has the real one do it
 * (1.21 or newer; Debian 12 has 1.20).
 */

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly [key: string]: unknown;
}

type Json = Record<string, unknown>;

/** Every document of a file. @throws Error where it is not strict YAML, a key given twice included */
export function readManifests(file: string): Manifest[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'), { strict: true, uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
    return document.toJS() as Manifest;
  });
}

/** The documents that `kubectl apply -k folder` would send. */
export function renderKustomization(folder: string): Manifest[] {
  const kubectl = process.env.KUBECTL;
  if (kubectl === undefined) return render(folder, []);
  const text = execFileSync(kubectl, ['kustomize', folder], { encoding: 'utf8' });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

const KNOWN = new Set([
  ...['apiVersion', 'kind', 'namespace', 'resources', 'components', 'configMapGenerator', 'images', 'patches'],
]);

interface Kustomization {
  readonly namespace?: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly patches?: readonly { readonly path: string }[];
}

function render(folder: string, given: readonly Manifest[]): Manifest[] {
  const file = join(folder, 'kustomization.yaml');
  const of = parse(readFileSync(file, 'utf8')) as Kustomization;
  const unknown = Object.keys(of).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) throw new Error(`${file}: ${unknown} is not known here; teach test/support/kustomize.ts`);
  let found = [...given];
  for (const path of of.resources ?? []) {
    const at = join(folder, path);
    found.push(...(statSync(at).isDirectory() ? render(at, []) : readManifests(at)));
  }
  for (const generator of of.configMapGenerator ?? []) found = withConfigMap(found, folder, generator);
  for (const { path } of of.patches ?? []) {
    for (const patch of readManifests(join(folder, path))) found = withPatch(found, patch);
  }
  for (const { name, newName, newTag } of of.images ?? []) {
    found = found.map((m) => rewrite(m, 'image', (value) => (value === name ? `${newName}:${newTag}` : value)));
  }
  const { namespace } = of;
  if (namespace !== undefined) {
    found = found.map((m) => (m.kind === 'Namespace' ? m : { ...m, metadata: { ...m.metadata, namespace } }));
  }
  for (const path of of.components ?? []) found = render(join(folder, path), found);
  return found;
}

/** Adds the ConfigMap under a name with a hash of its content, and has volumes name it so. (The hash is not kustomize's.) */
function withConfigMap(
  manifests: readonly Manifest[],
  folder: string,
  { name, files }: { readonly name: string; readonly files: readonly string[] },
): Manifest[] {
  const data = Object.fromEntries(files.map((path) => [basename(path), readFileSync(join(folder, path), 'utf8')]));
  const hash = createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 10);
  const renamed = manifests.map((m) =>
    rewrite(m, 'configMap', (value) =>
      isObject(value) && value.name === name ? { ...value, name: `${name}-${hash}` } : value,
    ),
  );
  return [...renamed, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-${hash}` }, data }];
}

function withPatch(manifests: readonly Manifest[], patch: Manifest): Manifest[] {
  const isMeant = (m: Manifest): boolean => m.kind === patch.kind && m.metadata.name === patch.metadata.name;
  if (manifests.filter(isMeant).length !== 1) throw new Error(`no one ${patch.kind} ${patch.metadata.name} to patch`);
  return manifests.map((m) => (isMeant(m) ? (merge(m, patch, '') as Manifest) : m));
}

/** Lists that are merged item by item, and by what (Kubernetes API, `patchMergeKey`); others are replaced whole. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  ...{ containers: 'name', initContainers: 'name', env: 'name', volumes: 'name', volumeMounts: 'mountPath' },
  ...{ ports: 'containerPort', topologySpreadConstraints: 'topologyKey' },
};

function merge(base: unknown, patch: unknown, key: string): unknown {
  if (isObject(base) && isObject(patch)) {
    const merged: Json = { ...base };
    for (const [name, value] of Object.entries(patch)) {
      if (value === null) delete merged[name];
      else merged[name] = name in base ? merge(base[name], value, name) : value;
    }
    return merged;
  }
  const by = MERGE_KEYS[key];
  if (!Array.isArray(base) || !Array.isArray(patch) || by === undefined) return patch;
  const items = patch as readonly Json[];
  const kept = (base as readonly Json[]).map((item) => {
    const other = items.find((candidate) => candidate[by] === item[by]);
    return other === undefined ? item : merge(item, other, '');
  });
  const known = new Set((base as readonly Json[]).map((item) => item[by]));
  // kustomize puts what a patch adds to a list before what was there.
  return [...items.filter((item) => !known.has(item[by])), ...kept];
}

function rewrite<T>(node: T, key: string, change: (value: unknown) => unknown): T {
  if (Array.isArray(node)) return node.map((item) => rewrite(item, key, change)) as T;
  if (!isObject(node)) return node;
  const entries = Object.entries(node).map(([name, value]) => {
    return [name, name === key ? change(value) : rewrite(value, key, change)];
  });
  return Object.fromEntries(entries) as T;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
