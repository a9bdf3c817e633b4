// Runs `edgefeat` in the folder of an example as a user would, and gives back what --json prints.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../sdk/cli/main.ts", import.meta.url));

/** Variables for the command to find, beside those of this process. */
export type Variables = Readonly<Record<string, string>>;

export interface Serving {
  readonly url: string;
  /** Of the Workers beside it, in the order they were named. */
  readonly workers: readonly { readonly file: string; readonly url: string }[];
  /** Of workerd. */
  readonly workerd: number;
  stop(): Promise<void>;
}

export interface Commands {
  /** Runs one command to its end and returns the object on its last line. @throws with what it said when it failed */
  edgefeat<T>(args: readonly string[], variables?: Variables): Promise<T>;
  /** Starts `edgefeat serve` and returns once it listens. */
  serve(args: readonly string[], variables?: Variables): Promise<Serving>;
}

/** Returns the commands of a repo folder. */
export function commandsIn(repo: string): Commands {
  const start = (args: readonly string[], variables: Variables): ChildProcess =>
    spawn(process.execPath, [cli, ...args, "--repo", repo, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...variables },
    });
  return {
    async edgefeat<T>(args: readonly string[], variables: Variables = {}): Promise<T> {
      const child = start(args, variables);
      const said = { stdout: "", stderr: "" };
      child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
      const code = await new Promise<number | null>((done) => child.on("close", done));
      if (code !== 0) throw new Error(`edgefeat ${args.join(" ")} failed: ${said.stderr}`);
      return lastLine(said.stdout) as T;
    },
    async serve(args, variables = {}) {
      const child = start(["serve", ...args], variables);
      const ended = new Promise<void>((done) => child.on("close", () => done()));
      let stderr = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      const first = new Promise<string>((done, fail) => {
        let stdout = "";
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
          stdout += text;
          if (stdout.includes("\n")) done(stdout);
        });
        child.on("close", () => fail(new Error(`edgefeat serve ended: ${stderr}`)));
      });
      const stop = async () => {
        child.kill("SIGTERM");
        await ended;
      };
      return { ...(lastLine(await first) as Omit<Serving, "stop">), stop };
    },
  };
}

function lastLine(text: string): unknown {
  return JSON.parse(text.trimEnd().split("\n").at(-1) as string);
}
