// What the wider serving benchmarks ask for: stored views of many features over the same entities, and expressions on them.
import { entity, featureService, featureView, float64, int64, onDemandView, parquet } from "../../sdk/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { snapshotFrom } from "../support/snapshots.ts";
import type { BenchServer } from "./bench-server.ts";
import { post, type Target } from "./load.ts";

export interface WorldSize {
  readonly views: number;
  /** Of each view. */
  readonly features: number;
  /** Of the on-demand view over the first two views' features. */
  readonly expressions: number;
  readonly entities: number;
}

const EVENT_TIME = "2001-03-31T11:30:00Z";

/** A project of views `view_0`, `view_1`, …, whose services are `first_N`: the first N views; and `computed`: the expressions, if any. */
export class World {
  readonly size: WorldSize;
  readonly snapshot: Snapshot;

  constructor(size: WorldSize) {
    this.size = size;
    const user = entity("user", { joinKeys: { user_id: int64() } });
    const features = (v: number) =>
      Object.fromEntries(this.#names(v).map((name, i) => [name, i % 2 === 0 ? float64() : int64()]));
    const views = Array.from({ length: size.views }, (_, v) =>
      featureView(`view_${v}`, {
        entities: [user],
        source: parquet(`source_${v}`, { path: "rows.parquet", eventTime: "time" }),
        features: features(v),
      }),
    );
    const computed = size.expressions === 0 ? [] : [this.#computed(views)];
    const counts = Array.from({ length: size.views }, (_, v) => v + 1);
    const services = counts.map((n) => featureService(`first_${n}`, { features: views.slice(0, n) }));
    const all = [...views, ...computed, ...services];
    this.snapshot = snapshotFrom(Object.fromEntries(all.map((definition) => [definition.name, definition]))).snapshot;
  }

  #computed(views: readonly ReturnType<typeof featureView>[]) {
    const outputs = Array.from({ length: this.size.expressions }, (_, i) => `computed_${i}`);
    return onDemandView("computed", {
      inputs: views.slice(0, 2),
      features: Object.fromEntries(outputs.map((name) => [name, float64()])),
      expressions: Object.fromEntries(outputs.map((name, i) => [name, this.#expression(i)])),
    });
  }

  /** Registers the snapshot and writes a row of every view for each entity. */
  async fill({ port, token }: BenchServer): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    const to = (path: string, body: unknown): Target => ({ port, path, body: JSON.stringify(body), headers });
    await post(to("/v1/registry", this.snapshot), undefined, "PUT");
    for (let v = 0; v < this.size.views; v++) await post(to(`/v1/rows/view_${v}`, { rows: this.rows(v) }));
  }

  /** The rows of view `v`, as POST /v1/rows takes them. */
  rows(v: number): unknown[] {
    return Array.from({ length: this.size.entities }, (_, id) => ({
      entities: { user_id: id },
      eventTime: EVENT_TIME,
      createdTime: null,
      values: Object.fromEntries(
        this.#names(v).map((name, i) => [name, i % 2 === 0 ? (id * 37 + i + 1) / 7 : id * 1_009 + i + v + 1]),
      ),
    }));
  }

  /** Returns a request for a service's features of `count` entities, spread over all. */
  request(
    { port }: BenchServer,
    service: string,
    count: number,
    headers: Readonly<Record<string, string>> = {},
  ): Target {
    const ids = Array.from({ length: count }, (_, i) => i * Math.floor(this.size.entities / count));
    return { port, path: "/v1/features", body: JSON.stringify({ service, entities: { user_id: ids } }), headers };
  }

  #names(v: number): string[] {
    return Array.from({ length: this.size.features }, (_, i) => `f_${v}_${i}`);
  }

  /** Ratios, logarithms, choices: what models take. */
  #expression(i: number): string {
    const [a, b] = [`f_0_${(2 * i) % this.size.features}`, `f_1_${(2 * i + 1) % this.size.features}`];
    const forms = [
      `${a} / ${b}`,
      `log1p(abs(${a})) - log1p(abs(double(${b})))`,
      `${a} > 100.0 && ${b} < 5000 ? ${a} : coalesce(${a}, 0.0)`,
      `clamp((${a} - 50.0) / 25.0, -3.0, 3.0)`,
    ];
    return forms[i % forms.length] as string;
  }
}
