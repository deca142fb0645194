/**
 * The steps of a `ClusterStore` as Lua, all on the hash tag `{<cluster>}`. Each is atomic, and means exactly what
 * shards/cluster/cluster-state.ts says.
 *
 *     KEYS  1 leases   hash: node -> `until|ttl|token|incarnation`
 *           2 members  hash: node -> what it told of itself, JSON
 *           3 office   string: `until|ttl|token|node|incarnation`
 *           4 map      hash: shard -> entry, JSON that begins with its version and its owner
 *           5 meta     hash: version, token (last one given), members and cordoned (JSON lists), shards (how many, of how many virtual nodes: 256x160)
 *     ARGV  1 notAfter: by this server's clock (ms since the Unix epoch); empty where no time is set. What comes later is
 *           not done. Whoever asked has given it up by then.
 *
 * Times are of this server's `TIME`, in ms. Every answer begins with: what it is, the time, the id of the server's
 * replication history (another one after a failover), replicas to be waited for, replicas that are surely well.
 *
 * Tokens are at least the time, so that they grow even where a failover has lost the last ones given.
 */
const PRELUDE = `
local call = redis.call
local leases, members, office, map, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local time = call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function text(number) return string.format('%.0f', number) end

-- A replica says each second how far it is; a frozen one is silent while its connection stays.
local function answer(kind)
  local info = call('INFO', 'replication')
  local waitFor, well = 0, 0
  for line in string.gmatch(info, 'slave%d+:([^\\r\\n]+)') do
    local lag = tonumber(string.match(line, 'lag=(%d+)') or '0')
    if string.find(line, 'state=online', 1, true) then
      if lag <= 3 then waitFor = waitFor + 1 end
      if lag <= 1 then well = well + 1 end
    end
  end
  return { kind, now, string.match(info, 'master_replid:(%w+)') or '', waitFor, well }
end

local notAfter = tonumber(ARGV[1])
if notAfter and now > notAfter then return answer('late') end

-- A tenure that is still good. The clock may have gone back: nobody holds anything for longer than a whole ttl.
local function living(packed)
  if not packed then return nil end
  local ends, ttl, token, rest = string.match(packed, '^(%d+)|(%d+)|(%d+)|(.*)$')
  ends, ttl = tonumber(ends), tonumber(ttl)
  if ends <= now then return nil end
  return { ends = ends, ttl = ttl, token = tonumber(token), rest = rest, overlong = ends - now > ttl }
end

local function pack(ttl, token, rest) return text(now + ttl) .. '|' .. text(ttl) .. '|' .. text(token) .. '|' .. rest end

local function nextToken()
  local last = tonumber(call('HGET', meta, 'token') or '0')
  local token = math.max(last + 1, now)
  call('HSET', meta, 'token', text(token))
  return token
end

local function version() return tonumber(call('HGET', meta, 'version') or '0') end
`;

/**
 *     ARGV  2 node   3 incarnation   4 ttl ms   5 wants the office: 1 or 0   6 what it tells of itself, JSON
 *
 * Answers `taken`, incarnation; or `held`, token, node and token of the coordinator (empty and 0 where nobody is), version
 * of the map, and for each member what it told and 1 where it lives.
 */
export const RENEW = `${PRELUDE}
local node, incarnation, ttl, wants = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local held = living(call('HGET', leases, node))
if held and held.rest ~= incarnation then
  local reply = answer('taken')
  reply[6] = held.rest
  return reply
end
local token = held and held.token or nextToken()
call('HSET', leases, node, pack(ttl, token, incarnation))
call('HSET', members, node, ARGV[6])

local me = node .. '|' .. incarnation
local tenure = living(call('GET', office))
if wants and (not tenure or tenure.rest == me) then
  local right = tenure and tenure.token or nextToken()
  call('SET', office, pack(ttl, right, me))
elseif tenure and tenure.rest == me then
  call('DEL', office)
elseif tenure and tenure.overlong then
  call('SET', office, pack(tenure.ttl, tenure.token, tenure.rest))
end

local coordinator = living(call('GET', office))
local reply = answer('held')
reply[6] = token
reply[7] = coordinator and string.match(coordinator.rest, '^([^|]*)|') or ''
reply[8] = coordinator and coordinator.token or 0
reply[9] = version()
local lives = {}
local all = call('HGETALL', leases)
for i = 1, #all, 2 do
  local lease = living(all[i + 1])
  lives[all[i]] = lease ~= nil
  if lease and lease.overlong then call('HSET', leases, all[i], pack(lease.ttl, lease.token, lease.rest)) end
end
local told = call('HGETALL', members)
for i = 1, #told, 2 do
  reply[#reply + 1] = told[i + 1]
  reply[#reply + 1] = lives[told[i]] and 1 or 0
end
return reply
`;

/** Answers `map`, version, count of shards (empty before the first commit), members, cordoned, then shard and entry. */
export const READ_MAP = `${PRELUDE}
local reply = answer('map')
reply[6] = version()
reply[7] = call('HGET', meta, 'shards') or ''
reply[8] = call('HGET', meta, 'members') or '[]'
reply[9] = call('HGET', meta, 'cordoned') or '[]'
local entries = call('HGETALL', map)
for i = 1, #entries do reply[9 + i] = entries[i] end
return reply
`;

/**
 *     ARGV  2 `coordinator` or `member`   3 node   4 token   5 least version to come   6 count of shards and of virtual nodes, 256x160
 *           7 version of the map that the lists go by, empty without lists   8 members, JSON   9 cordoned, JSON
 *           then per entry: shard, version expected, the entry's JSON without its version and opening brace
 *
 * Answers `committed` or `conflict` with the version, `no_authority`, or `shards` with the map's count of shards.
 */
export const COMMIT = `${PRELUDE}
local kind, node, token, leastVersion, shards = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local lists = ARGV[7] ~= ''
local function no(what, value)
  local reply = answer(what)
  reply[6] = value
  return reply
end

local known = call('HGET', meta, 'shards')
if known and known ~= shards then return no('shards', known) end

local tenure
if kind == 'coordinator' then
  tenure = living(call('GET', office))
  if tenure and string.match(tenure.rest, '^([^|]*)|') ~= node then tenure = nil end
else
  tenure = living(call('HGET', leases, node))
end
if not tenure or tenure.token ~= token or (kind == 'member' and lists) then return no('no_authority') end

local old = version()
if lists and tonumber(ARGV[7]) ~= old then return no('conflict', old) end
local owned = true
for i = 10, #ARGV, 3 do
  local entry = call('HGET', map, ARGV[i])
  local at, owner = 0, nil
  if entry then
    at = tonumber(string.match(entry, '^{"version":(%d+)'))
    owner = string.match(entry, '^{"version":%d+,"owner":"([^"]*)"')
  end
  if at ~= tonumber(ARGV[i + 1]) then return no('conflict', old) end
  if owner ~= node then owned = false end
end
if kind == 'member' and not owned then return no('no_authority') end

local new = math.max(old + 1, leastVersion)
for i = 10, #ARGV, 3 do
  call('HSET', map, ARGV[i], '{"version":' .. text(new) .. ',' .. ARGV[i + 2])
end
call('HSET', meta, 'version', text(new), 'shards', shards)
if lists then
  call('HSET', meta, 'members', ARGV[8], 'cordoned', ARGV[9])
  local named = {}
  for _, member in ipairs(cjson.decode(ARGV[8])) do named[member] = true end
  for _, each in ipairs(call('HKEYS', members)) do
    if not named[each] and not living(call('HGET', leases, each)) then
      call('HDEL', members, each)
      call('HDEL', leases, each)
    end
  end
end
return no('committed', new)
`;

/** Changes nothing. Answers `look`. */
export const LOOK = `${PRELUDE}
return answer('look')
`;

/** `ARGV`  2 node   3 incarnation   4 the lease too: 1 or 0. Answers `resigned`. */
export const RESIGN = `${PRELUDE}
local node, incarnation = ARGV[2], ARGV[3]
local seat = call('GET', office)
if seat and string.match(seat, '^%d+|%d+|%d+|(.*)$') == node .. '|' .. incarnation then call('DEL', office) end
if ARGV[4] == '1' then
  local lease = call('HGET', leases, node)
  if lease and string.match(lease, '^%d+|%d+|%d+|(.*)$') == incarnation then
    call('HDEL', leases, node)
    call('HDEL', members, node)
  end
end
return answer('resigned')
`;

/** The keys of all of these, in order. */
export const clusterKeys = (cluster: string): readonly string[] =>
  ['leases', 'members', 'office', 'map', 'meta'].map((name) => `camshard:{${cluster}}:${name}`);
