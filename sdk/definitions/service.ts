// Feature services: the features one model takes, in the order that it takes them.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import { checkShape } from "../shape.ts";
import { aboutShape } from "./about.ts";
import { brand, definitionKind } from "./brand.ts";
import { checkName } from "./names.ts";
import type { OnDemandProjection } from "./on-demand.ts";
import type { Projection, Values } from "./view.ts";

export type ServicePart = Projection<any> | OnDemandProjection<any>;

export interface FeatureService<F extends Values = Values, Name extends string = string> {
  readonly name: Name;
  readonly parts: readonly ServicePart[];
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly _values?: F;
}

type PartValues<P> = P extends Projection<infer F> ? F : P extends OnDemandProjection<infer F> ? F : never;
type Merge<T> = (T extends unknown ? (value: T) => void : never) extends (value: infer I) => void ? I : never;
/** Inferred, not intersected with Values: its index signature would let every misspelt feature pass. */
type PartsValues<P extends readonly ServicePart[]> =
  Merge<PartValues<P[number]>> extends infer F extends Values ? F : never;

/** The values of one entity's row of a service, by feature name. */
export type ServiceValues<S> = S extends FeatureService<infer F> ? { [K in keyof F]: F[K] } : never;

const serviceShape = z.strictObject({
  features: z.optional(z.any()),
  ...aboutShape,
});

/**
 * Defines a feature service.
 * @throws definition_invalid
 * @example featureService("delay_model", { features: [airportDelays, lastDelay.pick("delay"), tripRisk] })
 */
export function featureService<const P extends readonly ServicePart[], const Name extends string>(
  name: Name,
  options: { features: P; description?: string; tags?: Readonly<Record<string, string>> },
): FeatureService<PartsValues<P>, Name> {
  checkName("a feature service", name);
  checkShape(serviceShape, options, `service "${name}"`, "definition_invalid");
  const { features: parts, ...rest } = options;
  if (!Array.isArray(parts) || parts.length === 0) {
    throw new EdgefeatError("definition_invalid", `service "${name}": it has no features`);
  }
  for (const [i, part] of parts.entries()) {
    if (!PART_KINDS.has(definitionKind(part))) {
      throw new EdgefeatError("definition_invalid", `service "${name}": features[${i}] is not a feature view`, {
        hint: "list views, view.pick(…), view.withName(…) or on-demand views",
      });
    }
  }
  return brand("service", { name, parts, ...rest });
}

const PART_KINDS = new Set<string | undefined>(["view", "projection", "onDemandView"]);
