import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KILL_AFTER_GRACE_MS } from '../../../config/limits.ts';
import { resolveConfig } from '../../../config/load.ts';

const UNIT = 'deploy/systemd/camshard.service';

/** `section.Key` → values, in order. */
function readUnit(path: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let section = '';
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const head = /^\[(\w+)\]$/.exec(line)?.[1];
    const [, key, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (head !== undefined) section = head;
    else if (key === undefined) throw new Error(`${path}: ${line}`);
    else found.set(`${section}.${key}`, [...(found.get(`${section}.${key}`) ?? []), value]);
  }
  return found;
}

describe('deploy/systemd/camshard.service', () => {
  const unit = readUnit(UNIT);
  const one = (key: string): string => {
    const values = unit.get(`Service.${key}`) ?? [];
    if (values.length !== 1 || values[0] === undefined) throw new Error(`${values.length} of ${key}`);
    return values[0];
  };
  const env = Object.fromEntries(
    one('Environment')
      .split(' ')
      .map((pair) => pair.split('=') as [string, string]),
  );

  it('starts a command that exists, in the folder that systemd makes', () => {
    const [node, script, ...args] = one('ExecStart').split(' ');
    expect(node).toBe('/usr/bin/node');
    expect(script).toBe('/opt/camshard/dist/src/cli/main.js');
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: { camshard: string } };
    expect(script).toBe(`/opt/camshard/${bin.camshard}`);
    const options = readFileSync('src/cli/up.ts', 'utf8');
    expect(args[0]).toBe('up');
    for (const option of args.slice(1)) expect(options).toContain(`'${option}'`);
    const { CAMSHARD_CONFIG, ...others } = env;
    expect(CAMSHARD_CONFIG).toMatch(/^\/etc\/camshard\//);
    expect(resolveConfig({ env: others }).config.node.dataDir).toBe(`/var/lib/${one('StateDirectory')}`);
    expect(one('WorkingDirectory')).toBe(`/var/lib/${one('StateDirectory')}`);
  });

  it('waits for a node of a cluster to drain', () => {
    const { cluster, shutdown } = resolveConfig({}).config;
    expect(Number(one('TimeoutStopSec')) * 1_000).toBeGreaterThan(
      cluster.drainMsMax + shutdown.graceMs + KILL_AFTER_GRACE_MS + 5_000,
    );
    expect(one('KillMode')).toBe('mixed');
  });

  it('does not try again what is wrong in the configuration', () => {
    expect(one('RestartPreventExitStatus')).toBe('2');
    expect(one('Restart')).toBe('on-failure');
  });

  it('runs as nobody in particular, without rights, and writes to its folder only', () => {
    for (const key of ['DynamicUser', 'NoNewPrivileges', 'PrivateTmp', 'PrivateDevices', 'ProtectHome']) {
      expect([key, one(key)]).toEqual([key, 'yes']);
    }
    expect([one('ProtectSystem'), one('CapabilityBoundingSet'), one('AmbientCapabilities')]).toEqual([
      'strict',
      '',
      '',
    ]);
    // V8 compiles to memory.
    expect(unit.has('Service.MemoryDenyWriteExecute')).toBe(false);
    // Seen in use by strace.
    expect(unit.get('Service.SystemCallFilter')).toEqual(['@system-service @pkey', '~@privileged', '@chown']);
  });

  it('has its secrets in a file that only root reads, and none in itself', () => {
    expect(one('EnvironmentFile')).toBe('-/etc/camshard/camshard.env');
    expect(one('Environment')).not.toMatch(/TOKEN|SECRET|PASSWORD/);
  });

  it('opens to a node with cards their devices, and nothing else', () => {
    const cuda = readUnit('deploy/systemd/cuda.conf');
    expect(cuda.get('Service.PrivateDevices')).toEqual(['no']);
    expect(cuda.get('Service.DevicePolicy')).toEqual(['closed']);
    for (const device of cuda.get('Service.DeviceAllow') ?? []) expect(device).toMatch(/nvidia.* rw$/);
    expect([...cuda.keys()].every((key) => key.startsWith('Service.'))).toBe(true);
  });

  it('points to documentation that is there', () => {
    const [page = ''] = unit.get('Unit.Documentation') ?? [];
    expect(existsSync(page.replace('file:/opt/camshard/', ''))).toBe(true);
  });
});
