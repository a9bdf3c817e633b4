// What keeps a training set from being built in the workbench, as the page tells it.
import { expect, it } from "vitest";
import type { PlanFacts } from "../../../offline/workbench/session/protocol.ts";
import { type DataFile, firstState, obstacles, type State } from "../../../offline/workbench/state.ts";

const column = (name: string, type: string) => ({ name, type }) as never;

function fileOf(id: string, change: Partial<DataFile>): DataFile {
  return {
    id,
    name: `${id}.csv`,
    size: 1,
    data: new Blob(),
    kept: false,
    facts: null,
    problem: null,
    ...change,
  };
}

const entityFacts = { columns: [column("id", "int64"), column("event_timestamp", "timestamp")], rows: 1 } as never;
const plan = { needs: [{ name: "id", what: "join key" }], reads: [{ source: "s" }] } as unknown as PlanFacts;

function stateOf(change: Partial<State>): State {
  const first = firstState("repo");
  return {
    ...first,
    definitions: { snapshot: { views: {} } } as never,
    features: { service: "all", picked: [] },
    plan,
    entities: "e",
    sources: { s: "f" },
    options: { ...first.options, entityTime: "event_timestamp" },
    files: [fileOf("e", { facts: entityFacts }), fileOf("f", { facts: entityFacts })],
    ...change,
  };
}

const noTime = { ...firstState("repo").options, entityTime: "" };

it.each<[what: string, change: Partial<State>, obstacles: string[]]>([
  ["nothing", {}, []],
  [
    "entity rows whose columns aren't known yet",
    { files: [fileOf("e", {}), fileOf("f", { facts: entityFacts })], options: noTime },
    ["wait until e.csv was looked into"],
  ],
  [
    "a source whose columns aren't known yet",
    { files: [fileOf("e", { facts: entityFacts }), fileOf("f", {})] },
    ["wait until f.csv was looked into"],
  ],
  ["no column of the entity time", { options: noTime }, ["choose the column of the entity time"]],
  ["no file for a source", { sources: {} }, ["choose a file for the source s"]],
])("%s", (_what, change, expected) => {
  expect(obstacles(stateOf(change))).toEqual(expected);
});
