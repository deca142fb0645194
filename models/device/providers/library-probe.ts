/**
 * A process of its own that has the loader look for shared libraries, since loading one runs its code.
 *
 *     node library-probe.js NAME...
 *
 * Prints one line of JSON, the loader's error or null for each:
 * `{"libcuda.so.1":"libcuda.so.1: cannot open shared object file: No such file or directory"}`.
 */
import koffi from 'koffi';

const RTLD_NOW = 2;
const RTLD_GLOBAL = 0x100;

// The loader itself is asked, since koffi's own error leaves out which library it was that is missing.
const loader = koffi.load(null);
const dlopen = loader.func('dlopen', 'void *', ['const char *', 'int']);
const dlerror = loader.func('dlerror', 'const char *', []);

const errors: Record<string, string | null> = {};
for (const name of process.argv.slice(2)) {
  errors[name] = dlopen(name, RTLD_NOW | RTLD_GLOBAL) === null ? String(dlerror()) : null;
}
process.stdout.write(`${JSON.stringify(errors)}\n`);
