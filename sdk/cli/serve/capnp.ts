// The configuration of workerd for the Worker with its Durable Object on disk, and for Workers bound to it, as Cap'n Proto text.

export interface WorkerdConfig {
  /** The bundled Worker, relative to the configuration's own file. */
  module: string;
  compatibilityDate: string;
  /** The Durable Object's class, and the binding that the Worker finds it under. */
  objectClass: string;
  objectBinding: string;
  /** Where the Durable Object keeps its rows: an existing folder, absolute. */
  dataDir: string;
  /** 0 lets the system choose. Always on the loopback interface. */
  port: number;
  /** Text bindings by name. */
  variables: Readonly<Record<string, string>>;
  /** Text bindings that workerd takes from its environment, so that no secret is written to a file. */
  secrets: readonly string[];
  /** The port, on the loopback interface, of who answers for its static assets; default none. */
  assetsPort?: number;
  /** Where the Worker appends its event log: an existing folder, absolute; default nowhere. */
  logDir?: string;
  /** Workers that call it; default none. */
  bound?: readonly BoundWorker[];
}

/**
 * A Worker beside the first: it finds the first one's entrypoint `Features` as its binding FEATURES, the first one's
 * Durable Object, and the first one's text bindings by the names listed.
 */
export interface BoundWorker {
  /** As WorkerdConfig's. */
  module: string;
  port: number;
  variables: Readonly<Record<string, string>>;
  secrets: readonly string[];
}

/** The socket's name, in the configuration and in what workerd reports about it. */
export const SOCKET = "http";

/** Returns the name of the socket of a bound Worker, by its place among them. */
export const boundSocket = (index: number): string => `${SOCKET}-bound-${index}`;

/** Returns the configuration's text. */
export function capnpConfig(config: WorkerdConfig): string {
  const { bound = [], assetsPort, logDir } = config;
  const bindings = [
    `(name = ${quoted(config.objectBinding)}, durableObjectNamespace = ${quoted(config.objectClass)})`,
    ...(assetsPort === undefined ? [] : [`(name = "ASSETS", service = "assets")`]),
    ...(logDir === undefined ? [] : [`(name = "LOG", service = "log")`]),
    ...textBindings(config),
  ];
  const assets = `(name = "assets", external = (address = "127.0.0.1:${assetsPort}", http = ())),`;
  // "internet" may reach private addresses: a Redis gateway on this machine is one.
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),${bound.map((_, i) => `\n    (name = "bound-${i}", worker = .bound${i}),`).join("")}${assetsPort === undefined ? "" : `\n    ${assets}`}
    (name = "disk", disk = (path = ${quoted(config.dataDir)}, writable = true)),${logDir === undefined ? "" : `\n    (name = "log", disk = (path = ${quoted(logDir)}, writable = true)),`}
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    ${[socket(SOCKET, config.port, "worker"), ...bound.map(({ port }, i) => socket(boundSocket(i), port, `bound-${i}`))].join(",\n    ")},
  ],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${quoted(config.module)})],
  compatibilityDate = ${quoted(config.compatibilityDate)},
  durableObjectNamespaces = [(className = ${quoted(config.objectClass)}, uniqueKey = "edgefeat-store", enableSql = true, preventEviction = true)],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [
    ${bindings.join(",\n    ")},
  ],
);
${bound.map((worker, i) => boundWorker(config, worker, i)).join("")}`;
}

function boundWorker(config: WorkerdConfig, worker: BoundWorker, index: number): string {
  const object = `(className = ${quoted(config.objectClass)}, serviceName = "worker")`;
  const bindings = [
    `(name = "FEATURES", service = (name = "worker", entrypoint = "Features"))`,
    `(name = ${quoted(config.objectBinding)}, durableObjectNamespace = ${object})`,
    ...textBindings(worker),
  ];
  return `
const bound${index} :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${quoted(worker.module)})],
  compatibilityDate = ${quoted(config.compatibilityDate)},
  bindings = [
    ${bindings.join(",\n    ")},
  ],
);
`;
}

function textBindings({ variables, secrets }: Pick<WorkerdConfig, "variables" | "secrets">): string[] {
  return [
    ...Object.entries(variables).map(([name, text]) => `(name = ${quoted(name)}, text = ${quoted(text)})`),
    ...secrets.map((name) => `(name = ${quoted(name)}, fromEnvironment = ${quoted(name)})`),
  ];
}

function socket(name: string, port: number, service: string): string {
  return `(name = ${quoted(name)}, address = "127.0.0.1:${port}", http = (), service = ${quoted(service)})`;
}

/** Returns a text literal; Cap'n Proto's escapes are C's. */
function quoted(text: string): string {
  const escaped = text
    .replace(/["\\]/g, "\\$&")
    .replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `"${escaped}"`;
}
