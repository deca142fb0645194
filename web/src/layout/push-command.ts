import type { NodeApi } from '../api/node-api.ts';

/** The line that connects a camera to this node; the token itself is never shown. */
export function pushCommand(api: NodeApi): string {
  const token = api.token.get() === null ? '' : ' --token YOUR_TOKEN';
  return `npx camshard push my-camera --source video.mp4 --url ${api.streamOrigin}${token}`;
}
