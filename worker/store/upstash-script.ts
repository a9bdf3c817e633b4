// The compare-and-set script, and how to run it on servers of different ages.
import { hexOf } from "../../sdk/sha256.ts";
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
  /** Its SHA-1, which servers know it by. */
  readonly sha: string;
}

/** The script in the order to try: on Upstash the flag locks only the row's keys instead of the database; Redis 7 and 6 refuse it. */
export const scripts: readonly [locking: Script, plain: Script] = [
  { text: `#!lua flags=allow-key-locking\n${BODY}`, sha: "813f1d0e16136c909e8ea245e5f147e4ad7b87ee" },
  { text: BODY, sha: "278365ed6f020418414d3c32f15391de006ed6a2" },
];

/** Returns KEYS and ARGV of the script: for each row its expected revision, its expiry in ms or "", its value. */
export async function scriptInput(writes: readonly StoreWrite[]): Promise<{ keys: string[]; args: string[] }> {
  const revisions = await Promise.all(writes.map(async ({ expected }) => (expected === null ? "" : sha1Hex(expected))));
  return {
    keys: writes.map((write) => write.key),
    args: writes.flatMap(({ expireInMs, value }, i) => [
      revisions[i] as string,
      expireInMs === null ? "" : String(expiryMs(expireInMs)),
      value,
    ]),
  };
}

const encoder = new TextEncoder();

async function sha1Hex(text: string): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-1", encoder.encode(text))));
}
