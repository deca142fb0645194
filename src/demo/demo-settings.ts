import { readFile } from 'node:fs/promises';
import { errorMessage } from '../../core/errors.ts';
import { answerError, type NodeApiOptions, requestNode } from '../client/node-api.ts';
import type { SceneName } from './art.ts';

/** Who the audit log names. */
const WHO = 'demo';

/**
 * Tells the node what a demo camera looks for. Only a camera that never had settings gets them: what an operator set,
 * or took away, stays.
 * @param note told why where that failed, in one line; the camera shows its pictures all the same
 */
export async function ensureDemoSettings(
  node: NodeApiOptions,
  camera: string,
  scene: SceneName,
  note: (why: string) => void,
): Promise<void> {
  const path = `/v1/cameras/${encodeURIComponent(camera)}/settings`;
  try {
    const versions = await requestNode(node, { method: 'GET', path: `${path}/versions` });
    if (versions.status === 200) return;
    if (versions.status !== 404) throw answerError(node, path, versions);
    const put = await requestNode(node, {
      method: 'PUT',
      path,
      // Somebody who comes in between wins.
      headers: { 'content-type': 'application/yaml', 'if-none-match': '*', 'x-camshard-who': WHO },
      body: await demoSettings(scene),
    });
    if (put.status !== 200 && put.status !== 412) throw answerError(node, path, put);
  } catch (error) {
    note(`${camera} has no settings: ${errorMessage(error)}`);
  }
}

/** The settings of a scene, YAML. */
export const demoSettings = (scene: SceneName): Promise<string> =>
  readFile(new URL(`settings/${scene}.yaml`, import.meta.url), 'utf8');
