import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { errorCode, errorMessage } from '../../../core/errors.ts';
import { CgroupMemoryReader } from '../../../models/device/memory/cgroup-memory.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';

const GIB = 1024 ** 3;
/** What a node with the default model on a CPU was seen to take, with room for frames. */
const MEMORY_BYTES_ADVISED = GIB;

export function checkNode(version = process.versions.node): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major >= 22 || (major === 20 && minor >= 11);
  const detail = `Node.js ${version}, ${process.platform} ${process.arch}`;
  return fits ? ok('node', detail) : fail('node', detail, 'Camshard needs Node.js 20.11 or newer (20 or 22)');
}

export function checkCpu(): CheckResult {
  const cores = availableParallelism();
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const detail = `${cores} ${cores === 1 ? 'core' : 'cores'}, ${model}`;
  if (cores >= 2) return ok('cpu', detail);
  return warn('cpu', detail, 'decoding and inference share one core; two or more are advised');
}

/** Memory of the machine, or what a container may use of it. */
export async function checkMemory(reader = new CgroupMemoryReader()): Promise<CheckResult> {
  const { from, totalBytes } = await reader.bound();
  const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;
  const detail =
    from === 'machine' ? gib(totalBytes) : `${gib(totalBytes)} (${from} limit; the machine has ${gib(totalmem())})`;
  if (totalBytes >= MEMORY_BYTES_ADVISED) return ok('memory', detail);
  return warn('memory', detail, `${gib(MEMORY_BYTES_ADVISED)} are advised for a node with the default model`);
}

export async function checkFfmpeg(): Promise<CheckResult> {
  const found = await run('ffmpeg', ['-hide_banner', '-version']);
  if (found.kind === 'ok') return ok('ffmpeg', found.stdout.split('\n')[0]?.replace(/ Copyright.*/, '') ?? 'found');
  return warn(
    'ffmpeg',
    found.missing ? 'not installed' : `does not run: ${found.why}`,
    'camshard push needs it for videos and RTSP; folders of JPEGs work without. Debian, Ubuntu: apt-get install ffmpeg',
  );
}

export type RunResult =
  | { readonly kind: 'ok'; readonly stdout: string }
  | { readonly kind: 'failed'; readonly missing: boolean; readonly why: string };

/** Runs a program for at most 5 s. */
export function run(program: string, args: readonly string[]): Promise<RunResult> {
  return new Promise((done) => {
    execFile(program, [...args], { timeout: 5_000, maxBuffer: 1024 * 1024 }, (error, stdout) => {
      if (error === null) done({ kind: 'ok', stdout });
      else
        done({ kind: 'failed', missing: errorCode(error) === 'ENOENT', why: errorMessage(error).split('\n')[0] ?? '' });
    });
  });
}

/** Binds the address a node would and lets it go again. */
export function checkPort(host: string, port: number): Promise<CheckResult> {
  const where = `${host}:${port}`;
  if (port === 0) return Promise.resolve(ok('port', 'any free one'));
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        done(warn('port', `${where} is taken`, 'a node may be running there already; else choose another with --port'));
      } else if (error.code === 'EACCES') {
        done(
          fail('port', `${where} may not be bound by this user`, 'take a port from 1024, or give the right to bind it'),
        );
      } else {
        done(fail('port', `${where}: ${errorMessage(error)}`));
      }
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(ok('port', `${where} is free`))));
  });
}

/** Writes a file into the data folder, or where it will be made, as a node would. */
export async function checkDataDir(dataDir: string): Promise<CheckResult> {
  const dir = resolve(dataDir);
  let existing = dir;
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing);
  const probe = join(existing, `.camshard-doctor-${process.pid}`);
  try {
    await writeFile(probe, 'x');
    await rm(probe);
    return ok('data', existing === dir ? `${dir} can be written` : `${dir} can be made`);
  } catch (error) {
    return fail('data', `${dir} cannot be written: ${errorMessage(error)}`, 'choose another folder with --data');
  }
}
