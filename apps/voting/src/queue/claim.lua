-- Hands out the oldest votes, each with its place in the order of the list: `<sequence> <message>`.
--
-- KEYS: the list, the worker's own list, the last sequence, the worker's lease, the set of workers
-- ARGV: the worker's name, how many, the lease in ms, the prefixes of lists and of leases

redis.call('SADD', KEYS[5], ARGV[1])
redis.call('SET', KEYS[4], '1', 'PX', ARGV[3])

-- A worker without a lease is gone. Its votes keep their sequences, so it does no harm if it was only slow.
for _, worker in ipairs(redis.call('SMEMBERS', KEYS[5])) do
  if redis.call('EXISTS', ARGV[5] .. worker) == 0 then
    while redis.call('LMOVE', ARGV[4] .. worker, KEYS[2], 'LEFT', 'RIGHT') do end
    redis.call('SREM', KEYS[5], worker)
  end
end

local own = redis.call('LRANGE', KEYS[2], 0, ARGV[2] - 1)
if #own > 0 then
  return own
end

local messages = redis.call('LPOP', KEYS[1], ARGV[2])
if not messages then
  return {}
end

-- Microseconds, so that the sequence goes on rising after Redis has lost its data.
local time = redis.call('TIME')
local sequence = math.max(tonumber(redis.call('GET', KEYS[3]) or '0') + 1, time[1] * 1000000 + time[2])
local claimed = {}
for index, message in ipairs(messages) do
  claimed[index] = string.format('%.0f ', sequence + index - 1) .. message
  redis.call('RPUSH', KEYS[2], claimed[index])
end
redis.call('SET', KEYS[3], string.format('%.0f', sequence + #messages - 1))
return claimed
