// How many requests a caller may make in a time: Cloudflare's rate-limit binding, or a count of this isolate's own.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Clock, Ms } from "../../sdk/time.ts";
import type { Charge, Principal } from "../auth/index.ts";
import { BoundedMap } from "../serve/bounded-map.ts";

/** Counts a request of a caller. Returns 0 when it may go on, else after how many ms to come again. */
export interface RateLimiter {
  take(key: string): Ms | Promise<Ms>;
}

/** So many requests in so much time. */
export interface RateLimitRule {
  readonly requests: number;
  readonly periodMs: Ms;
}

/** The part of Cloudflare's rate-limit binding that is used. */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** The shorter of the two periods that a binding can have; it does not tell which it has. */
const BINDING_PERIOD_MS: Ms = 10_000;
const MAX_CALLERS = 10_000;

/** Returns the limiter of a binding. Where the binding itself fails, requests go on. */
export function bindingLimiter(binding: RateLimitBinding): RateLimiter {
  return {
    async take(key) {
      try {
        return (await binding.limit({ key })).success ? 0 : BINDING_PERIOD_MS;
      } catch {
        return 0;
      }
    },
  };
}

/**
 * Returns a limiter that counts in this isolate alone: a caller has `requests` at once, and gets them back evenly over the
 * period. Of more than 10,000 callers, those who were not seen lately begin anew.
 */
export function isolateLimiter({ requests, periodMs }: RateLimitRule, clock: Clock): RateLimiter {
  const callers = new BoundedMap<{ left: number; atMs: Ms }>(MAX_CALLERS);
  const perMs = requests / periodMs;
  return {
    take(key) {
      const atMs = clock.elapsedMs();
      const known = callers.get(key);
      const caller = known ?? { left: requests, atMs };
      caller.left = Math.min(requests, caller.left + (atMs - caller.atMs) * perMs);
      caller.atMs = atMs;
      if (known === undefined) callers.set(key, caller);
      if (caller.left < 1) return (1 - caller.left) / perMs;
      caller.left--;
      return 0;
    },
  };
}

/** Returns how callers are charged: a token by its id, and whoever needs none by the network that Cloudflare saw. */
export function chargeBy(limiter: RateLimiter, space: { project: string; environment: string }): Charge {
  const prefix = `${space.project}/${space.environment}/`;
  return (principal, request) => {
    const waitMs = limiter.take(prefix + keyOf(principal, request));
    if (typeof waitMs === "number") return refuseIf(waitMs);
    return waitMs.then(refuseIf);
  };
}

function keyOf({ id, isAnybody }: Principal, { headers }: Request): string {
  return isAnybody ? `${id}/${networkOf(headers.get("cf-connecting-ip") ?? "")}` : id;
}

const MAPPED = /^(?:0{0,4}:){2,5}ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Returns what one caller has of addresses: an IPv4 address, but the /64 of an IPv6 address, whose rest is free to choose. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::", 2);
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}

function refuseIf(waitMs: Ms): undefined {
  if (waitMs === 0) return undefined;
  const retryAfterSeconds = Math.ceil(waitMs / 1_000);
  throw new EdgefeatError("rate_limited", "too many requests", {
    hint: `try again in ${retryAfterSeconds} s`,
    details: { retryAfterSeconds },
  });
}
