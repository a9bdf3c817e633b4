// The real Worker, at whatever moment and for whatever project a request says: so one process serves every conformance case.
import { createWorker, EdgefeatStore } from "../../../worker/index.ts";

export { EdgefeatStore };

type Worker = ReturnType<typeof createWorker>;
type Env = Parameters<Worker["fetch"]>[1];
type Context = Parameters<Worker["fetch"]>[2];

const workers = new Map<string, Worker>();

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const project = request.headers.get("x-vector-project") ?? "default";
    const now = request.headers.get("x-vector-now") ?? "";
    const id = `${project} ${now}`;
    const worker = workers.get(id) ?? createWorker();
    workers.set(id, worker);
    return worker.fetch(request, { ...env, EDGEFEAT_PROJECT: project, EDGEFEAT_NOW: now }, context);
  },
};
