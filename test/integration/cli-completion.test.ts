import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliScript } from './fixtures/processes.ts';

/** Of a node: as much as completion asks for. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/v1/cameras': {
    cameras: [{ camera: 'north-1', connected: true, node: 'n1' }, { camera: 'north-2' }, { camera: 'gate' }],
  },
  '/v1/cluster': { members: [{ node: 'node-1', alive: true }, { node: 'node-2' }], shardCount: 4 },
  '/v1/alerts': { alerts: [{ id: 'north-1:queue:3', title: 'Queue' }] },
};

let dir = '';
let node: Server;
let env: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-complete-'));
  mkdirSync(join(dir, 'bin'));
  symlinkSync(cliScript, join(dir, 'bin', 'camshard'));
  writeFileSync(join(dir, 'settings-of-north.yaml'), '');
  node = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(ANSWERS[new URL(request.url ?? '', 'http://x').pathname] ?? {}));
  });
  await new Promise<void>((done) => node.listen(0, '127.0.0.1', done));
  env = {
    HOME: dir,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    PATH: [join(dir, 'bin'), process.env.PATH].join(delimiter),
    CAMSHARD_URL: `http://127.0.0.1:${(node.address() as AddressInfo).port}`,
  };
});

afterAll(async () => {
  node.closeAllConnections();
  await new Promise((done) => node.close(done));
  rmSync(dir, { recursive: true, force: true });
});

/** Runs a shell to its end. @throws Error naming the program where it is not installed */
function shell(program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: dir, env: { ...env, ...more }, timeout: 30_000 };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if ('code' in error && error.code === 'ENOENT')
        reject(new Error(`${program} is not installed: apt-get install ${program}`));
      else reject(new Error(`${program}: ${error.message}\n${stdout}\n${stderr}`));
    });
  });
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** What the function of bash replies to a line. */
async function inBash(line: string): Promise<string[]> {
  const script = `
    source <(camshard completion bash)
    complete -p camshard >&2
    COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDS=(camshard) COMP_CWORD=1
    _camshard && printf '%s\\n' "\${COMPREPLY[@]}"`;
  return linesOf(await shell('bash', ['--norc', '-c', script, 'bash', line]));
}

/** Candidates that fish itself offers for a line, without what they are. */
async function inFish(line: string): Promise<string[]> {
  const script = 'source (camshard completion fish | psub); complete -C $argv[1]';
  return linesOf(await shell('fish', ['--no-config', '-c', script, line])).map((text) => text.split('\t')[0] ?? '');
}

/**
 * What a shell shows when the line is typed and tab pressed, in a terminal of its own (zsh/zpty), until it holds `until`.
 * `load` makes it load its completion.
 */
async function typed(program: string, load: string, line: string, until: string): Promise<string> {
  const script = `
    zmodload zsh/zpty || exit 9
    zpty -e terminal ${program}
    zpty -w terminal ${JSON.stringify(`${load}; echo lo''aded`)}
    zpty -r terminal shown '*loaded*'
    zpty -w -n terminal "$1"$'\\t'
    zpty -r terminal shown "*$2*"
    print -r -- "$shown"
    zpty -d terminal`;
  return shell('zsh', ['-f', '-c', script, 'zsh', line, until]);
}

const ZSH = 'autoload -U compinit && compinit -u -D && source <(camshard completion zsh)';
const BASH = 'source <(camshard completion bash)';

describe('completion in bash', () => {
  it('offers commands, options, values and ids', async () => {
    expect(await inBash('camshard cam')).toEqual(['cameras']);
    expect(await inBash('camshard shards move --to ')).toEqual(['node-1', 'node-2']);
    expect(await inBash('camshard cameras watch no')).toEqual(['north-1', 'north-2']);
    // = and : break words in bash: only what follows them is put in.
    expect(await inBash('camshard alerts ls --severity=c')).toEqual(['critical']);
    expect(await inBash('camshard alerts ack north-1:q')).toEqual(['queue:3']);
  });

  it('evaluates nothing of what is typed', async () => {
    expect(await inBash(`camshard push "$(touch ${join(dir, 'run')})" --`)).toContain('--source');
    expect(await shell('bash', ['-c', 'ls'])).not.toContain('run');
  });

  it('puts the only candidate into the line at the key, files too', async () => {
    expect(await typed('bash --norc -i', BASH, 'camshard alerts ls --severity=cr', 'itical')).toContain('itical');
    expect(await typed('bash --norc -i', BASH, 'camshard cameras validate sett', 'north.yaml')).toContain(
      'settings-of-north',
    );
  });
});

describe('completion in zsh', () => {
  it('puts the only candidate into the line', async () => {
    expect(await typed('zsh -f -i', ZSH, 'camshard alerts ls --severity=cr', 'itical')).toContain('itical');
    expect(await typed('zsh -f -i', ZSH, 'camshard alerts ack nor', ':3')).toMatch(/queue\\?:3/);
    expect(await typed('zsh -f -i', ZSH, 'camshard cameras validate sett', 'north.yaml')).toContain(
      'ings-of-north.yaml',
    );
  });

  it('lists several with what they are', async () => {
    const shown = await typed('zsh -f -i', ZSH, 'camshard cameras watch north-', 'north-2');
    expect(shown).toMatch(/north-1/);
    expect(await typed('zsh -f -i', ZSH, 'camshard shards p', 'on one node')).toMatch(
      /pin +-- have a shard on one node/,
    );
  });
});

describe('completion in fish', () => {
  it('offers commands, options, values, ids and files', async () => {
    expect(await inFish('camshard cam')).toEqual(['cameras']);
    expect(await inFish('camshard shards move --t')).toEqual(['--timeout', '--to', '--token']);
    expect(await inFish('camshard shards move --to ')).toEqual(['node-1', 'node-2']);
    expect(await inFish('camshard cameras watch no')).toEqual(['north-1', 'north-2']);
    expect(await inFish('camshard alerts ls --severity=c')).toEqual(['--severity=critical']);
    expect(await inFish('camshard alerts ack ')).toEqual(['north-1:queue:3']);
    expect(await inFish('camshard cameras validate sett')).toEqual(['settings-of-north.yaml']);
  });
});

describe('completion in any shell', () => {
  it('is silent and quick where no node answers', async () => {
    const nowhere = { CAMSHARD_URL: 'http://127.0.0.1:1' };
    expect(await shell('camshard', ['complete', 'words', 'cameras', 'watch', ''], nowhere)).toBe('');
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect(await shell('camshard', ['complete', 'words', 'cameras', 'watch', ''], { CAMSHARD_URL: url })).toBe('');
    silent.closeAllConnections();
    silent.close();
  });

  it('asks the node once for keys pressed one after the other', async () => {
    let questions = 0;
    const counted = () => questions++;
    node.on('request', counted);
    const runtime = { XDG_RUNTIME_DIR: join(dir, 'runtime') };
    mkdirSync(runtime.XDG_RUNTIME_DIR);
    const ask = () => shell('camshard', ['complete', 'words', 'shards', 'move', '--to', ''], runtime);
    const first = await ask();
    expect(first).toContain('node-2');
    for (let again = 0; again < 3; again++) expect(await ask()).toBe(first);
    node.off('request', counted);
    // On a machine so busy that seconds pass in between it is asked again: not each time.
    expect(questions).toBeGreaterThan(0);
    expect(questions).toBeLessThan(4);
  });
});
