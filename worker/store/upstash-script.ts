// The compare-and-set script, and how to run it on servers of different ages.
import { sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { StoreWrite } from "./port.ts";
import { expiryMs } from "./batches.ts";

// A row's revision is the SHA-1 of its value, or "" for none. Values pass through as they are: Lua's numbers are
// doubles and its cjson prints 14 digits, so neither may touch one.
const BODY = `local written = {}
for i, key in ipairs(KEYS) do
  local value = redis.call("GET", key)
  local revision = value and redis.sha1hex(value) or ""
  if revision ~= ARGV[3 * i - 2] then
    written[i] = 0
  else
    local expiry = ARGV[3 * i - 1]
    if expiry == "" then
      redis.call("SET", key, ARGV[3 * i])
    else
      redis.call("SET", key, ARGV[3 * i], "PX", expiry)
    end
    written[i] = 1
  end
end
return written`;

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** The script in the order to try: on Upstash the flag locks only the row's keys instead of the database; Redis 7 and 6 refuse it. */
export const scripts: readonly [locking: Script, plain: Script] = [
  script(`#!lua flags=allow-key-locking\n${BODY}`),
  script(BODY),
];

/** Returns KEYS and ARGV of the script: for each row its expected revision, its expiry in ms or "", its value. */
export function scriptInput(writes: readonly StoreWrite[]): { keys: string[]; args: string[] } {
  return {
    keys: writes.map((write) => write.key),
    args: writes.flatMap(({ expected, expireInMs, value }) => [
      expected === null ? "" : sha1Hex(expected),
      expireInMs === null ? "" : String(expiryMs(expireInMs)),
      value,
    ]),
  };
}

function script(text: string): Script {
  return { text, sha: sha1Hex(text) };
}

function sha1Hex(text: string): string {
  return bytesToHex(sha1(utf8ToBytes(text)));
}
