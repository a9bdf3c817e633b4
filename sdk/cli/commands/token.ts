// `edgefeat token`: makes, lists, replaces and ends the tokens that callers of the server need.
import { type Command, Option } from "commander";
import type { NewToken, TokenInfo, TokenRequest } from "../../client/index.ts";
import { formatDuration } from "../../time.ts";
import { addCommand, type Context, contextOf } from "../command.ts";
import { connect, type Connection } from "../connection.ts";
import { loadConfig } from "../load/config.ts";
import { tableLines } from "../output.ts";
import { durationArgument, listArgument } from "../usage.ts";

interface CommonOptions {
  repo?: string;
  json?: boolean;
}

interface CreateOptions extends CommonOptions {
  access: TokenRequest["access"];
  views?: string;
  services?: string;
  expires?: string;
}

const NEEDS_ADMIN = "Needs an admin's token, such as the server's EDGEFEAT_TOKEN.";

export function addToken(program: Command, signal: AbortSignal): void {
  const purpose = "make, list, replace and end the tokens of those who read and write";
  const group = program.command("token").summary(purpose).description(`${purpose}.\n\n${NEEDS_ADMIN}`);
  addCreate(group, signal);
  addList(group, signal);
  addRotate(group, signal);
  addRevoke(group, signal);
}

function addCreate(group: Command, signal: AbortSignal): void {
  addCommand(group, {
    name: "create",
    purpose: "make a token and print it, once",
    about:
      `The server keeps only a hash: whoever loses the token makes another. ${NEEDS_ADMIN} ` +
      'A "read" token limited to views may ask for their features, and for services made of them alone; one limited to ' +
      'services may ask for these. "write" tokens also write rows, limited or not to views; "admin" tokens may do all.',
    examples: [
      ["token create ranking --access read --services order_model --expires 90d", "for an inference service"],
      ["token create nightly --access write --views order_stats,last_order", "for a pipeline"],
    ],
  })
    .argument("<name>", "what the token is known by, in lists and audit records")
    .addOption(
      new Option("--access <level>", "what it may do").choices(["read", "write", "admin"]).makeOptionMandatory(),
    )
    .option("--views <list>", "only for these views, comma-separated")
    .option("--services <list>", "only for these services, comma-separated")
    .option("--expires <duration>", "ends after this time, such as 90d (default: holds until it is revoked)")
    .action(async (name: string, options: CreateOptions) => {
      const { access, views, services, expires } = options;
      if (expires !== undefined) durationArgument("--expires", expires);
      const request: TokenRequest = {
        name,
        access,
        ...(views === undefined ? {} : { views: listArgument("--views", views) }),
        ...(services === undefined ? {} : { services: listArgument("--services", services) }),
        ...(expires === undefined ? {} : { expiresIn: expires }),
      };
      const { context, connection } = await connected(options, signal);
      const made = await connection.admin.createToken(request);
      tellNew(context, made);
      context.out.result(made);
    });
}

function addList(group: Command, signal: AbortSignal): void {
  addCommand(group, {
    name: "list",
    purpose: "list the tokens, without their secrets",
    about: `Tokens that ended more than 90 days ago are left out. ${NEEDS_ADMIN}`,
    examples: [
      ["token list", "for the folder you are in"],
      ["token list --repo shop --json", 'for the folder "shop", as JSON'],
    ],
  }).action(async (options: CommonOptions) => {
    const { context, connection } = await connected(options, signal);
    const tokens = await connection.admin.listTokens();
    const cells = tokens.map((token) => [
      token.id,
      token.name,
      token.access,
      limitsText(token),
      token.expiresAt ?? "-",
      token.state,
    ]);
    const lines = tableLines([["ID", "NAME", "ACCESS", "LIMITED TO", "EXPIRES", "STATE"], ...cells]);
    for (const line of tokens.length === 0 ? ["no tokens yet"] : lines) context.out.say(line);
    context.out.result({ tokens });
  });
}

function addRotate(group: Command, signal: AbortSignal): void {
  addCommand(group, {
    name: "rotate",
    purpose: "make a token in the place of another, which goes on working for a while",
    about: `The new token has the name, the limits and the life of the old one. ${NEEDS_ADMIN}`,
    examples: [
      ["token rotate 0123456789abcdef", "the old one ends in a day"],
      ["token rotate 0123456789abcdef --overlap 0s", "the old one ends at once"],
    ],
  })
    .argument("<id>", "the id of the old token")
    .option("--overlap <duration>", "how long the old token goes on working", "1d")
    .action(async (id: string, options: CommonOptions & { overlap: string }) => {
      const overlapUs = durationArgument("--overlap", options.overlap);
      const { context, connection } = await connected(options, signal);
      const made = await connection.admin.rotateToken(id, options.overlap);
      tellNew(context, made);
      const when = overlapUs === 0 ? "has ended" : `ends in ${formatDuration(overlapUs)}, or before`;
      context.out.say(`the old one, ${id}, ${when}`);
      context.out.result(made);
    });
}

function addRevoke(group: Command, signal: AbortSignal): void {
  addCommand(group, {
    name: "revoke",
    purpose: "end a token at once",
    about: `Every isolate notices at its next read of the store, at the latest within the cache's TTL. ${NEEDS_ADMIN}`,
    examples: [
      ["token revoke 0123456789abcdef", "by its id"],
      ["token revoke 0123456789abcdef --json", "and print what it was"],
    ],
  })
    .argument("<id>", "the token's id")
    .action(async (id: string, options: CommonOptions) => {
      const { context, connection } = await connected(options, signal);
      const revoked = await connection.admin.revokeToken(id);
      context.out.say(`revoked ${revoked.id} (${revoked.name})`);
      context.out.result(revoked);
    });
}

async function connected(
  options: CommonOptions,
  signal: AbortSignal,
): Promise<{ context: Context; connection: Connection }> {
  const context = contextOf(options, signal);
  return { context, connection: await connect(await loadConfig(context.repo), context.env) };
}

function tellNew({ out }: Context, made: NewToken): void {
  out.say(made.token);
  const end = made.expiresAt === null ? "until it is revoked" : `until ${made.expiresAt}`;
  out.note(`token ${made.id} (${made.name}): ${made.access}, ${limitsText(made)}, ${end}`);
  out.note("keep it now: it is not shown again");
}

function limitsText({ views, services }: TokenInfo): string {
  if (views === null && services === null) return "the whole project";
  return [
    ...(views === null ? [] : [`views ${views.join(", ")}`]),
    ...(services === null ? [] : [`services ${services.join(", ")}`]),
  ].join("; ");
}
