// Progress of long work: a bar that redraws itself on a terminal, a line a stage everywhere else.

export interface Progress {
  /**
   * Shows that `done` of `total` (in rows, or whatever the stage counts) are finished, and how long the rest may take;
   * total 0: not known.
   */
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
  const left = timeLeft();
  return {
    update(name, done, total) {
      const now = performance.now();
      const remaining = left(now, done, total);
      if (name === stage && done !== total && now - drawnAt < REDRAW_EVERY_MS) return;
      drawnAt = now;
      stage = name;
      const text = `${barText(name, done, total)}${remaining}`;
      stream.write(`\r\x1b[2K${text.slice(0, (stream.columns > 0 ? stream.columns : 80) - 1)}`);
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

/** Returns what tells the time left, from how long the part that is done took; "" before anything is done, and at the end. */
export function timeLeft(): (nowMs: number, done: number, total: number) => string {
  let startedMs = 0;
  let firstDone = 0;
  let last = { done: 0, total: Number.NaN };
  return (nowMs, done, total) => {
    if (total !== last.total || done < last.done) {
      startedMs = nowMs;
      firstDone = done;
    }
    last = { done, total };
    if (done <= firstDone || done >= total) return "";
    const seconds = (((nowMs - startedMs) / (done - firstDone)) * (total - done)) / 1000;
    if (seconds < 2) return "";
    return `, about ${seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`} left`;
  };
}

function lines(stream: NodeJS.WriteStream): Progress {
  let stage = "";
  const left = timeLeft();
  return {
    update(name, done, total) {
      const remaining = left(performance.now(), done, total);
      if (name === stage) return;
      stage = name;
      stream.write(`${name} …${remaining}\n`);
    },
    stop() {
      stage = "";
    },
  };
}
