/** A folder of memory limits, and whose way of naming the files in it. */
export interface CgroupFolder {
  readonly version: 1 | 2;
  readonly path: string;
}

/**
 * The folders whose memory limits bind this process, its own first, then those above it: a limit on any of them counts.
 * Pure over the text of two files of Linux; `[]` where no memory controller is mounted.
 * @param cgroupText `/proc/self/cgroup`, lines `id:controllers:path`, with `0::path` for version 2
 * @param mountText `/proc/self/mountinfo`
 */
export function memoryCgroups(cgroupText: string, mountText: string): readonly CgroupFolder[] {
  const own = cgroupText
    .split('\n')
    .map((line) => /^(\d+):([^:]*):(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, id = '', controllers = '', path = '/']) => ({ id, controllers: controllers.split(','), path }));
  const mounts = mountText
    .split('\n')
    .map(parseMount)
    .filter((mount) => mount !== undefined);

  // A machine with both ("hybrid") has its memory controller in version 1.
  const v1 = own.find(({ controllers }) => controllers.includes('memory'));
  const v1Mount = mounts.find((mount) => mount.type === 'cgroup' && mount.options.includes('memory'));
  if (v1 !== undefined && v1Mount !== undefined) return folders(1, v1Mount, v1.path);

  const v2 = own.find(({ id, controllers }) => id === '0' && controllers[0] === '');
  const v2Mount = mounts.find((mount) => mount.type === 'cgroup2');
  return v2 === undefined || v2Mount === undefined ? [] : folders(2, v2Mount, v2.path);
}

interface Mount {
  /** What part of the hierarchy is mounted. */
  readonly root: string;
  readonly at: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** `36 35 98:0 /root /at rw,noatime shared:1 - type source options`, see proc(5). */
function parseMount(line: string): Mount | undefined {
  const [before, after] = line.split(' - ');
  const [, , , root, at] = before?.split(' ') ?? [];
  const [type, , options] = after?.split(' ') ?? [];
  if (root === undefined || at === undefined || type === undefined) return undefined;
  return { root, at, type, options: options?.split(',') ?? [] };
}

function folders(version: 1 | 2, mount: Mount, path: string): readonly CgroupFolder[] {
  // In a container without a namespace of its own the path is the machine's, of which only the part below the mount's
  // root can be seen; one that lies elsewhere, or climbs out (`/../`), leaves the mount point itself.
  let below = '';
  if (mount.root === '/') below = path;
  else if (path === mount.root || path.startsWith(`${mount.root}/`)) below = path.slice(mount.root.length);
  const parts = below.split('/').filter((part) => part !== '');
  if (parts.includes('..')) parts.length = 0;
  return Array.from({ length: parts.length + 1 }, (_, up) => ({
    version,
    path: [mount.at, ...parts.slice(0, parts.length - up)].join('/'),
  }));
}
