// Progress of long work: a bar that redraws itself on a terminal, a line a stage everywhere else.

export interface Progress {
  /** Shows that `done` of `total` (in rows, or whatever the stage counts) are finished; total 0: not known. */
  update(stage: string, done: number, total: number): void;
  /** Clears the bar. Must be called before anything else is printed. */
  stop(): void;
}

const WIDTH = 24;
const REDRAW_EVERY_MS = 50;

/** Returns a progress display on `stream`. */
export function startProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WriteStream): Progress {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let stage = "";
  return {
    update(name, done, total) {
      const now = performance.now();
      if (name === stage && done !== total && now - drawnAt < REDRAW_EVERY_MS) return;
      drawnAt = now;
      stage = name;
      stream.write(`\r\x1b[2K${barText(name, done, total).slice(0, (stream.columns > 0 ? stream.columns : 80) - 1)}`);
    },
    stop() {
      if (stage !== "") stream.write("\r\x1b[2K");
      stage = "";
    },
  };
}

function barText(name: string, done: number, total: number): string {
  const count = (n: number) => n.toLocaleString("en-US");
  if (total <= 0) return `${name} ${done > 0 ? count(done) : "…"}`;
  const filled = Math.round((Math.min(done, total) / total) * WIDTH);
  return `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${name} ${count(done)}/${count(total)}`;
}

function lines(stream: NodeJS.WriteStream): Progress {
  let stage = "";
  return {
    update(name) {
      if (name === stage) return;
      stage = name;
      stream.write(`${name} …\n`);
    },
    stop() {
      stage = "";
    },
  };
}
