import { existsSync, readFileSync, statSync } from 'node:fs';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resolveConfig } from '../../../config/load.ts';
import { openApiDocument } from '../../../src/http/openapi.ts';

interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

interface Stage {
  readonly from: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

const text = readFileSync('Dockerfile', 'utf8');
const { args, stages } = parseDockerfile(text);

/** Instructions with their continuations joined and comments gone, by stage; ARGs before the first FROM apart. */
function parseDockerfile(source: string): { args: Map<string, string>; stages: Stage[] } {
  const joined = source
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, ' ');
  const found = { args: new Map<string, string>(), stages: [] as (Stage & { instructions: Instruction[] })[] };
  for (const line of joined.split('\n').filter((l) => l.trim() !== '')) {
    const [, keyword = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    const from = keyword === 'FROM' ? /^(\S+)\s+AS\s+(\S+)$/.exec(rest) : null;
    if (from !== null) found.stages.push({ from: from[1] ?? '', name: from[2] ?? '', instructions: [] });
    else if (found.stages.length === 0) found.args.set(rest.split('=')[0] ?? '', rest.replace(/^[^=]+=/, ''));
    else found.stages.at(-1)?.instructions.push({ keyword, text: rest });
  }
  return found;
}

function stage(name: string): Stage {
  const found = stages.find((s) => s.name === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
}

const all = (of: Stage, keyword: string): string[] =>
  of.instructions.filter((i) => i.keyword === keyword).map((i) => i.text);

function only(of: Stage, keyword: string): string {
  const found = all(of, keyword);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} ${keyword} in ${of.name}`);
  return found[0];
}

function environment(of: Stage): Record<string, string> {
  const pairs = all(of, 'ENV').flatMap((line) => [...line.matchAll(/([A-Z_0-9]+)=('[^']*'|\S+)/g)]);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, (value ?? '').replace(/^'|'$/g, '')]));
}

const served = ['cpu', 'cuda'].map(stage);

describe('Dockerfile', () => {
  it('is without fault or warning by dockerfile-utils', () => {
    expect(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  });

  it('names its base images by versions, and stages that exist', () => {
    for (const [name, image] of args) {
      expect(name).toMatch(/_IMAGE$/);
      expect(image).toMatch(/^[a-z/]+:\d+\.\d+[\w.-]*$/);
    }
    const names = stages.map((s) => s.name);
    for (const { from } of stages) {
      const argument = /^\$\{(\w+)\}$/.exec(from)?.[1];
      expect(argument === undefined ? names.includes(from) : args.has(argument)).toBe(true);
    }
    for (const from of text.matchAll(/--from=(\S+)/g)) expect(names).toContain(from[1]);
  });

  it('builds with the version of Node that the project asks for', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    const [, major, minor] = /^node:(\d+)\.(\d+)-/.exec(args.get('NODE_IMAGE') ?? '') ?? [];
    const [, leastMajor, leastMinor] = /^\^(\d+)\.(\d+)/.exec(engines.node) ?? [];
    expect(major).toBe(leastMajor);
    expect(Number(minor)).toBeGreaterThanOrEqual(Number(leastMinor));
  });

  it.each(served)('serves as a user that is not root, of a fixed number: $name', (of) => {
    expect(only(of, 'USER')).toBe('10001:10001');
    const last = of.instructions.findIndex((i) => i.keyword === 'USER');
    expect(of.instructions.slice(last).some((i) => ['RUN', 'COPY', 'ADD'].includes(i.keyword))).toBe(false);
    expect(all(of, 'COPY').some((copy) => copy.includes('--chown'))).toBe(false);
  });

  it('fetches nothing by ADD, and has no secret, development dependency or shell left in what it serves with', () => {
    for (const of of stages) {
      expect(all(of, 'ADD')).toEqual([]);
      for (const { keyword, text: of_ } of of.instructions) {
        if (['ENV', 'ARG', 'LABEL'].includes(keyword)) expect(of_).not.toMatch(/TOKEN|SECRET|PASSWORD/i);
      }
    }
    expect(all(stage('build'), 'RUN').join()).toContain('npm prune --omit=dev --ignore-scripts');
    for (const of of served) {
      expect(only(of, 'ENTRYPOINT')).toMatch(/^\[/);
      expect(JSON.parse(only(of, 'ENTRYPOINT'))).toEqual(['node', '/opt/camshard/dist/src/cli/main.js']);
      expect(JSON.parse(only(of, 'CMD'))).toEqual(['up']);
      expect(only(of, 'STOPSIGNAL')).toBe('SIGTERM');
    }
  });

  it.each(served)('sets keys that exist, and starts with a token only: $name', (of) => {
    const env = environment(of);
    expect(() => resolveConfig({ env })).toThrow(/reachable from other machines and auth\.token is not set/);
    const { config } = resolveConfig({ env: { ...env, CAMSHARD_AUTH__TOKEN: 'a token of the test' } });
    expect(only(of, 'EXPOSE')).toBe(`${config.server.port}/tcp`);
    expect(JSON.parse(only(of, 'VOLUME'))).toEqual([config.node.dataDir]);
    expect(all(of, 'RUN').join()).toContain(`install -d -o 10001 -g 10001 -m 0750 ${config.node.dataDir}`);
    expect(all(stage('build'), 'RUN').join()).toContain(`models import --dir ${config.models.dir}`);
    expect(all(of, 'COPY').join()).toContain(`${config.models.dir}/`);
    expect(config.devices[0]?.kind).toBe(of.name);
  });

  it('asks for its health what exists: the script, and the path it asks', () => {
    const { paths } = openApiDocument('0') as { paths: Record<string, unknown> };
    const script = readFileSync('deploy/docker/healthcheck.mjs', 'utf8');
    const path = /path: '([^']+)'/.exec(script)?.[1] ?? '';
    expect(paths[path]).toBeDefined();
    for (const of of served) {
      expect(only(of, 'HEALTHCHECK')).toMatch(/CMD \["node", "\/opt\/camshard\/healthcheck\.mjs"\]$/);
      expect(all(of, 'COPY').join()).toContain('deploy/docker/healthcheck.mjs ./');
    }
  });

  it('copies into the build only what exists and what .dockerignore lets through', () => {
    const let_ = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copies = all(stage('build'), 'COPY').filter((copy) => !copy.startsWith('--from'));
    const sources = copies.flatMap((copy) => copy.split(/\s+/).slice(0, -1));
    for (const source of sources) {
      expect(existsSync(source)).toBe(true);
      expect(let_).toContain(source);
      expect(statSync(source).isDirectory()).toBe(source.endsWith('/'));
    }
    expect(readFileSync('.dockerignore', 'utf8').split('\n')).toContain('*');
  });

  it('builds what the build of the project needs', () => {
    const tsconfig = parse(readFileSync('tsconfig.build.json', 'utf8')) as { include: string[] };
    const copied = all(stage('build'), 'COPY').join(' ');
    // The load generators are no part of the product.
    for (const folder of tsconfig.include.filter((f) => f !== 'loadtest')) expect(copied).toContain(`${folder}/`);
  });
});
