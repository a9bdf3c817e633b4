// The configuration of workerd for one Worker with one Durable Object on disk, as Cap'n Proto text.

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
}

/** The socket's name, in the configuration and in what workerd reports about it. */
export const SOCKET = "http";

/** Returns the configuration's text. */
export function capnpConfig(config: WorkerdConfig): string {
  const bindings = [
    `(name = ${quoted(config.objectBinding)}, durableObjectNamespace = ${quoted(config.objectClass)})`,
    ...Object.entries(config.variables).map(([name, text]) => `(name = ${quoted(name)}, text = ${quoted(text)})`),
    ...config.secrets.map((name) => `(name = ${quoted(name)}, fromEnvironment = ${quoted(name)})`),
  ];
  // "internet" may reach private addresses: a Redis gateway on this machine is one.
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "disk", disk = (path = ${quoted(config.dataDir)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = ${quoted(SOCKET)}, address = "127.0.0.1:${config.port}", http = (), service = "worker")],
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
`;
}

/** Returns a text literal; Cap'n Proto's escapes are C's. */
function quoted(text: string): string {
  const escaped = text
    .replace(/["\\]/g, "\\$&")
    .replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `"${escaped}"`;
}
