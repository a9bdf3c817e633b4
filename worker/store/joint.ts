// What several stores say of themselves, as one.
import { sumOfCounts, sumOfTraffic } from "./counted.ts";
import type { StoreStats, StoreStatus } from "./port.ts";

/** Returns the status of all: as full as the fullest. @throws the first part's fault when none answers */
export function jointStatus(
  asked: readonly (readonly [role: string, PromiseSettledResult<StoreStatus>])[],
): StoreStatus {
  const known = asked.flatMap(([role, told]) => (told.status === "fulfilled" ? [{ role, ...told.value }] : []));
  const [first] = asked;
  if (known.length === 0 && first?.[1].status === "rejected") throw first[1].reason;
  const unreachable = asked.filter(([, { status }]) => status === "rejected").map(([role]) => role);
  const { usedBytes = null, limitBytes = null } = known.toSorted((a, b) => share(b) - share(a))[0] ?? {};
  return {
    kind: [...new Set(known.map(({ kind }) => kind))].join(" + "),
    keepsRows: known.some(({ keepsRows }) => keepsRows === false)
      ? false
      : known.every(({ keepsRows }) => keepsRows) || null,
    usedBytes,
    limitBytes,
    unreachable,
    warnings: [
      ...unreachable.map((role) => `the ${role} store does not answer`),
      ...known.flatMap(({ role, warnings }) => warnings.map((warning) => `${role}: ${warning}`)),
    ],
  };
}

/** Returns the figures of all together; the breaker's state is the worst. */
export function jointStats(all: readonly StoreStats[]): StoreStats {
  const breakers = all.map(({ breaker }) => breaker);
  const sum = (of: (one: StoreStats) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    ...sumOfTraffic(all),
    errors: sumOfCounts(all.map(({ errors }) => errors)),
    retries: sum(({ retries }) => retries),
    breaker: (["open", "half_open", "closed"] as const).find((state) => breakers.includes(state)) ?? null,
    opened: sum(({ opened }) => opened),
    failing: all.some(({ failing }) => failing),
  };
}

function share({ usedBytes, limitBytes }: StoreStatus): number {
  return usedBytes === null || limitBytes === null ? 0 : usedBytes / limitBytes;
}
