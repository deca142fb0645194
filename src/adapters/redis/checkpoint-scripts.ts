/**
 * What a shard's cameras hold, on the hash tag `{<cluster>:s<shard>}`.
 *
 * Writes carry a number that grows within their writer: what ioredis sends again after its caller has given it up, or a
 * frozen server finds in its socket, must not replace what was saved since.
 */

/**
 *     KEYS  1 fence (hash: epoch, seq of the last save in it)   2 cameras (hash: camera -> checkpoint)
 *     ARGV  epoch, seq, then per camera: name, checkpoint or nothing where there is none to keep
 *
 * Answers 1 saved, 0 fenced, -1 overtaken by a later save.
 */
export const SAVE_CAMERAS = `
local epoch, seq = tonumber(ARGV[1]), tonumber(ARGV[2])
local fence = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
local highest, last = tonumber(fence[1] or '-1'), tonumber(fence[2] or '-1')
if epoch < highest then return 0 end
if epoch == highest and seq <= last then return -1 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'seq', ARGV[2])
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[2], ARGV[i])
  else redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
end
return 1
`;

/**
 *     KEYS  as of SAVE_CAMERAS   ARGV  epoch
 *
 * Raises the fence, and answers cameras and checkpoints by turns.
 */
export const TAKE_CAMERAS = `
if tonumber(ARGV[1]) > tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1') then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'seq', '-1')
end
return redis.call('HGETALL', KEYS[2])
`;

/**
 *     KEYS  1 ledgers of one node (hash: camera -> ledger; '#seq' of the last save)
 *     ARGV  seq, seconds to keep it, then per camera: name, ledger as JSON
 *
 * Answers 1 saved, -1 overtaken by a later save.
 */
export const SAVE_LEDGERS = `
if tonumber(ARGV[1]) <= tonumber(redis.call('HGET', KEYS[1], '#seq') or '-1') then return -1 end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], '#seq', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
`;

/**
 *     KEYS  1 ledgers of one node   2 where whoever takes them finds them again if the answer got lost
 *     ARGV  seconds to keep that
 *
 * Answers the ledgers. Asked again for the same second key it answers the same, for any other one nothing.
 */
export const TAKE_LEDGERS = `
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HDEL', KEYS[1], '#seq')
  if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('RENAME', KEYS[1], KEYS[2])
    redis.call('EXPIRE', KEYS[2], ARGV[1])
  end
end
return redis.call('HVALS', KEYS[2])
`;

/** Where the checkpoints of one shard lie: `camshard:{<cluster>:s007}:`. */
export const shardKeys = (cluster: string, shard: number): string =>
  `camshard:{${cluster}:s${String(shard).padStart(3, '0')}}:`;
