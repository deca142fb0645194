import { readCluster } from '../cluster-api.ts';
import type { ClusterNode } from '../node-process.ts';
import type { World } from '../world.ts';

/** `coordinator`, `other` (one that is not), or a name. @throws Error where there is none such */
export async function pickNode(world: World, which: string): Promise<ClusterNode> {
  const coordinator = (await readCluster(world.asked().httpUrl))?.coordinator;
  const found = world.running.findLast(({ id }) =>
    which === 'coordinator' ? id === coordinator : which === 'other' ? id !== coordinator : id === which,
  );
  if (found === undefined) throw new Error(`no node ${which}: the coordinator is ${coordinator ?? 'nobody'}`);
  return found;
}
