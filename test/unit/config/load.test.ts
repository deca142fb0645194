import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeKeys } from '../../../config/describe.ts';
import { ConfigIssuesError, loadConfig, redactConfig, resolveConfig } from '../../../config/load.ts';
import { renderConfigDocs, renderDefaultYaml } from '../../../config/render.ts';
import { isLoopback } from '../../../config/rules.ts';
import { nodeConfigSchema } from '../../../config/schema.ts';
import { editDistance } from '../../../config/suggest.ts';

const root = join(import.meta.dirname, '../../..');

function issuesOf(run: () => unknown): readonly { code: string; key: string; message: string }[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigIssuesError) return error.issues;
    throw error;
  }
  throw new Error('nothing was refused');
}

const yaml = (text: string) => ({ file: { name: 'node.yaml', text } });
const TOKEN = 'abcdefghijklmnop';

describe('sources of configuration', () => {
  it('gives the defaults where no source says anything', () => {
    expect(resolveConfig({}).config).toEqual(nodeConfigSchema.parse({}));
  });

  it('lets a file override defaults, variables override the file and flags override both', () => {
    const file = 'server: {port: 1001, host: 127.0.0.2}\nflow: {creditWindow: 2}\n';
    const env = { CAMSHARD_SERVER__PORT: '1002', CAMSHARD_MODELS__NAME: 'yolo' };
    const flags = [{ flag: '--port', key: 'server.port', value: 1003 }];
    expect(resolveConfig(yaml(file)).config.server.port).toBe(1001);
    expect(resolveConfig({ ...yaml(file), env }).config.server.port).toBe(1002);
    const { config, origins } = resolveConfig({ ...yaml(file), env, flags });
    expect(config.server).toMatchObject({ port: 1003, host: '127.0.0.2' });
    expect(config.flow.creditWindow).toBe(2);
    expect(Object.fromEntries(origins)).toEqual({
      'server.port': 'flag --port',
      'server.host': 'node.yaml:1',
      'flow.creditWindow': 'node.yaml:2',
      'models.name': 'CAMSHARD_MODELS__NAME',
    });
  });

  it('finds camelCase keys behind upper snake case variables', () => {
    const env = { CAMSHARD_INGEST__FRAME_BYTES_MAX: '4096', CAMSHARD_SERVER__ALLOWED_ORIGINS: '["https://a.example"]' };
    const { config } = resolveConfig({ env });
    expect(config.ingest.frameBytesMax).toBe(4096);
    expect(config.server.allowedOrigins).toEqual(['https://a.example']);
  });

  it('reads values of variables as YAML but takes text keys as they stand', () => {
    const env = {
      CAMSHARD_DEVICES: '[{kind: simulated, baseMs: 2}]',
      CAMSHARD_AUTH__TOKEN: '12345678901234567890',
      CAMSHARD_SERVER: '{port: 7000}',
    };
    const { config } = resolveConfig({ env });
    expect(config.devices[0]).toMatchObject({ kind: 'simulated', baseMs: 2, batchMax: 32 });
    expect(config.auth.token).toBe('12345678901234567890');
    expect(config.server).toMatchObject({ port: 7000, host: '127.0.0.1' });
  });

  it('replaces a list whole instead of merging it', () => {
    const env = { CAMSHARD_DEVICES: '[{kind: simulated}]' };
    const { config } = resolveConfig({ ...yaml('devices: [{kind: cpu}, {kind: cpu}]'), env });
    expect(config.devices.map((d) => d.kind)).toEqual(['simulated']);
  });

  it('lets null take back a secret set by a source before it', () => {
    const { config } = resolveConfig({ ...yaml(`auth: {token: ${TOKEN}}`), env: { CAMSHARD_AUTH__TOKEN: 'null' } });
    expect(config.auth.token).toBeNull();
  });

  it('treats an empty file and a section with all keys commented out as saying nothing', () => {
    expect(resolveConfig(yaml('')).config).toEqual(nodeConfigSchema.parse({}));
    expect(resolveConfig(yaml('server:\n  # port: 1\n')).config).toEqual(nodeConfigSchema.parse({}));
  });

  it('ignores the variables that Kubernetes adds for a Service named camshard, and those of the command line', () => {
    const env = {
      CAMSHARD_SERVICE_HOST: '10.0.0.1',
      CAMSHARD_SERVICE_PORT_HTTP: '80',
      CAMSHARD_PORT: 'tcp://10.0.0.1:80',
      CAMSHARD_PORT_80_TCP_ADDR: '10.0.0.1',
      CAMSHARD_URL: 'http://x',
      CAMSHARD_TOKEN: 'y',
    };
    expect(resolveConfig({ env }).config).toEqual(nodeConfigSchema.parse({}));
  });

  it('reads the file that --config names, else the one CAMSHARD_CONFIG names', () => {
    const dir = mkdtempSync(join(tmpdir(), 'camshard-config-'));
    try {
      writeFileSync(join(dir, 'a.yaml'), 'server: {port: 1}');
      writeFileSync(join(dir, 'b.json'), '{"server": {"port": 2}}');
      const env = { CAMSHARD_CONFIG: join(dir, 'b.json') };
      expect(loadConfig({ env }).config.server.port).toBe(2);
      expect(loadConfig({ env, file: join(dir, 'a.yaml') }).config.server.port).toBe(1);
      expect(() => loadConfig({ file: join(dir, 'none.yaml') })).toThrow(/cannot read the configuration .*none\.yaml/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('what is refused', () => {
  it('names key, value, place in the file and what is allowed', () => {
    const [issue] = issuesOf(() => resolveConfig(yaml('node: {id: a}\nserver:\n  port: 70000\n')));
    expect(issue).toEqual({
      code: 'config_value',
      key: 'server.port',
      message: 'server.port: 70000 (from node.yaml:3) is not allowed; allowed: an integer from 0 to 65535',
    });
  });

  it('names the variable or flag a wrong value came from', () => {
    expect(issuesOf(() => resolveConfig({ env: { CAMSHARD_SERVER__PORT: 'x' } }))[0]?.message).toBe(
      'server.port: "x" (from CAMSHARD_SERVER__PORT) is not allowed; allowed: an integer from 0 to 65535',
    );
    const flags = [{ flag: '--set', key: 'models.inputSize', value: '300' }];
    expect(issuesOf(() => resolveConfig({ flags }))[0]?.message).toBe(
      'models.inputSize: 300 (from flag --set) is not allowed; allowed: a multiple of 32 from 64 to 1280 (pixels)',
    );
  });

  it('suggests the key somebody meant', () => {
    const meant = (run: () => unknown) => issuesOf(run)[0]?.message;
    expect(meant(() => resolveConfig(yaml('server: {prot: 1}')))).toMatch(/node\.yaml:1.*did you mean server\.port\?/);
    expect(meant(() => resolveConfig(yaml('sever: {port: 1}')))).toMatch(/did you mean server\?/);
    expect(meant(() => resolveConfig({ env: { CAMSHARD_PORT: '1' } }))).toMatch(/did you mean CAMSHARD_SERVER__PORT\?/);
    expect(meant(() => resolveConfig(yaml('devices: [{kind: cpu, treads: 1}]')))).toMatch(/did you mean threads\?/);
  });

  it('lists the known keys where nothing is near', () => {
    expect(issuesOf(() => resolveConfig(yaml('server: {colour: red}')))[0]?.message).toMatch(
      /known are server\.host, /,
    );
  });

  it('reports everything wrong at once', () => {
    const text = 'server: {port: -1, prot: 2}\nmodels: {inputSize: 1}\ndevices: [{kind: gpu}]\n';
    const keys = issuesOf(() => resolveConfig(yaml(text))).map((i) => i.key);
    expect(keys.sort()).toEqual(['devices[0].kind', 'models.inputSize', 'server.port', 'server.prot']);
  });

  it('lists every kind of device where the kind is wrong', () => {
    const message = issuesOf(() => resolveConfig(yaml('devices: [{kind: gpu}]')))[0]?.message;
    expect(message).toMatch(/"gpu".*one of .*cpu.*simulated/);
  });

  it('never prints a secret, however wrong it is', () => {
    const message = issuesOf(() => resolveConfig({ env: { CAMSHARD_AUTH__TOKEN: 'hunter2' } }))[0]?.message ?? '';
    expect(message).toMatch(/auth\.token.*text of 16 to 512 characters/);
    expect(message).not.toContain('hunter2');
  });

  it('says where YAML is broken', () => {
    expect(issuesOf(() => resolveConfig(yaml('server:\n  port: [1\n')))[0]).toMatchObject({ code: 'config_syntax' });
    expect(issuesOf(() => resolveConfig(yaml('a: 1\na: 2\n')))[0]?.message).toMatch(/^node\.yaml:2: /);
    expect(issuesOf(() => resolveConfig(yaml('- 1\n')))[0]?.message).toMatch(/a map of sections/);
  });

  it('takes __proto__ for an unknown key like any other', () => {
    expect(issuesOf(() => resolveConfig(yaml('__proto__: {port: 1}')))[0]?.code).toBe('config_unknown_key');
    expect(issuesOf(() => resolveConfig({ env: { CAMSHARD_SERVER: '{"__proto__": {"a": 1}}' } }))[0]?.code).toBe(
      'config_unknown_key',
    );
    expect(({} as Record<string, unknown>).port).toBeUndefined();
  });
});

describe('rules between keys', () => {
  it('refuses to bind what other machines reach while no token is set', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'camshard.example.org']) {
      const [issue] = issuesOf(() => resolveConfig({ flags: [{ flag: '--host', key: 'server.host', value: host }] }));
      expect(issue?.code).toBe('config_rule');
      expect(issue?.message).toMatch(/auth\.token.*127\.0\.0\.1 \(from flag --host\)/);
    }
  });

  it('binds any address once a token is set', () => {
    const env = { CAMSHARD_SERVER__HOST: '0.0.0.0', CAMSHARD_AUTH__TOKEN: TOKEN };
    expect(resolveConfig({ env }).config.server.host).toBe('0.0.0.0');
  });

  it('knows loopback addresses, and takes no name but localhost for one', () => {
    expect(['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1'].map(isLoopback)).toEqual(
      Array.from({ length: 6 }, () => true),
    );
    expect(['127.evil.example', '0.0.0.0', '::', 'localhost.example', '10.0.0.1'].map(isLoopback)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });

  it('refuses a batch delay that eats the whole deadline', () => {
    const message = issuesOf(() => resolveConfig(yaml('batching: {frameDeadlineMs: 5, batchDelayMsMax: 5}')))[0]
      ?.message;
    expect(message).toMatch(/^batching\.batchDelayMsMax: 5 ms must be under/);
  });
});

describe('what is shown', () => {
  it('hides secrets and leaves the rest', () => {
    const { config } = resolveConfig({ env: { CAMSHARD_AUTH__TOKEN: TOKEN } });
    expect(redactConfig(config)).toMatchObject({ auth: { token: '***' }, server: { port: 8080 } });
    expect(config.auth.token).toBe(TOKEN);
    expect(redactConfig(resolveConfig({}).config)).toMatchObject({ auth: { token: null } });
  });

  it('hides secrets in lists and in addresses', () => {
    const { config } = resolveConfig(
      yaml(
        [
          'alerts:',
          '  webhooks: [{name: chat, url: "https://hooks.example.org/services/T0/SECRET1", secret: SECRET2-0123456789}]',
          '  mqtt: {url: "mqtt://me:SECRET3@broker:1883", username: me, password: SECRET4}',
          'redis: {url: "redis://:SECRET5@redis:6379/0"}',
          'history:',
          '  url: "postgres://ops:SECRET6@db/camshard?password=SECRET7&application_name=x"',
          '  replicas: ["postgresql://ops:SEC@RET8@replica/camshard"]',
        ].join('\n'),
      ),
    );
    const shown = redactConfig(config);
    expect(JSON.stringify(shown)).not.toMatch(/SEC/);
    expect(shown).toMatchObject({
      alerts: {
        webhooks: [{ name: 'chat', url: 'https://hooks.example.org/***', secret: '***' }],
        mqtt: { url: 'mqtt://***@broker:1883', username: 'me', password: '***' },
      },
      redis: { url: 'redis://***@redis:6379/0' },
      history: {
        url: 'postgres://***@db/camshard?password=***&application_name=x',
        replicas: ['postgresql://***@replica/camshard'],
      },
    });
  });

  it.each([
    'alerts: {webhooks: [{name: chat, url: "SECRET", secret: short}]}',
    'alerts: {webhooks: {url: SECRET}}',
    'alerts: {webhooks: [SECRET]}',
    'alerts: {mqtt: {url: "http://u:SECRET@x", password: 7}}',
    'alerts: SECRET',
    'redis: {url: "http://:SECRET@x"}',
    'history: {replicas: ["mysql://u:SECRET@x"]}',
  ])('names no secret in an error: %s', (text) => {
    try {
      resolveConfig(yaml(text));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigIssuesError);
      expect(String(error)).not.toContain('SECRET');
    }
  });

  it('has a reason for every key', () => {
    expect(describeKeys().filter((k) => k.reason === '' && !k.key.startsWith('server.tls'))).toEqual([]);
  });

  it('counts swapped neighbours as one edit', () => {
    expect(editDistance('prot', 'port')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});

describe('documents made from the schema', () => {
  const hint = 'made from config/schema.ts; run `camshard config defaults` or `camshard config docs` again';

  it('keeps config/default.yaml equal to the defaults', () => {
    const text = readFileSync(join(root, 'config/default.yaml'), 'utf8');
    expect(parse(text)).toEqual(nodeConfigSchema.parse({}));
    expect(resolveConfig(yaml(text)).config).toEqual(nodeConfigSchema.parse({}));
    expect(text, hint).toBe(renderDefaultYaml());
  });

  it('keeps docs/configuration.md current', () => {
    expect(readFileSync(join(root, 'docs/configuration.md'), 'utf8'), hint).toBe(renderConfigDocs());
  });
});
