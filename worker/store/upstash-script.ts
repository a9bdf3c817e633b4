// The compare-and-set script, and how to run it on servers of different ages.
import { hexOf } from "../../sdk/sha256.ts";
import type { StoreWrite } from "./port.ts";
import { expiryMs } from "./batches.ts";

// A row's revision is the SHA-1 of its value, or "" for none. Values pass through as they are: Lua's numbers are
// doubles and its cjson prints 14 digits, so neither may touch one. After n rows (n keys, 3 n arguments) come their
// companions: a key each, and as arguments the row's place and the value; so n is #ARGV - 2 * #KEYS.
const BODY = `local written = {}
local rows = #ARGV - 2 * #KEYS
local function set(key, value, expiry)
  if expiry == "" then
    redis.call("SET", key, value)
  else
    redis.call("SET", key, value, "PX", expiry)
  end
end
for i = 1, rows do
  local key = KEYS[i]
  local value = redis.call("GET", key)
  local revision = value and redis.sha1hex(value) or ""
  if revision ~= ARGV[3 * i - 2] then
    written[i] = 0
  else
    set(key, ARGV[3 * i], ARGV[3 * i - 1])
    written[i] = 1
  end
end
for j = 1, #KEYS - rows do
  local at = 3 * rows + 2 * j
  local i = tonumber(ARGV[at - 1])
  if written[i] == 1 then
    set(KEYS[rows + j], ARGV[at], ARGV[3 * i - 1])
  end
end
return written`;

export interface Script {
  readonly text: string;
  /** Its SHA-1, which servers know it by. */
  readonly sha: string;
}

/** The script in the order to try: on Upstash the flag locks only the row's keys instead of the database; Redis 7 and 6 refuse it. */
export const scripts: readonly [locking: Script, plain: Script] = [
  { text: `#!lua flags=allow-key-locking\n${BODY}`, sha: "0089d945054031df946f98928472a6c23c52e261" },
  { text: BODY, sha: "13eaae7fd86b257c42be563f218842cf4e741b85" },
];

/** Returns KEYS and ARGV of the script: for each row its expected revision, its expiry in ms or "", its value; then companions. */
export async function scriptInput(writes: readonly StoreWrite[]): Promise<{ keys: string[]; args: string[] }> {
  const revisions = await Promise.all(writes.map(async ({ expected }) => (expected === null ? "" : sha1Hex(expected))));
  const keys = writes.map((write) => write.key);
  const args = writes.flatMap(({ expireInMs, value }, i) => [
    revisions[i] as string,
    expireInMs === null ? "" : String(expiryMs(expireInMs)),
    value,
  ]);
  for (const [i, { beside }] of writes.entries()) {
    if (beside === undefined) continue;
    keys.push(beside.key);
    args.push(String(i + 1), beside.value);
  }
  return { keys, args };
}

const encoder = new TextEncoder();

async function sha1Hex(text: string): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-1", encoder.encode(text))));
}
