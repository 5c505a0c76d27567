-- Asks for what a file lists, one request a line: method, path, headers (`Name: value` joined by `|`), body,
-- with tabs between. `{n}` in a body becomes a number no other request has: they begin after the second argument.
local requests, turn, number = {}, 0, 0

function init(args)
  number = tonumber(args[2])
  for line in io.lines(args[1]) do
    local method, path, listed, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = {}
    for name, value in listed:gmatch("([^:|]+): ([^|]+)") do headers[name] = value end
    if body == "" then
      requests[#requests + 1] = wrk.format(method, path, headers)
    else
      requests[#requests + 1] = {method, path, headers, body}
    end
  end
end

function request()
  turn = turn % #requests + 1
  local found = requests[turn]
  if type(found) == "string" then return found end
  number = number + 1
  return wrk.format(found[1], found[2], found[3], (found[4]:gsub("{n}", tostring(number))))
end

function done(summary)
  local failed = summary.errors
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, failed.status, failed.timeout))
end
