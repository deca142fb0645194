import { CommanderError, InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../config/load.ts';
import { CamshardError } from '../../../core/errors.ts';
import type { CameraSummary } from '../../../core/protocol.ts';
import { cameraTable } from '../../../src/cli/cameras/ls.ts';
import { watchLine } from '../../../src/cli/cameras/watch.ts';
import { showConfig } from '../../../src/cli/config-view.ts';
import { EXIT, reportError, SilentExit, UsageError } from '../../../src/cli/exit.ts';
import { keyValue, nodeAddress, numberWithin, wholeNumber } from '../../../src/cli/options.ts';
import { buildProgram } from '../../../src/cli/program.ts';
import { demoCameras } from '../../../src/cli/run-up.ts';
import { NodeProblem } from '../../../src/client/node-problem.ts';

describe('options', () => {
  it('takes numbers within their bounds only', () => {
    expect(wholeNumber(0, 10)('7')).toBe(7);
    expect(numberWithin(0.1, 10)('2.5')).toBe(2.5);
    for (const text of ['', '-1', '1.5', '11', 'x', '1e1']) {
      expect(() => wholeNumber(0, 10)(text)).toThrow(InvalidArgumentError);
    }
    for (const text of ['', '0', '11', 'x', 'NaN'])
      expect(() => numberWithin(0.1, 10)(text)).toThrow(InvalidArgumentError);
  });

  it('gathers KEY=VALUE, values with = included', () => {
    expect(keyValue('a.b=c=d', keyValue('x=1'))).toEqual([
      { key: 'x', value: '1' },
      { key: 'a.b', value: 'c=d' },
    ]);
    expect(() => keyValue('=1')).toThrow(InvalidArgumentError);
  });

  it('finds the node by flag, then by variable, then on this machine', () => {
    const env = { CAMSHARD_URL: 'http://a', CAMSHARD_TOKEN: 't' };
    expect(nodeAddress({ url: 'http://b' }, env)).toEqual({ url: 'http://b', token: 't', verifyTls: true });
    expect(nodeAddress({}, env).url).toBe('http://a');
    expect(nodeAddress({ insecure: true }, {})).toEqual({
      url: 'http://127.0.0.1:8080',
      token: undefined,
      verifyTls: false,
    });
  });
});

describe('errors of commands', () => {
  const report = (error: unknown, json = false): { code: number; text: string } => {
    let text = '';
    const code = reportError(error, json, (t) => {
      text += t;
    });
    return { code, text };
  };

  it('exits with 2 for what is wrong in what was asked, and with 1 for faults', () => {
    expect(report(new UsageError('bad id'))).toEqual({ code: 2, text: 'camshard: bad id\n' });
    expect(report(new CamshardError('source_empty', 'no picture'))).toEqual({
      code: 1,
      text: 'camshard: no picture\n',
    });
    expect(report(new SilentExit(1))).toEqual({ code: 1, text: '' });
    let thrown: unknown;
    try {
      resolveConfig({ env: { CAMSHARD_SERVER__PORT: 'x' } });
    } catch (error) {
      thrown = error;
    }
    expect(report(thrown).code).toBe(2);
  });

  it('tells apart what was not reached and what refused, and says what to do next', () => {
    const unreachable = report(new CamshardError('node_unreachable', 'no node'));
    expect(unreachable.code).toBe(EXIT.unreachable);
    expect(unreachable.text).toMatch(/^camshard: no node\n.*camshard up.*--url/);
    const wrong = report(new NodeProblem(401, 'token_wrong', 'no'), true);
    expect(wrong.code).toBe(EXIT.refused);
    expect(JSON.parse(wrong.text)).toMatchObject({
      error: { code: 'token_wrong', hint: expect.stringContaining('--token') },
    });
    expect(report(new NodeProblem(400, 'bad_query', 'no')).code).toBe(EXIT.usage);
    expect(report(new NodeProblem(500, 'internal_error', 'no')).code).toBe(EXIT.fault);
  });

  it('prints the stack of bugs only', () => {
    expect(report(new TypeError('oops')).text).toMatch(/oops[\s\S]*at /);
  });

  it('prints JSON where asked', () => {
    expect(JSON.parse(report(new CamshardError('x', 'y'), true).text)).toEqual({ error: { code: 'x', message: 'y' } });
  });
});

describe('the program', () => {
  it('knows every command but loads only the one asked for', async () => {
    const program = await buildProgram(['push']);
    expect(program.commands.map((c) => c.name())).toEqual([
      'up',
      'push',
      'cameras',
      'alerts',
      'history',
      'replay',
      'overload',
      'events',
      'logs',
      'quarantine',
      'cluster',
      'nodes',
      'shards',
      'models',
      'config',
      'doctor',
      'completion',
      'schema',
      'help',
    ]);
    expect(program.commands.find((c) => c.name() === 'push')?.options.length).toBeGreaterThan(5);
    expect(program.commands.find((c) => c.name() === 'up')?.options).toEqual([]);
  });

  it('throws instead of leaving the process, in commands too', async () => {
    const program = await buildProgram(['config']);
    program.configureOutput({ writeErr: () => {} });
    for (const command of program.commands) command.configureOutput({ writeErr: () => {} });
    await expect(program.parseAsync(['config', '--nonsense'], { from: 'user' })).rejects.toThrow(CommanderError);
  });
});

describe('demo cameras', () => {
  const of = (asked: number | false | undefined, flags: { key: string; value: string }[], file?: string) =>
    demoCameras(
      asked,
      resolveConfig({
        flags: flags.map((f) => ({ flag: '--set', ...f })),
        ...(file === undefined ? {} : { file: { name: 'node.yaml', text: file } }),
      }),
    );

  it('are there on a first look and not on a node that somebody configured or that others reach', () => {
    const open = [
      { key: 'server.host', value: '0.0.0.0' },
      { key: 'auth.token', value: 'abcdefghijklmnop' },
    ];
    expect(of(undefined, [])).toBe(4);
    expect(of(undefined, [], 'server: {port: 1}')).toBe(0);
    expect(of(undefined, open)).toBe(0);
    expect(of(7, open)).toBe(7);
    expect(of(false, [])).toBe(0);
  });
});

describe('what commands print', () => {
  it('shows the configuration as YAML with the source of what was set', () => {
    const { config, origins } = resolveConfig({ env: { CAMSHARD_SERVER__PORT: '7' } });
    const text = showConfig(config, origins);
    expect(text).toMatch(/^ {2}port: 7 # CAMSHARD_SERVER__PORT$/m);
    expect(text).toMatch(/^ {2}host: 127\.0\.0\.1$/m);
  });

  it('shows a watched frame in one line', () => {
    const head = {
      type: 'frame',
      camera: 'c',
      seq: 3,
      receivedAt: 0,
      latencyMs: 12.34,
      model: 'm',
      width: 1,
      height: 1,
    } as const;
    expect(watchLine({ ...head, detections: [] })).toBe('00:00:00.000  frame 3  12.3 ms  nothing');
    const detections = [{ label: 'car', classId: 2, score: 0.723, box: [0.1, 0.2, 0.3, 0.4] as const }];
    expect(watchLine({ ...head, detections })).toBe('00:00:00.000  frame 3  12.3 ms  car 0.72 (0.10,0.20,0.30,0.40)');
  });

  it('shows cameras as a table, with dashes for what is not known yet', () => {
    const ledger = {
      received: 9,
      inferred: 5,
      gated: 0,
      shed: { expired: 3, superseded: 1 },
      rejected: {},
      lost: {},
      inFlight: 0,
    };
    const row = {
      camera: 'gate',
      shard: 1,
      node: 'n',
      via: 'n',
      connected: true,
      fpsIn: 10,
      fpsOut: 5,
      latencyMs: null,
    };
    const asked = { targetFps: 2, priority: 'low', device: 'cpu-0', crashes: 0 } as const;
    const gate = { ...row, ...asked, width: null, height: null, lastFrameAt: null, ledger };
    const cells = (camera: CameraSummary) => cameraTable([camera]).split('\n')[1]?.split(/ {2,}/);
    const figures = ['low', '2.0', '10.0', '5.0', '-', '-', '9', '5', '4', '0', '0'];
    expect(cells(gate)).toEqual(['gate', 'connected', ...figures]);
    expect(cells({ ...gate, connected: false, crashes: 2 })).toEqual(['gate', 'away, 2 crashes', ...figures]);
  });
});
