// The embedded store: a Durable Object whose workerd is killed.
import { killsTest } from "./kills.ts";

killsTest("the Durable Object", async () => ({}));
