import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A fenced block of a guide that a test takes as it stands. */
export interface Snippet {
  /** `file`: kept under its name; `run`: a shell script. */
  readonly kind: 'file' | 'run';
  readonly name: string;
  readonly code: string;
}

const MARKER = /<!-- (file|run): (\S+) -->\n```\w*\n([\s\S]*?)\n```/g;

/** Blocks of a document with `<!-- file: NAME -->` or `<!-- run: NAME -->` on the line above, in their order. */
export function snippetsOf(path: string): readonly Snippet[] {
  const text = readFileSync(path, 'utf8');
  const found = [...text.matchAll(MARKER)].map(([, kind = '', name = '', code = '']) => ({
    kind: kind as Snippet['kind'],
    name,
    code,
  }));
  const markers = text.match(/<!-- (file|run): /g)?.length ?? 0;
  if (found.length !== markers) throw new Error(`${path}: a marker without a block right below it`);
  return found;
}

/** A tool of Debian's that a guide needs. */
export interface GuideTool {
  readonly package: string;
  /** Shell command that succeeds where it is there. */
  readonly check: string;
}

export const GUIDE_TOOLS = {
  ffmpeg: { package: 'ffmpeg', check: 'command -v ffmpeg' },
  curl: { package: 'curl', check: 'command -v curl' },
  python: { package: 'python3', check: 'python3 -c ""' },
  websockets: { package: 'python3-websockets', check: 'python3 -c "import websockets"' },
  pythonRedis: { package: 'python3-redis', check: 'python3 -c "import redis"' },
  go: { package: 'golang-go', check: 'command -v go' },
  gorilla: {
    package: 'golang-github-gorilla-websocket-dev',
    check: 'test -d /usr/share/gocode/src/github.com/gorilla/websocket',
  },
  mono: { package: 'mono-mcs', check: 'command -v mcs' },
  gstreamer: { package: 'gstreamer1.0-tools', check: 'command -v gst-launch-1.0' },
  gstreamerBase: { package: 'gstreamer1.0-plugins-base', check: 'gst-inspect-1.0 videotestsrc' },
  gstreamerGood: { package: 'gstreamer1.0-plugins-good', check: 'gst-inspect-1.0 jpegenc' },
  redis: { package: 'redis-server', check: 'command -v redis-server' },
  redisCli: { package: 'redis-tools', check: 'command -v redis-cli' },
  mosquitto: { package: 'mosquitto', check: 'command -v mosquitto' },
  mosquittoSub: { package: 'mosquitto-clients', check: 'command -v mosquitto_sub' },
} as const satisfies Readonly<Record<string, GuideTool>>;

export interface SnippetEnded {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script of a guide that runs. */
export class RunningSnippet {
  readonly child: ChildProcess;
  readonly ended: Promise<SnippetEnded>;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((done, fail) => {
      child.on('error', fail);
      child.on('close', (code) => done({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get stdout(): string {
    return this.#stdout;
  }
  get stderr(): string {
    return this.#stderr;
  }

  /** Ends it and all it has started. */
  async end(): Promise<SnippetEnded> {
    const { pid, exitCode, signalCode } = this.child;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      // Started as the leader of a group of its own: nothing else is in it.
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {}
    }
    return await this.ended;
  }
}

/**
 * A folder as the reader of a guide has it, with the guide's files in it. What the reader's machine has by other means is
 * set up beside it: `npx camshard` is the built command of this tree, Go and Node find the packages that a guide has one
 * install.
 */
export class GuideFolder {
  readonly dir: string;
  readonly #tools: string;
  readonly #replaced: Readonly<Record<string, string>>;
  readonly #snippets: readonly Snippet[];
  readonly #running: RunningSnippet[] = [];

  /** @param replaced addresses of the guide, and what stands for them here, e.g. `{ '127.0.0.1:8080': '127.0.0.1:41234' }` */
  constructor(guide: string, replaced: Readonly<Record<string, string>>) {
    this.dir = mkdtempSync(join(tmpdir(), 'camshard-guide-'));
    this.#tools = mkdtempSync(join(tmpdir(), 'camshard-guide-bin-'));
    this.#replaced = replaced;
    this.#snippets = snippetsOf(guide).map((snippet) => ({ ...snippet, code: this.here(snippet.code) }));
    for (const { kind, name, code } of this.#snippets) {
      if (kind === 'file') writeFileSync(join(this.dir, name), `${code}\n`);
    }
    const main = resolve('dist/src/cli/main.js');
    const npx = join(this.#tools, 'npx');
    writeFileSync(
      npx,
      `#!/bin/sh\n[ "$1" = camshard ] || exit 127\nshift\nexec "${process.execPath}" "${main}" "$@"\n`,
    );
    chmodSync(npx, 0o755);
    symlinkSync(process.execPath, join(this.#tools, 'node'));
    symlinkSync(resolve('node_modules'), join(this.dir, 'node_modules'));
  }

  get snippets(): readonly Snippet[] {
    return this.#snippets;
  }

  /** @throws Error naming the command that installs what is missing */
  needs(...tools: readonly GuideTool[]): void {
    const missing = tools.filter(({ check }) => {
      try {
        execFileSync('sh', ['-c', check], { stdio: 'ignore', env: this.#env });
        return false;
      } catch {
        return true;
      }
    });
    if (missing.length === 0) return;
    const packages = missing.map((tool) => tool.package).join(' ');
    throw new Error(`the guides need: apt-get install -y --no-install-recommends ${packages} (npm run setup:tools)`);
  }

  /** A text with the addresses of here. */
  here(text: string): string {
    return Object.entries(this.#replaced).reduce((all, [from, to]) => all.replaceAll(from, to), text);
  }

  /** Starts a block; `edit` is for what a test has to bound, such as a script that runs for ever. */
  start(name: string, edit: (code: string) => string = (code) => code): RunningSnippet {
    const snippet = this.#snippets.find((one) => one.kind === 'run' && one.name === name);
    if (snippet === undefined) throw new Error(`the guide has no block "${name}"`);
    return this.script(edit(snippet.code));
  }

  script(code: string): RunningSnippet {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', code], {
      cwd: this.dir,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const running = new RunningSnippet(child);
    this.#running.push(running);
    return running;
  }

  async run(name: string, edit?: (code: string) => string): Promise<SnippetEnded> {
    return await this.start(name, edit).ended;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#running.map((one) => one.end()));
    rmSync(this.dir, { recursive: true, force: true });
    rmSync(this.#tools, { recursive: true, force: true });
  }

  get #env(): NodeJS.ProcessEnv {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CAMSHARD_')));
    return {
      ...clean,
      // Debian's Python, which has Debian's packages, before any other.
      PATH: `${this.#tools}:/usr/bin:${process.env.PATH ?? ''}`,
      GO111MODULE: 'off',
      GOPATH: `${this.#tools}/go:/usr/share/gocode`,
      GOCACHE: join(tmpdir(), 'camshard-go-cache'),
    };
  }
}
