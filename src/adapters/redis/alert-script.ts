/**
 * Publishes alerts of one cluster, all on the hash tag `{<cluster>:alerts}`, in one step each so that a fence that rises
 * between cannot let an old owner's alert through.
 *
 *     KEYS  1 fences (hash: shard -> highest epoch seen)   2 log (stream)
 *     ARGV  1 stream length   2 channel of all   then per alert:
 *           shard, epoch, severity, camera, event as JSON
 *
 * Answers one number per alert: 1 published, 0 refused because its epoch is older than its shard's fence.
 */
export const PUBLISH_ALERTS = `
local call, answers, all = redis.call, {}, ARGV[2]
for i = 3, #ARGV, 5 do
  local shard, epoch, event = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 4]
  local fence = tonumber(call('HGET', KEYS[1], shard) or '-1')
  if epoch < fence then
    answers[#answers + 1] = 0
  else
    if epoch > fence then call('HSET', KEYS[1], shard, ARGV[i + 1]) end
    call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], '*', 'event', event)
    call('PUBLISH', all, event)
    call('PUBLISH', all .. ':severity:' .. ARGV[i + 2], event)
    call('PUBLISH', all .. ':camera:' .. ARGV[i + 3], event)
    answers[#answers + 1] = 1
  end
end
return answers
`;

/** The keys of {@link PUBLISH_ALERTS}, in order. */
export const alertKeys = (cluster: string): readonly [fences: string, log: string] => [
  `camshard:{${cluster}:alerts}:fences`,
  `camshard:{${cluster}:alerts}:log`,
];

/**
 * The channel of all alerts. Those of one severity, `<channel>:severity:<severity>`, and of one camera,
 * `<channel>:camera:<camera>`, are made in the script. Plain channels: `SUBSCRIBE` works everywhere.
 */
export const alertChannel = (cluster: string): string => `camshard:${cluster}:alerts`;
