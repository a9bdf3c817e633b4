// A program in a process of its own that is asked by lines and answers each with a line of JSON: what is measured apart, memory and all.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface LineProcess {
  /** Sends a line, and returns the answer. @throws with what the program said when it ends instead */
  ask(line: string): Promise<any>;
  close(): Promise<void>;
}

/** Starts a program, and waits until it has printed a first line. */
export async function startLineProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LineProcess> {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let log = "";
  child.stderr.on("data", (data) => (log = (log + data).slice(-4_000)));
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${command} ${args[0]} ended: ${log}`);
      // What libraries print on standard output is no answer.
      if (value.startsWith("{")) return JSON.parse(value);
    }
  };
  await next();
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async close() {
      process.removeListener("exit", kill);
      child.stdin.end();
      await ended;
    },
  };
}
