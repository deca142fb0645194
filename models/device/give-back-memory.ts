import koffi from 'koffi';

/** `malloc_trim(3)`, run on a thread of koffi's; undefined where the C library has none (musl, other systems). */
type Trim = (padBytes: number, done: () => void) => void;
let trim: Trim | undefined | 'unknown' = 'unknown';

/**
 * Has the C library give freed memory back to the system. ONNX Runtime allocates on the thread that runs it, glibc keeps
 * what it freed in an arena of that thread's, and each thread made anew may get another arena: in a soak run with 30
 * replaced device threads the process grew by 425 MB of nothing but that. A call takes 5 to 8 ms, aside.
 */
export function giveBackMemory(): Promise<void> {
  if (trim === 'unknown') trim = loadTrim();
  const call = trim;
  return call === undefined ? Promise.resolve() : new Promise((resolve) => call(0, resolve));
}

function loadTrim(): Trim | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const mallocTrim = koffi.load('libc.so.6').func('int malloc_trim(size_t)');
    return (padBytes, done) => mallocTrim.async(padBytes, () => done());
  } catch {
    return undefined;
  }
}
