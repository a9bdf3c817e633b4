// The entry of the Worker that workerd tests run beside: it only offers the Durable Object.
export { EdgefeatStore } from "../../worker/store/durable-object.ts";

export default { fetch: () => new Response("a test's Worker", { status: 404 }) };
