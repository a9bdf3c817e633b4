// The page's start: its state, its worker, its panels, and what is drawn when.
import { ASSETS } from "./assets.ts";
import { type Actions, createActions } from "./actions.ts";
import { elapsedMs, newId } from "./clock.ts";
import { h, patch } from "./dom.ts";
import { openKeeper } from "./files/opfs.ts";
import { dataPanel } from "./panels/data.ts";
import { definitionsPanel } from "./panels/definitions.ts";
import { featuresPanel } from "./panels/features.ts";
import { optionsPanel } from "./panels/options.ts";
import { outcomePanel } from "./panels/outcome.ts";
import { runPanel } from "./panels/run.ts";
import type { SessionCalls } from "./session/protocol.ts";
import { Remote } from "./session/remote.ts";
import { createStore, firstState, type Host, type State } from "./state.ts";

const host = (document.querySelector<HTMLMetaElement>('meta[name="edgefeat-host"]')?.content ?? "worker") as Host;
const store = createStore(firstState(host));
const session = new Remote<SessionCalls>(
  () => new Worker(new URL(ASSETS.session, document.baseURI), { type: "module", name: "edgefeat session" }),
);

function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  link.click();
  // Not at once: the browser may not have begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const setup = document.querySelector("#setup") as HTMLElement;
const outcome = document.querySelector("#result") as HTMLElement;
const announcer = document.querySelector("#announcer") as HTMLElement;

const keeper = await openKeeper(navigator.storage);
const actions: Actions = createActions({
  store,
  session,
  keeper,
  host,
  newId,
  fetch: (input, init) => fetch(input, init),
  download,
  reveal() {
    if (matchMedia("(max-width: 60rem)").matches) outcome.scrollIntoView();
  },
});

/** What each part of the page depends on: it is drawn anew when one of these is another. */
const PARTS: readonly [root: HTMLElement, depends: readonly (keyof State)[], draw: (state: State) => HTMLElement[]][] =
  [
    [
      setup,
      [
        "definitions",
        "definitionsProblem",
        "wantsToken",
        "form",
        "formProblem",
        "files",
        "entities",
        "sources",
        "keep",
        "keepProblem",
        "keptBytes",
        "features",
        "filter",
        "options",
        "plan",
        "planProblem",
        "running",
        "runProblem",
        "result",
      ],
      (state) => [
        definitionsPanel(state, actions),
        dataPanel(state, actions),
        featuresPanel(state, actions),
        optionsPanel(state, actions),
        runPanel(state, actions),
      ],
    ],
    [
      outcome,
      [
        "definitions",
        "files",
        "entities",
        "sources",
        "features",
        "options",
        "plan",
        "planProblem",
        "result",
        "tab",
        "exporting",
        "exportProblem",
        "fileAudit",
      ],
      (state) => [outcomePanel(state, actions)],
    ],
    [announcer, ["announcement"], ({ announcement }) => [h("span", {}, announcement)]],
  ];

/** Who takes the focus when its holder goes: one of the two is always there. */
const HEIRS: Readonly<Record<string, string>> = { build: "cancel", cancel: "build" };

let drawn: State | undefined;
let scheduled = false;

function draw(): void {
  scheduled = false;
  const { state } = store;
  const before = drawn;
  drawn = state;
  const focused = document.activeElement?.id ?? "";
  for (const [root, depends, render] of PARTS) {
    if (before === undefined || depends.some((key) => state[key] !== before[key])) patch(root, ...render(state));
  }
  const heir = HEIRS[focused];
  if (heir !== undefined && document.getElementById(focused) === null) document.getElementById(heir)?.focus();
}

store.onChange(() => {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(draw);
});

// Seconds go by while nothing else changes.
setInterval(() => {
  const { running } = store.state;
  if (running !== null) store.update({ running: { ...running, nowMs: elapsedMs() } });
}, 250);

// A file dropped beside a drop zone must not replace the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const files = event.dataTransfer?.files;
  if (files !== undefined && files.length > 0) void actions.addFiles([...files], {});
});

draw();
await actions.start();
