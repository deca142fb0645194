import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { EXIT } from '../../src/cli/exit.ts';
import { outputSchemas } from '../../src/cli/schema/output-schemas.ts';
import { camshard, cliScript, eventually, Running } from './fixtures/processes.ts';

const NOWHERE = 'http://127.0.0.1:1';
const isError = new Ajv2020({ strict: false }).compile(outputSchemas('error')?.[0]?.schema ?? false);

/** What the node answers by path; what is not here it answers with 404. */
const PROBLEMS: Readonly<Record<string, { status: number; code: string }>> = {
  '/v1/events': { status: 401, code: 'token_missing' },
  '/v1/alerts': { status: 500, code: 'internal_error' },
  '/v1/history/counts': { status: 400, code: 'bad_query' },
  '/v1/nodes': { status: 503, code: 'no_coordinator' },
};

let dir = '';
let node: Server;
let url = '';

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-exit-'));
  const live = new WebSocketServer({ noServer: true });
  node = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    response.setHeader('content-type', 'application/json');
    if (pathname === '/v1/overload') {
      response.end(
        JSON.stringify({ rung: 0, rungs: [{ kind: 'normal', inputSize: 320 }], sinceAt: 0, why: '', load: {} }),
      );
      return;
    }
    if (pathname === '/v1/cluster/events') {
      response.end(JSON.stringify({ items: [], next: null }));
      return;
    }
    if (pathname === '/v1/cameras') {
      const cameras = Array.from({ length: 900 }, (_, i) => ({ camera: `camera-${i}`, text: 'x'.repeat(200) }));
      response.end(JSON.stringify({ cameras, next: null }));
      return;
    }
    const { status, code } = PROBLEMS[pathname] ?? { status: 404, code: 'unknown_camera' };
    response.statusCode = status;
    response.end(JSON.stringify({ status, code, detail: `because of ${code}` }));
  });
  node.on('upgrade', (request, socket, head) => live.handleUpgrade(request, socket, head, () => {}));
  await new Promise<void>((done) => node.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
});

afterAll(async () => {
  node.closeAllConnections();
  await new Promise((done) => node.close(done));
  rmSync(dir, { recursive: true });
});

/** The error a command prints as JSON, held against its schema; the exit code with and without --json is the same. */
async function failure(
  ...args: string[]
): Promise<{ code: number | null; error: Record<string, unknown>; text: string }> {
  const [plain, json] = await Promise.all([camshard(args), camshard([...args, '--json'])]);
  expect(json.code, args.join(' ')).toBe(plain.code);
  expect(plain.stdout).toBe('');
  expect(json.stdout).toBe('');
  const value = JSON.parse(json.stderr) as { error: Record<string, unknown> };
  expect(isError(value), JSON.stringify(isError.errors)).toBe(true);
  expect(json.stderr.trim().split('\n')).toHaveLength(1);
  return { code: json.code, error: value.error, text: plain.stderr };
}

describe('exit codes', () => {
  it('are 2 where the command line is wrong, with what was meant', async () => {
    const misspelt = await failure('camears', 'ls');
    expect(misspelt).toMatchObject({ code: EXIT.usage, error: { code: 'usage' } });
    expect(misspelt.text).toMatch(/Did you mean cameras\?/);
    expect((await failure('shards', 'mvoe')).text).toMatch(/Did you mean move\?/);
    expect((await failure('alerts', 'ls', '--severty', 'info')).text).toMatch(/Did you mean --severity\?/);
    expect((await failure('alerts', 'ls', '--severity', 'bad')).text).toMatch(
      /Allowed choices are info, warning, critical/,
    );
    expect((await failure('help', 'shards', 'nonsense')).code).toBe(EXIT.usage);
    expect((await failure('nodes', 'drain')).text).toMatch(/missing required argument 'node'/);
  });

  it('are 2 where a configuration or a file of settings is wrong', async () => {
    const file = join(dir, 'node.yaml');
    writeFileSync(file, 'server:\n  port: 70000\n');
    const config = await failure('up', '--config', file);
    expect(config).toMatchObject({ code: EXIT.usage, error: { issues: [{ key: 'server.port' }] } });
    writeFileSync(file, 'pipeline: nonsense\n');
    expect((await failure('cameras', 'validate', file)).code).toBe(EXIT.usage);
    expect((await failure('history', 'counts', '--from', 'nonsense', '--url', url)).code).toBe(EXIT.usage);
  });

  it('are 1 for faults', async () => {
    expect((await failure('cameras', 'validate', join(dir, 'none.yaml'))).code).toBe(EXIT.fault);
    expect((await failure('alerts', 'ls', '--url', url)).code).toBe(EXIT.fault);
  });

  it('are 3 where no node is reached, with how to start one', async () => {
    for (const command of [
      ['cameras', 'ls'],
      ['alerts', 'tail'],
      ['events', '--follow'],
      ['nodes', 'ls'],
      ['cameras', 'watch', 'x'],
    ]) {
      const ended = await failure(...command, '--url', NOWHERE);
      expect([...command, ended.code]).toEqual([...command, EXIT.unreachable]);
      expect(ended.error).toMatchObject({ code: 'node_unreachable', hint: expect.stringContaining('camshard up') });
      expect(ended.text).toMatch(/127\.0\.0\.1:1[\s\S]*camshard up.*--url/);
    }
  });

  it('are 4 where the node refuses, with what to do', async () => {
    const token = await failure('events', '--url', url);
    expect(token).toMatchObject({ code: EXIT.refused, error: { code: 'token_missing' } });
    expect(token.text).toMatch(/because of token_missing[\s\S]*--token TOKEN or CAMSHARD_TOKEN/);
    expect((await failure('cameras', 'get', 'north', '--url', url)).code).toBe(EXIT.refused);
    expect((await failure('nodes', 'ls', '--url', url)).code).toBe(EXIT.refused);
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['cameras watch', ['cameras', 'watch', 'north']],
    ['overload show', ['overload', 'show', '--follow', '--json']],
    ['cluster events', ['cluster', 'events', '--follow']],
  ])('ends what follows with 0: %s', async (_name, args) => {
    let asked = false;
    const see = (): void => {
      asked = true;
    };
    node.on('request', see).on('upgrade', see);
    const following = new Running(cliScript, [...args, '--url', url]);
    try {
      await eventually(() => expect(asked, following.stderr).toBe(true));
      following.kill('SIGINT');
      expect(await following.ended).toMatchObject({ code: EXIT.ok, signal: null });
    } finally {
      node.off('request', see).off('upgrade', see);
      await following.end();
    }
  });
});

describe('a reader that goes away', () => {
  it('ends the output without a stack trace, with 0', async () => {
    const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
      process.execPath,
      [cliScript, 'cameras', 'ls', '--json', '--url', url],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((done) => child.on('close', done));
    expect(code).toBe(EXIT.ok);
    expect(said).toBe('');
  });
});
