// How many commands a Redis has run: what Upstash bills by. Works in workerd too.

/**
 * Returns how often each command has run since the server started, by its lower-case name, as `INFO commandstats` has it:
 * `{ mget: 3, evalsha: 1 }`. A command inside a script counts too. The INFO itself shows from the next call on.
 */
export async function commandCounts({ url, token }: { url: string; token: string }): Promise<Record<string, number>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(["INFO", "commandstats"]),
  });
  const { result } = (await response.json()) as { result: string };
  const lines = result.matchAll(/^cmdstat_([^:|]+)(?:\|[^:]+)?:calls=(\d+)/gm);
  const counts: Record<string, number> = {};
  for (const [, name, calls] of lines) counts[name as string] = (counts[name as string] ?? 0) + Number(calls);
  return counts;
}
