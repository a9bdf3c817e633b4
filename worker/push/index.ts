// Push: events from HTTP, from queues and in Feast's shape, into rows and the log.
export { type FramePushed, pushFrame } from "./frame-events.ts";
export { pushEvents, type Destination, type GivenEvent, type PushCounts } from "./push.ts";
export { consumeQueue, type QueueBatch } from "./queue.ts";
export { eventsOfJson, pushBody, readPush } from "./read-events.ts";
export { pushServices } from "./services.ts";
export { pushTargets, type PushTarget } from "./targets.ts";
