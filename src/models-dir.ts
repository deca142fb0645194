import { isAbsolute, join, resolve } from 'node:path';
import type { NodeConfig } from '../config/schema.ts';

/** Where a node's models lie. */
export function modelsDir(config: NodeConfig): string {
  const dir = config.models.dir ?? join(config.node.dataDir, 'models');
  return isAbsolute(dir) ? dir : resolve(dir);
}
