// The Redis side of the gateway: raw commands over one TCP connection, replies kept without loss.
import { createClient, ErrorReply, RESP_TYPES, type TypeMapping } from "@redis/client";

/** A RESP2 reply: strings as bytes, integers as their decimal text (a double would round beyond 2^53). */
export type Reply = Buffer | string | null | ErrorReply | Reply[];

export interface RedisConnection {
  /** Returns the reply to one command; a refusal by Redis is returned as an ErrorReply. @throws when Redis is not reachable. */
  run(command: readonly string[]): Promise<Reply>;
  /** Runs the commands in one MULTI; returns their replies in order, or the ErrorReply that discarded them all. */
  runAtomically(commands: readonly (readonly string[])[]): Promise<Reply[] | ErrorReply>;
  close(): Promise<void>;
}

// Commands that change what the shared connection is (another database, another mode) or that block everybody's replies.
const REFUSED = new Set(
  (
    "AUTH CLIENT DISCARD EXEC HELLO MONITOR MULTI PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT REPLICAOF RESET SELECT SHUTDOWN " +
    "SLAVEOF SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC UNSUBSCRIBE UNWATCH WATCH WAIT WAITAOF " +
    "BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN"
  ).split(" "),
);

const LOSSLESS: TypeMapping = {
  [RESP_TYPES.BLOB_STRING]: Buffer,
  [RESP_TYPES.SIMPLE_STRING]: Buffer,
  [RESP_TYPES.NUMBER]: String,
};

/** Connects to a Redis server. @throws when it is not reachable. */
export async function connectRedis(url: string): Promise<RedisConnection> {
  // RESP 2, because that is the shape that Upstash's REST answers have: maps as flat lists, floats as strings.
  let connected = false;
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    commandOptions: { typeMapping: LOSSLESS },
    // Gives up at once on the first connection, never on a lost one.
    socket: { reconnectStrategy: (retries) => connected && Math.min(50 * (retries + 1), 1_000) },
  });
  // Without a listener a lost connection would end the process; the commands themselves report it.
  client.on("error", () => {});
  await client.connect();
  connected = true;

  const send = (command: readonly string[], chainId?: symbol): Promise<Reply> =>
    client.sendCommand<Reply>(command, chainId === undefined ? {} : { chainId }).catch((fault: unknown) => {
      if (fault instanceof ErrorReply) return fault;
      throw fault;
    });

  return {
    run: async (command) => refusal(command) ?? (await send(command)),
    async runAtomically(commands) {
      for (const command of commands) {
        const refused = refusal(command);
        if (refused !== undefined) return refused;
      }
      // All written in one tick, so nobody else's command comes between; the chain is dropped whole on a reconnect.
      const chainId = Symbol("MULTI");
      const replies = await Promise.all([["MULTI"], ...commands, ["EXEC"]].map((command) => send(command, chainId)));
      return replies.at(-1) as Reply[] | ErrorReply;
    },
    close: async () => client.destroy(),
  };
}

function refusal(command: readonly string[]): ErrorReply | undefined {
  const name = command[0]?.toUpperCase() ?? "";
  if (command.length === 0) return new ErrorReply("ERR empty command");
  return REFUSED.has(name) ? new ErrorReply(`ERR Command is not available: '${name}'`) : undefined;
}
