import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KILL_AFTER_GRACE_MS } from '../../../config/limits.ts';
import { resolveConfig } from '../../../config/load.ts';
import type { NodeConfig } from '../../../config/schema.ts';
import { openApiDocument } from '../../../src/http/openapi.ts';
import { type Manifest, readManifests, renderKustomization } from '../../support/kustomize.ts';

const ROOT = 'deploy/kubernetes';
const SECRETS: Readonly<Record<string, string>> = {
  ...{ 'auth-token': 'a token of the test', 'cluster-secret': 'a secret of the test' },
  ...{ 'redis-url': 'redis://:password@redis:6379', 'history-url': 'postgres://camshard:password@db/camshard' },
};

interface EnvVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
  };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly EnvVariable[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly resources: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>;
}

type Labels = Readonly<Record<string, string>>;

interface StatefulSetSpec {
  readonly serviceName: string;
  readonly selector: { readonly matchLabels: Labels };
  readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[];
  readonly template: {
    readonly metadata: { readonly labels: Labels };
    readonly spec: {
      readonly terminationGracePeriodSeconds: number;
      readonly serviceAccountName: string;
      readonly automountServiceAccountToken: boolean;
      readonly containers: readonly Container[];
      readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
      readonly securityContext: { readonly runAsUser: number; readonly runAsNonRoot: boolean };
    };
  };
}

interface ServiceSpec {
  readonly clusterIP?: string;
  readonly selector: Labels;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[];
}

interface AutoscalerSpec {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly {
    readonly type: string;
    readonly pods?: { readonly metric: { readonly name: string }; readonly target: { readonly averageValue: string } };
  }[];
  readonly behavior: { readonly scaleDown: { readonly stabilizationWindowSeconds: number } };
}

const overlays = readdirSync(`${ROOT}/overlays`);

function one<T = unknown>(manifests: readonly Manifest[], kind: string, name = 'camshard'): Manifest & { spec: T } {
  const found = manifests.filter((m) => m.kind === kind && m.metadata.name === name);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} ${kind} ${name}`);
  return found[0] as Manifest & { spec: T };
}

function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`${items.length} items`);
  return item;
}

const covers = (labels: Labels, selector: Labels): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

/** The environment of pod `camshard-1`, as the kubelet makes it. */
function environmentOf({ env }: Container): Record<string, string> {
  const made: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    const field = valueFrom?.fieldRef?.fieldPath;
    const secret = valueFrom?.secretKeyRef;
    const text =
      field === 'metadata.name'
        ? 'camshard-1'
        : field === 'metadata.namespace'
          ? 'camshard'
          : secret === undefined
            ? value
            : SECRETS[secret.key];
    if (text === undefined) throw new Error(`nothing gives ${name} a value`);
    made[name] = text.replace(/\$\(([A-Z0-9_]+)\)/g, (_, other: string) => made[other] ?? `$(${other})`);
  }
  return made;
}

/** The configuration of a node: the ConfigMap's file, the image's variables, the pod's. */
function configOf(manifests: readonly Manifest[], container: Container): NodeConfig {
  const { template } = one<StatefulSetSpec>(manifests, 'StatefulSet').spec;
  const name = template.spec.volumes.find((volume) => volume.configMap !== undefined)?.configMap?.name;
  const data = one(manifests, 'ConfigMap', name).data as Record<string, string>;
  const env = environmentOf(container);
  const mount = container.volumeMounts.find((m) => m.name === 'config')?.mountPath;
  const file = Object.keys(data).find((key) => env.CAMSHARD_CONFIG === `${mount}/${key}`);
  const text = data[file ?? ''];
  if (file === undefined || text === undefined) throw new Error(`${env.CAMSHARD_CONFIG} is no file of the ConfigMap`);
  return resolveConfig({ file: { name: file, text }, env }).config;
}

describe.each(overlays)('deploy/kubernetes/overlays/%s', (overlay) => {
  const manifests = renderKustomization(`${ROOT}/overlays/${overlay}`);
  const set = one<StatefulSetSpec>(manifests, 'StatefulSet');
  const pod = set.spec.template.spec;
  const container = only(pod.containers);
  const labels = set.spec.template.metadata.labels;
  const services = ['camshard', 'camshard-nodes'].map((name) => one<ServiceSpec>(manifests, 'Service', name));
  const autoscaler = one<AutoscalerSpec>(manifests, 'HorizontalPodAutoscaler').spec;

  it('has everything in one namespace, each thing once', () => {
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    const namespaces = manifests.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace);
    expect(new Set(namespaces)).toEqual(new Set([one(manifests, 'Namespace').metadata.name]));
  });

  it('selects its pods by labels they have', () => {
    const policies = one<{ podSelector: { matchLabels: Labels } }>(manifests, 'NetworkPolicy');
    const budget = one<{ selector: { matchLabels: Labels } }>(manifests, 'PodDisruptionBudget');
    const selectors = [
      set.spec.selector.matchLabels,
      ...services.map(({ spec }) => spec.selector),
      policies.spec.podSelector.matchLabels,
      budget.spec.selector.matchLabels,
    ];
    for (const selector of selectors) {
      expect(Object.keys(selector).length).toBeGreaterThan(0);
      expect(covers(labels, selector)).toBe(true);
    }
    for (const matched of deep(set.spec.template, 'matchLabels')) expect(covers(labels, matched as Labels)).toBe(true);
  });

  it('names ports, volumes, accounts and services that exist', () => {
    const ports = container.ports.map(({ name }) => name);
    const named = [...deep(container, 'port'), ...services.flatMap(({ spec }) => spec.ports.map((p) => p.targetPort))];
    for (const port of named) expect(ports).toContain(port);
    const volumes = [...pod.volumes, ...set.spec.volumeClaimTemplates.map(({ metadata }) => metadata)];
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.map(({ name }) => name).sort());
    expect(one(manifests, 'ServiceAccount').metadata.name).toBe(pod.serviceAccountName);
    expect(services.find(({ spec }) => spec.clusterIP === 'None')?.metadata.name).toBe(set.spec.serviceName);
    expect(autoscaler.scaleTargetRef).toMatchObject({ kind: set.kind, name: set.metadata.name });
  });

  it('gives a node a configuration it starts with, on the port that is open', () => {
    const config = configOf(manifests, container);
    expect(config.server.port).toBe(only(container.ports).containerPort);
    expect(config.cluster.adapter).toBe('redis');
    expect(config.node.id).toBe('camshard-1');
    const link = new URL(config.cluster.linkUrl ?? '');
    expect(link.host).toBe(`camshard-1.${set.spec.serviceName}.camshard.svc:8080`);
  });

  it('takes secrets from keys that the example of the Secret has, and refuses to start with the example itself', () => {
    const secret = only(readManifests(`${ROOT}/examples/secret.yaml`));
    const references = deep(container, 'secretKeyRef') as { name: string; key: string }[];
    expect(references.map(({ key }) => key).sort()).toEqual(Object.keys(secret.stringData as Labels).sort());
    for (const { name } of references) expect(name).toBe(secret.metadata.name);
    expect(new Set(Object.values(secret.stringData as Labels))).toEqual(new Set(['']));
    expect(() => resolveConfig({ env: { CAMSHARD_SERVER__HOST: '0.0.0.0', CAMSHARD_AUTH__TOKEN: '' } })).toThrow(
      /auth\.token/,
    );
  });

  it('probes paths that a node answers to anybody', () => {
    const { paths } = openApiDocument('0') as { paths: Record<string, { get?: { security?: unknown[] } }> };
    const { startupProbe, livenessProbe, readinessProbe } = container;
    for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
      expect(paths[probe.httpGet.path]?.get?.security).toEqual([]);
      expect(probe.timeoutSeconds).toBeLessThanOrEqual(probe.periodSeconds);
    }
    expect([livenessProbe.httpGet.path, readinessProbe.httpGet.path]).toEqual(['/healthz', '/readyz']);
  });

  it('lets the parent in the container restart a node before the kubelet restarts the container', () => {
    const { periodSeconds, failureThreshold } = container.livenessProbe;
    expect((periodSeconds * (failureThreshold - 1)) / 2).toBeGreaterThan(10 + 5);
  });

  it('waits for a node to drain before it kills it', () => {
    const { cluster, shutdown } = configOf(manifests, container);
    const [program, preStopS] = container.lifecycle.preStop.exec.command;
    expect(program).toBe('sleep');
    const stopMs = Number(preStopS) * 1_000 + cluster.drainMsMax + shutdown.graceMs + KILL_AFTER_GRACE_MS;
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(stopMs + 5_000);
  });

  it('allows a pod nothing that it does not need', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: imageUser(), seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true },
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources.limits.memory).toBeDefined();
    expect(container.resources.requests.memory).toBeDefined();
    expect(container.image).toMatch(/:[a-z]+-\d+\.\d+\.\d+$/);
    for (const forbidden of ['hostNetwork', 'hostPID', 'hostPath', 'privileged']) {
      expect(deep(manifests, forbidden)).toEqual([]);
    }
  });

  it('never has the budget hold up what the autoscaler leaves', () => {
    const budget = one<{ maxUnavailable: number }>(manifests, 'PodDisruptionBudget').spec;
    expect(autoscaler.minReplicas).toBeGreaterThan(budget.maxUnavailable);
    expect(autoscaler.maxReplicas).toBeGreaterThan(autoscaler.minReplicas);
  });

  it('scales by the product’s own signal and its own targets', () => {
    const { scaling } = configOf(manifests, container).cluster;
    const [metric] = autoscaler.metrics;
    expect(metric?.pods?.target.averageValue).toBe(`${scaling.utilisationTarget * 1_000}m`);
    expect(autoscaler.behavior.scaleDown.stabilizationWindowSeconds).toBe(scaling.quietS);
    const adapter = parse(readFileSync(`${ROOT}/examples/prometheus-adapter.yaml`, 'utf8')) as {
      rules: { custom: { name: { as: string }; seriesQuery: string; metricsQuery: string }[] };
    };
    const rule = only(adapter.rules.custom);
    expect(rule.name.as).toBe(metric?.pods?.metric.name);
    const source = readFileSync('src/telemetry/overload-metrics.ts', 'utf8');
    for (const name of `${rule.seriesQuery} ${rule.metricsQuery}`.match(/camshard_\w+/g) ?? []) {
      expect(source).toContain(`'${name}'`);
    }
  });
});

describe('the two overlays', () => {
  const [cpu, cuda] = ['cpu', 'cuda'].map((overlay) => {
    const manifests = renderKustomization(`${ROOT}/overlays/${overlay}`);
    return only(one<StatefulSetSpec>(manifests, 'StatefulSet').spec.template.spec.containers);
  });

  it('give a CPU node as many threads as it requests processors, and a CUDA node a card', () => {
    const devices = cpu?.env.find(({ name }) => name === 'CAMSHARD_DEVICES')?.value ?? '';
    expect(parse(devices)).toEqual([{ kind: 'cpu', threads: Number(cpu?.resources.requests.cpu) }]);
    expect(cuda?.resources.limits['nvidia.com/gpu']).toBe('1');
    expect(cuda?.resources.requests['nvidia.com/gpu']).toBe('1');
    expect(cuda?.env.some(({ name }) => name === 'CAMSHARD_DEVICES')).toBe(false);
  });
});

describe('the examples and components', () => {
  const read = (path: string): Manifest => only(readManifests(`${ROOT}/${path}`));
  const service = one<ServiceSpec>(renderKustomization(`${ROOT}/overlays/cpu`), 'Service').spec;

  it('lead to the port that the Service has', () => {
    const ingress = only(deep(read('examples/ingress.yaml'), 'service')) as { name: string; port: { name: string } };
    expect(ingress).toEqual({ name: 'camshard', port: { name: only(service.ports).name } });
    const route = only(deep(read('examples/gateway.yaml'), 'backendRefs'));
    expect(route).toEqual([{ name: 'camshard', port: only(service.ports).port }]);
  });

  it('let WebSockets live, and pictures of the largest size through', () => {
    const annotations = (read('examples/ingress.yaml').metadata as unknown as { annotations: Labels }).annotations;
    const { ingest } = resolveConfig({}).config;
    expect(annotations['nginx.ingress.kubernetes.io/proxy-body-size']).toBe(`${ingest.frameBytesMax / 1024 ** 2}m`);
    for (const way of ['read', 'send']) {
      expect(Number(annotations[`nginx.ingress.kubernetes.io/proxy-${way}-timeout`])).toBeGreaterThanOrEqual(3_600);
    }
  });

  it('have stores to try with that Services lead to, and that the NetworkPolicy lets nodes reach', () => {
    const stores = readManifests(`${ROOT}/examples/stores.yaml`);
    const policy = one<{ egress: { ports: { port: number | string }[] }[] }>(
      renderKustomization(`${ROOT}/overlays/cpu`),
      'NetworkPolicy',
    );
    const open = policy.spec.egress.flatMap(({ ports }) => ports.map(({ port }) => port));
    for (const name of ['redis', 'postgres']) {
      const { selector, ports } = one<ServiceSpec>(stores, 'Service', name).spec;
      const set = one<StatefulSetSpec>(stores, 'StatefulSet', name).spec;
      expect(covers(set.template.metadata.labels, selector)).toBe(true);
      expect(covers(set.template.metadata.labels, set.selector.matchLabels)).toBe(true);
      const container = only(set.template.spec.containers);
      expect(only(container.ports)).toEqual({ name: only(ports).targetPort, containerPort: only(ports).port });
      expect(open).toContain(only(ports).port);
      expect(set.template.spec.securityContext.runAsNonRoot).toBe(true);
    }
  });

  it('have the Prometheus Operator scrape each node once, with the token', () => {
    const rendered = renderKustomization(`${ROOT}/overlays/cpu`);
    const monitor = read('components/service-monitor/service-monitor.yaml') as Manifest & {
      spec: {
        selector: { matchLabels: Labels };
        jobLabel: string;
        endpoints: {
          port: string;
          path: string;
          authorization: { credentials: { name: string; key: string } };
          relabelings: { targetLabel: string; replacement?: string }[];
        }[];
      };
    };
    const scraped = rendered.filter(
      ({ kind, metadata }) => kind === 'Service' && covers(metadata.labels ?? {}, monitor.spec.selector.matchLabels),
    );
    expect(scraped.map(({ metadata }) => metadata.name)).toEqual(['camshard-nodes']);
    expect(scraped[0]?.metadata.labels?.[monitor.spec.jobLabel]).toBe('camshard');
    const endpoint = only(monitor.spec.endpoints);
    const { cluster } = parse(readFileSync(`${ROOT}/base/camshard.yaml`, 'utf8')) as { cluster: { name: string } };
    expect(endpoint.relabelings.find(({ targetLabel }) => targetLabel === 'cluster')?.replacement).toBe(cluster.name);
    expect(endpoint).toMatchObject({ port: 'http', path: '/metrics' });
    expect(endpoint.authorization.credentials).toEqual({ name: 'camshard', key: 'auth-token' });
  });
});

describe('every manifest of Kubernetes’ own', () => {
  const rendered = overlays.flatMap((overlay) =>
    renderKustomization(`${ROOT}/overlays/${overlay}`).map((manifest) => ({ from: overlay, manifest })),
  );
  const examples = ['secret', 'ingress', 'stores'].flatMap((name) =>
    readManifests(`${ROOT}/examples/${name}.yaml`).map((manifest) => ({ from: `examples/${name}`, manifest })),
  );
  const all = [...rendered, ...examples].map(({ from, manifest }) => ({
    title: `${manifest.kind} ${manifest.metadata.name} of ${from}`,
    manifest,
  }));

  it.each(all)('is valid by Kubernetes’ OpenAPI schema: $title', async ({ manifest }) => {
    const module = (await import(modelPath(manifest))) as Record<string, new (m: Manifest) => { validate(): void }>;
    const Model = module[manifest.kind];
    if (Model === undefined) throw new Error(`no model of ${manifest.apiVersion} ${manifest.kind}`);
    expect(() => new Model(manifest).validate()).not.toThrow();
  });

  it('has no field that Kubernetes does not know, where one more would be found out', () => {
    const wrong = structuredClone(one<StatefulSetSpec>(renderKustomization(`${ROOT}/overlays/cpu`), 'StatefulSet'));
    Object.assign(only(wrong.spec.template.spec.containers), { readynessProbe: {} });
    const found = misspelt([...all.map(({ manifest }) => manifest), wrong]);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('readynessProbe');
  }, 60_000);
});

describe('YAML under deploy/', () => {
  const files = readdirSync('deploy', { recursive: true, encoding: 'utf8' }).filter((file) => /\.ya?ml$/.test(file));

  it.each(files)('is strict, without tabs or trailing blanks, and ends with a line: %s', (file) => {
    const path = join('deploy', file);
    expect(readManifests(path).length).toBeGreaterThan(0);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/[^\n]\n$/);
    expect(text.split('\n').filter((line) => /\t|[ ]$/.test(line))).toEqual([]);
  });
});

const modelPath = ({ apiVersion, kind }: Manifest): string => `kubernetes-models/${apiVersion}/${kind}`;

/** What TypeScript says of the manifests as literals of their interfaces, which know every field there is. */
function misspelt(manifests: readonly Manifest[]): string[] {
  const lines = manifests.map(
    (m, i) => `export const m${i}: import('${modelPath(m)}').I${m.kind} = ${JSON.stringify(m)};`,
  );
  const file = resolve('test/unit/deploy/manifests.virtual.ts');
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ...{ target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, lines.join('\n'), ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? lines.join('\n') : readFile(name));
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

/** Every value of that key, however deep. */
function deep(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [...(name === key ? [value] : []), ...deep(value, key)]);
}

const imageUser = (): number => Number(/^USER (\d+):\d+$/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1]);
