// Whether a port can be listened on, asked before workerd fails on it with words of its own.
import { createServer } from "node:net";
import { EdgefeatError } from "../../errors.ts";

export const HOST = "127.0.0.1";

/** Does nothing when `port` is free. @throws server_failed when another program has it, or it may not be used */
export async function checkPortIsFree(port: number): Promise<void> {
  const fault = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    const probe = createServer();
    probe.once("error", resolve);
    probe.listen({ port, host: HOST, exclusive: true }, () => probe.close(() => resolve(null)));
  });
  if (fault === null) return;
  const why = fault.code === "EADDRINUSE" ? "is in use by another program" : `can't be listened on (${fault.code})`;
  throw new EdgefeatError("server_failed", `port ${port} ${why}`, {
    hint: "stop that program, or choose another port with --port (0 takes a free one)",
  });
}
