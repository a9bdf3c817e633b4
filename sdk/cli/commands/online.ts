// `edgefeat online`: the features of one entity, read from the online store now.
import type { Command } from "commander";
import type { Encodable, EntityId, FeaturesAnswer, UntypedRow } from "../../client/index.ts";
import { encodeJson } from "../../client/encode.ts";
import { EdgefeatError } from "../../errors.ts";
import { type InputColumn, planFeatures, type PlanRequest, type Transforms } from "../../plan/index.ts";
import type { Snapshot } from "../../registry/index.ts";
import { typeName } from "../../types/index.ts";
import { addCommand, contextOf } from "../command.ts";
import { appliedRegistry, connect } from "../connection.ts";
import { loadConfig } from "../load/config.ts";
import { loadTransforms } from "../load/definitions.ts";
import { tableLines } from "../output.ts";
import { askedFor, pairsArgument, UsageError } from "../usage.ts";

interface OnlineOptions {
  repo?: string;
  json?: boolean;
  service?: string;
  features?: string;
  entity?: string[];
  request?: string[];
}

export function addOnline(program: Command, signal: AbortSignal): void {
  const collect = (text: string, texts: string[] = []) => [...texts, text];
  addCommand(program, {
    name: "online",
    purpose: "read the features of one entity from the online store, past every cache",
    about: "Prints each feature with its value, its status and the time of the row or event it comes from (RFC 3339).",
    examples: [
      ["online --service order_model --entity customer_id=1 --request amount=80", "the features of a service"],
      ["online --features order_stats:orders_30d,last_order:channel --entity customer_id=1", "some features by name"],
    ],
  })
    .option("--service <name>", "the feature service to read")
    .option("--features <list>", "or features, comma-separated: view:feature, or view@2:feature for one version")
    .option(
      "--entity <key=value>",
      "a join key and its value; once for each key; views without entities need none",
      collect,
    )
    .option("--request <field=value>", "request data of on-demand views; once for each field", collect)
    .action(async (options: OnlineOptions) => {
      const { repo, out, env } = contextOf(options, signal);
      const asked = askedFor(options);
      const entityTexts = pairsArgument("--entity", options.entity ?? []);
      const requestTexts = pairsArgument("--request", options.request ?? []);
      const loaded = await loadConfig(repo);
      const connection = await connect(loaded, env, loadTransforms);
      const { snapshot } = await appliedRegistry(connection, loaded);
      const { keys, request: fields } = inputColumns(snapshot, asked);
      const answer = await connection.client.getFeatures({
        ...asked,
        entities: (await typedTexts("--entity", entityTexts, keys)) as Record<string, EntityId>,
        request: await typedTexts("--request", requestTexts, fields),
        include: ["statuses", "eventTimes", "versions"],
        noCache: true,
      });
      for (const line of answerLines(answer)) out.say(line);
      out.say(`\nas of ${answer.now}, registry ${answer.registry}`);
      out.result(answer);
    });
}

/** Returns the join keys and request fields that a request takes, with their types. */
function inputColumns(snapshot: Snapshot, asked: PlanRequest) {
  // The plan alone is wanted: the server runs the transforms.
  const transforms: Transforms = new Map(
    Object.entries(snapshot.views).flatMap(([name, { active, versions }]) => {
      const spec = active === null ? undefined : versions[String(active)]?.spec;
      const codeHash = spec?.kind === "onDemand" ? spec.codeHash : null;
      return codeHash === null ? [] : [[name, { codeHash, transform: () => ({}) }] as const];
    }),
  );
  return planFeatures(snapshot, asked, transforms);
}

/** Returns texts as values of the columns' types; a name that is no column goes on as text, for the server to refuse. */
async function typedTexts(
  argument: string,
  texts: Readonly<Record<string, string>>,
  columns: readonly InputColumn[],
): Promise<Record<string, Encodable>> {
  const { valueOfCell } = await import("../../../offline/datasets/index.ts");
  const typed = Object.entries(texts).map(([name, text]) => {
    const type = columns.find((column) => column.name === name)?.type;
    if (type === undefined) return [name, text] as const;
    try {
      const value = valueOfCell(type, text);
      return [name, type.kind === "timestamp" ? text : value] as const;
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      throw new UsageError(
        fault.code,
        `${argument} ${name}: "${text}" is not ${typeName(type)}`,
        fault.hint === undefined ? {} : { hint: fault.hint },
      );
    }
  });
  return Object.fromEntries(typed);
}

function answerLines({ features, rows, statuses, eventTimes }: FeaturesAnswer<UntypedRow>): string[] {
  const [row = {}] = rows;
  const cells = Object.keys(row).map((name, i) => {
    const value = row[name];
    const shown = typeof value === "string" ? value : encodeJson(value as Encodable);
    return [
      features[i] ?? name,
      shown.length > 60 ? `${shown.slice(0, 59)}…` : shown,
      statuses?.[0]?.[name] ?? "",
      eventTimes?.[0]?.[name] ?? "",
    ];
  });
  return tableLines([["FEATURE", "VALUE", "STATUS", "EVENT TIME"], ...cells]);
}
