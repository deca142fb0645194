import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import type { AuditEntry } from '../../../core/history-record.ts';
import type { AuditLog, AuditPage, AuditQuery, AuditRecord, AuditVerdict } from '../audit-log.ts';
import type { EmitSettingsEvent } from '../event.ts';
import { appendSynced, syncFolder } from './files.ts';

/**
 * The audit log as files of one folder, `audit-00000001.jsonl` and so on, never changed but at the end and never
 * deleted. A line is
 *
 *     {"hash":"<64 hex>","prev":"<hash of the line before>","seq":17,"entry":{...}}
 *
 * where `hash` is the SHA-256 of all behind it up to the end of the line. It makes changes evident to whoever knows a
 * later hash; somebody who rewrites the file to its end can forge that too, unless hashes are kept elsewhere: node
 * events, and with them the log on stderr, carry the one of each change.
 */

const FILE = /^audit-(\d{8})\.jsonl$/;
const LINE = /^\{"hash":"([0-9a-f]{64})",("prev":"([0-9a-f]{64})","seq":(\d+),"entry":.*\})$/;
const GENESIS = '0'.repeat(64);
/** Ids remembered, so that a change that was audited before a crash is not audited again behind it. */
const IDS_KEPT = 1_000;
const QUEUE_MAX = 1_000;
/** Read for one page; a page that did not find enough in them says where to go on. */
const SCAN_BYTES_MAX = 64 * 1024 * 1024;

export interface LocalAuditLogOptions {
  readonly dir: string;
  readonly emit: EmitSettingsEvent;
  /** Bytes from which on the next file is begun. */
  readonly fileBytesMax?: number;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly resolve: (record: AuditRecord | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface AuditFile {
  readonly name: string;
  readonly number: number;
  /** Of its first record; the next one to come where it has none. */
  readonly firstSeq: number;
}

export class LocalAuditLog implements AuditLog {
  readonly #dir: string;
  readonly #fileBytesMax: number;
  readonly #files: AuditFile[];
  #seq = 0;
  #hash = GENESIS;
  #bytes = 0;
  #lastAtMs = 0;
  #ids = new Set<string>();
  #queue: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  private constructor(dir: string, files: AuditFile[], fileBytesMax: number) {
    this.#dir = dir;
    this.#files = files;
    this.#fileBytesMax = fileBytesMax;
  }

  /** Opens the log, or begins one; the newest file is verified, and what a crash cut off at its end is taken away. */
  static async open(options: LocalAuditLogOptions): Promise<LocalAuditLog> {
    const { dir, emit, fileBytesMax = 16 * 1024 * 1024 } = options;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const names = (await readdir(dir)).filter((name) => FILE.test(name)).sort();
    const files: AuditFile[] = [];
    for (const name of names) {
      const number = Number(FILE.exec(name)?.[1]);
      files.push({ name, number, firstSeq: (await firstRecord(join(dir, name)))?.record.seq ?? 0 });
    }
    const log = new LocalAuditLog(dir, files, fileBytesMax);
    await log.#resume(emit);
    const { length } = files;
    const newest = files[length - 1];
    if (newest?.firstSeq === 0) files[length - 1] = { ...newest, firstSeq: log.#seq + 1 };
    return log;
  }

  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  append(entry: AuditEntry): Promise<AuditRecord | undefined> {
    if (this.#closed) return Promise.reject(new CamshardError('audit_unavailable', 'the audit log is closed'));
    if (this.#queue.length >= QUEUE_MAX) {
      return Promise.reject(new CamshardError('audit_unavailable', `${QUEUE_MAX} changes wait to be audited`));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async read({ after, limit, subject }: AuditQuery): Promise<AuditPage> {
    const last = this.#seq;
    const matches = (record: AuditRecord) =>
      record.seq <= last && (subject === undefined || record.entry.subject === subject);
    const page = (records: readonly AuditRecord[], next: number | null): AuditPage => ({ records, next, last });
    // Where only the newest are asked for, files are read from the last one back until there are enough.
    let from = this.#files.length - 1;
    if (after !== undefined) {
      while (from > 0 && (this.#files[from]?.firstSeq ?? 0) > after + 1) from--;
      const records: AuditRecord[] = [];
      let bytes = 0;
      let seen = after;
      for (const file of this.#files.slice(from)) {
        for await (const line of this.#lines(file)) {
          bytes += line.text.length;
          const record = line.parsed?.record;
          if (record === undefined || record.seq <= after) continue;
          if (records.length >= limit || bytes > SCAN_BYTES_MAX) return page(records, seen);
          seen = record.seq;
          if (matches(record)) records.push(record);
        }
      }
      return page(records, null);
    }
    let newest: AuditRecord[] = [];
    for (let bytes = 0; from >= 0 && newest.length < limit && bytes < SCAN_BYTES_MAX; from--) {
      const found: AuditRecord[] = [];
      for await (const line of this.#lines(this.#files[from] as AuditFile)) {
        bytes += line.text.length;
        if (line.parsed === undefined || !matches(line.parsed.record)) continue;
        found.push(line.parsed.record);
        if (found.length > limit) found.shift();
      }
      newest = [...found, ...newest].slice(-limit);
    }
    return page(newest, null);
  }

  async verify(): Promise<AuditVerdict> {
    const lastSeq = this.#seq;
    const check = new ChainCheck();
    for (const file of [...this.#files]) {
      let number = 0;
      for await (const line of this.#lines(file)) {
        number++;
        if ((line.parsed?.record.seq ?? 0) > lastSeq) break;
        const why = check.next(line);
        if (why !== undefined) return { kind: 'broken', file: file.name, line: number, why };
      }
    }
    if (check.seq < lastSeq) {
      const file = this.#files.at(-1)?.name ?? '';
      return { kind: 'broken', file, line: 0, why: `it ends at ${check.seq}, but ${lastSeq} were written` };
    }
    return { kind: 'intact', records: check.records, hash: check.hash };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  async #resume(emit: EmitSettingsEvent): Promise<void> {
    const newest = this.#files.at(-1);
    if (newest === undefined) return;
    const path = join(this.#dir, newest.name);
    const cut = await cutTornEnd(path);
    if (cut > 0) {
      const message = `${newest.name} ended in the middle of a line, ${cut} bytes: taken away`;
      emit({ severity: 'warning', kind: 'audit_broken', message, data: { file: newest.name, bytes: cut } });
    }
    this.#bytes = (await stat(path)).size;
    const check = new ChainCheck();
    let number = 0;
    let told = false;
    for await (const line of this.#lines(newest)) {
      number++;
      const why = check.next(line);
      if (why !== undefined && !told) {
        told = true;
        const message = `the audit log was changed by somebody else: ${newest.name}:${number}: ${why}`;
        emit({ severity: 'critical', kind: 'audit_broken', message, data: { file: newest.name, line: number } });
      }
      if (line.parsed === undefined) continue;
      const { record } = line.parsed;
      this.#seq = Math.max(this.#seq, record.seq);
      this.#hash = record.hash;
      this.#remember(record);
    }
    // An empty file after a crash at its beginning: the chain goes on from the one before.
    if (this.#seq === 0 && this.#files.length > 1) {
      for await (const line of this.#lines(this.#files.at(-2) as AuditFile)) {
        if (line.parsed === undefined) continue;
        this.#seq = line.parsed.record.seq;
        this.#hash = line.parsed.record.hash;
        this.#remember(line.parsed.record);
      }
    }
  }

  #remember({ entry }: AuditRecord): void {
    this.#lastAtMs = Math.max(this.#lastAtMs, entry.atMs);
    this.#ids.add(entry.id);
    if (this.#ids.size <= IDS_KEPT) return;
    const [oldest] = this.#ids;
    if (oldest !== undefined) this.#ids.delete(oldest);
  }

  /** Entries that came while others were written share the next write and its fsync. */
  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue;
      this.#queue = [];
      try {
        await this.#writeGroup(group);
      } catch (error) {
        const fault = new CamshardError(
          'audit_unavailable',
          `the audit log cannot be written: ${errorMessage(error)}`,
          {
            cause: error,
          },
        );
        for (const { reject } of group) reject(fault);
      }
    }
    // In the same breath as the last look at the queue: what is appended from here on starts a write of its own.
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    let seq = this.#seq;
    let hash = this.#hash;
    let text = '';
    const ids = new Set<string>();
    const records = group.map(({ entry }): AuditRecord | undefined => {
      if (this.#ids.has(entry.id) || ids.has(entry.id)) return undefined;
      ids.add(entry.id);
      seq++;
      const rest = `"prev":"${hash}","seq":${seq},"entry":${JSON.stringify(entry)}}`;
      hash = sha256(rest);
      text += `{"hash":"${hash}",${rest}\n`;
      return { seq, hash, entry };
    });
    if (text !== '') {
      const file = await this.#current();
      await appendSynced(join(this.#dir, file.name), text);
      this.#bytes += Buffer.byteLength(text);
      this.#seq = seq;
      this.#hash = hash;
    }
    group.forEach(({ resolve }, i) => {
      const record = records[i];
      if (record !== undefined) this.#remember(record);
      resolve(record);
    });
  }

  /** The file to write to; the next one where the newest has grown enough. */
  async #current(): Promise<AuditFile> {
    const newest = this.#files.at(-1);
    if (newest !== undefined && this.#bytes < this.#fileBytesMax) return newest;
    const number = (newest?.number ?? 0) + 1;
    const file = { name: `audit-${String(number).padStart(8, '0')}.jsonl`, number, firstSeq: this.#seq + 1 };
    const handle = await open(join(this.#dir, file.name), 'a', 0o600);
    await handle.close();
    await syncFolder(this.#dir);
    this.#files.push(file);
    this.#bytes = 0;
    return file;
  }

  async *#lines(file: AuditFile): AsyncGenerator<AuditLine> {
    const input = createReadStream(join(this.#dir, file.name));
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    try {
      for await (const text of lines) yield { text, parsed: parseLine(text) };
    } finally {
      lines.close();
      input.destroy();
    }
  }
}

interface ParsedLine {
  readonly record: AuditRecord;
  readonly prev: string;
  readonly hashed: string;
}

interface AuditLine {
  readonly text: string;
  readonly parsed: ParsedLine | undefined;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function parseLine(text: string): ParsedLine | undefined {
  const [, hash = '', rest = '', prev = '', seq = ''] = LINE.exec(text) ?? [];
  if (hash === '') return undefined;
  try {
    const { entry } = JSON.parse(text) as { entry: AuditEntry };
    return { record: { seq: Number(seq), hash, entry }, prev, hashed: rest };
  } catch {
    return undefined;
  }
}

/** Follows the chain line by line. The first line it sees is its anchor: older files may have been archived. */
class ChainCheck {
  seq = 0;
  hash = '';
  records = 0;

  /** @returns what is wrong with the line */
  next({ parsed }: AuditLine): string | undefined {
    if (parsed === undefined) return 'no record';
    const { record, prev, hashed } = parsed;
    const first = this.records === 0;
    const before = this.seq;
    const expected = this.hash;
    this.seq = record.seq;
    this.hash = record.hash;
    this.records++;
    if (sha256(hashed) !== record.hash) return `record ${record.seq} is not what was written`;
    if (first) return record.seq === 1 && prev !== GENESIS ? 'record 1 follows another' : undefined;
    if (record.seq !== before + 1) return `record ${record.seq} follows ${before}`;
    return prev === expected ? undefined : `record ${record.seq} does not follow the one before it`;
  }
}

async function firstRecord(path: string): Promise<ParsedLine | undefined> {
  const input = createReadStream(path);
  const lines = createInterface({ input });
  try {
    for await (const text of lines) return parseLine(text);
    return undefined;
  } finally {
    lines.close();
    input.destroy();
  }
}

/** @returns bytes taken away: those of a line without its end, which was never acknowledged */
async function cutTornEnd(path: string): Promise<number> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const step = 64 * 1024;
    for (let end = size; end > 0; end -= Math.min(step, end)) {
      const bytes = Math.min(step, end);
      const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, end - bytes);
      const at = buffer.lastIndexOf(0x0a);
      if (at < 0) continue;
      const keep = end - bytes + at + 1;
      if (keep < size) await truncate(path, keep);
      return size - keep;
    }
    if (size > 0) await truncate(path, 0);
    return size;
  } finally {
    await handle.close();
  }
}
