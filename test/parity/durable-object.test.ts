// The parity theorem on the embedded store.
import { storeParity } from "./store-parity.ts";

storeParity("the durable object", () => undefined);
