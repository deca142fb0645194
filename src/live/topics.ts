import { WATCHER_TOPICS_MAX } from '../../config/limits.ts';
import { type CameraId, parseCameraId } from '../../core/ids.ts';

/** Topics of which JSON is said. */
export const NEWS_TOPICS = ['alerts', 'cluster', 'events'] as const;
export type NewsTopic = (typeof NEWS_TOPICS)[number];

export const isNewsTopic = (topic: unknown): topic is NewsTopic => (NEWS_TOPICS as readonly unknown[]).includes(topic);

/** The cameras among `topics`. */
export function* cameraTopics(topics: ReadonlySet<string>): Iterable<CameraId> {
  for (const topic of topics) {
    const camera = topic.startsWith('camera:') ? parseCameraId(topic.slice('camera:'.length)) : undefined;
    if (camera !== undefined) yield camera;
  }
}

/** What is wrong with these topics; `undefined` where nothing is. */
export function topicsFault(topics: readonly unknown[]): string | undefined {
  if (topics.length > WATCHER_TOPICS_MAX) return `${topics.length} topics, at most ${WATCHER_TOPICS_MAX}`;
  for (const topic of topics) {
    if (typeof topic !== 'string') return 'a topic is text';
    if (isNewsTopic(topic)) continue;
    if (topic.startsWith('camera:') && parseCameraId(topic.slice('camera:'.length)) !== undefined) continue;
    return `no such topic: ${topic.slice(0, 80)}; camera:ID, alerts, cluster and events are`;
  }
  return undefined;
}

/** Reads the one message a watcher may send: the topics it follows from now on, or what is wrong with it. */
export function readWatch(text: string): { readonly topics: string[] } | { readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'watch') {
    return { fault: 'the only message a watcher sends is {"type":"watch","topics":[...]}' };
  }
  if (!('topics' in value) || !Array.isArray(value.topics)) return { fault: 'topics must be a list' };
  const fault = topicsFault(value.topics);
  return fault === undefined ? { topics: value.topics as string[] } : { fault };
}
