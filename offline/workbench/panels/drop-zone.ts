// A place for files: dropped on it, or chosen by the button in it, which is how a keyboard gets there.
import { type Child, h } from "../dom.ts";

const ACCEPTED = ".parquet,.csv,.arrow,.ipc,.feather,.arrows,.jsonl,.ndjson,.json";

export interface DropZone {
  /** Of the input. */
  readonly id: string;
  readonly label: string;
  onFiles(files: readonly File[]): void;
}

type OnFiles = DropZone["onFiles"];

function take(files: FileList | null | undefined, onFiles: OnFiles): void {
  if (files !== null && files !== undefined && files.length > 0) onFiles([...files]);
}

/** Returns the handlers that make an element take files that are dropped on it. */
export function dropTarget(onFiles: OnFiles) {
  const mark = (event: DragEvent, over: boolean) => (event.currentTarget as Element).classList.toggle("over", over);
  return {
    ondragover(event: DragEvent) {
      event.preventDefault();
      mark(event, true);
    },
    ondragleave: (event: DragEvent) => void mark(event, false),
    ondrop(event: DragEvent) {
      event.preventDefault();
      event.stopPropagation();
      mark(event, false);
      take(event.dataTransfer?.files, onFiles);
    },
  };
}

/** Returns a button that opens the browser's choice of files; `name` is read out instead of its label where that says too little. */
export function fileButton({ id, label, onFiles }: DropZone, name: string = label, kind = ""): HTMLElement {
  return h(
    "label",
    { class: `file-button ${kind}` },
    h("span", { "aria-hidden": "true" }, label),
    h("input", {
      id,
      type: "file",
      multiple: true,
      accept: ACCEPTED,
      "aria-label": name,
      onchange(event: Event) {
        const input = event.currentTarget as HTMLInputElement;
        take(input.files, onFiles);
        input.value = "";
      },
    }),
  );
}

/** Returns a drop zone; `children` stand before its button. */
export function dropZone(zone: DropZone, ...children: readonly Child[]): HTMLElement {
  return h(
    "div",
    { id: `${zone.id}-zone`, class: "drop", ...dropTarget(zone.onFiles) },
    children,
    fileButton(zone, zone.label, "main"),
  );
}
