import type { Shard } from '../api/answers.gen.ts';

/** `4 cameras`, `1 camera`, `3 shards`. */
export const countOf = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/** What a shard does, in a few words. */
export function stateText({ state, node, move }: Pick<Shard, 'state' | 'node' | 'move'>): string {
  switch (state) {
    case 'unowned':
      return 'nobody runs it';
    case 'starting':
      return `starts on ${node}`;
    case 'moving':
      return `on its way to ${move?.to ?? 'another node'}`;
    case 'running':
      return 'served';
  }
}

/** All of a shard in one sentence, for titles and screen readers. */
export function shardSentence(shard: Shard): string {
  const { node, epoch, cameras, pin } = shard;
  const parts = [
    node === null ? 'no owner' : `on ${node}`,
    stateText(shard),
    cameras === null ? 'cameras unknown' : countOf(cameras, 'camera'),
    `epoch ${epoch}`,
    ...(pin === null ? [] : [`pinned to ${pin}`]),
  ];
  return `Shard ${shard.shard}: ${parts.join(', ')}`;
}

export function fromText(from: Shard['from']): string {
  switch (from.kind) {
    case 'nothing':
      return 'nothing: nobody ran it before';
    case 'hand-off':
      return `handed over by ${from.node}`;
    case 'takeover':
      return `the last checkpoint of ${from.node}, which died`;
  }
}
