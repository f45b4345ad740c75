import { join } from "node:path";
import type { Notify } from "../notices.ts";
import { type Instance, startInstance } from "./instance.ts";
import { freePort } from "./loopback-server.ts";
import { type MetadataOptions, startMetadataServer } from "./metadata-server.ts";

/** One deployed version of a function: its process, started again when it has ended. */
export interface Revision {
  readonly name: string;
  readonly timeoutSeconds: number;
  /** The port of the running instance. @throws InstanceStartError when none can be started */
  port(): Promise<number>;
  /** Counts a request in; the returned function counts it out. */
  enter(): () => void;
  /** Stops the instance once no request is under way, or at once when told so. */
  retire(atOnce: boolean): Promise<void>;
}

/** What a revision runs. */
export interface RevisionOptions {
  readonly name: string;
  readonly function: string;
  readonly entryPoint: string;
  readonly folder: string;
  readonly packagesFolder: string;
  readonly timeoutSeconds: number;
  /** The function's own variables, secrets resolved. */
  readonly environment: Readonly<Record<string, string>>;
  readonly apiUrl: string;
  readonly metadata: MetadataOptions;
  readonly notify: Notify;
}

const FRAMEWORK = "node_modules/@google-cloud/functions-framework/build/src/main.js";

/** Starts a revision with its metadata server. @throws InstanceStartError when its instance does not come up */
export async function startRevision(options: RevisionOptions): Promise<Revision> {
  const metadata = await startMetadataServer(options.metadata);
  const drained = Promise.withResolvers<void>();
  let requests = 0;
  let retired = false;
  let instance: Promise<Instance> | undefined;

  async function start(): Promise<Instance> {
    const port = await freePort();
    let pid = 0;
    const started = await startInstance({
      command: join(options.packagesFolder, FRAMEWORK),
      folder: options.folder,
      port,
      environment: environment(options, port, metadata.host),
      onLine: (line) =>
        options.notify({ kind: "function-log", function: options.function, line: parseLine(line) }),
      onExit: () => {
        instance = undefined;
        if (pid > 0) options.notify({ kind: "instance", function: options.function, event: "stopped", pid });
      },
    });
    pid = started.pid;
    options.notify({ kind: "instance", function: options.function, event: "started", pid });
    return started;
  }

  /** The running instance, or the one that is being started. */
  function running(): Promise<Instance> {
    instance ??= start().catch((error: unknown) => {
      instance = undefined;
      throw error;
    });
    return instance;
  }

  async function stop(): Promise<void> {
    retired = true;
    const last = instance;
    await last?.then(
      (one) => one.stop(),
      () => undefined,
    );
    await metadata.close();
  }

  try {
    await running();
  } catch (error) {
    await metadata.close();
    throw error;
  }

  return {
    name: options.name,
    timeoutSeconds: options.timeoutSeconds,
    port: async () => (await running()).port,
    enter() {
      requests += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        requests -= 1;
        if (retired && requests === 0) drained.resolve();
      };
    },
    async retire(atOnce) {
      retired = true;
      if (!atOnce && requests > 0) await drained.promise;
      await stop();
    },
  };
}

/** All that an instance sees of the world (Cloud Run, Container contract; Cloud Run functions, environment variables). */
function environment(options: RevisionOptions, port: number, metadataHost: string): Record<string, string> {
  return {
    ...options.environment,
    PATH: process.env["PATH"] ?? "",
    PORT: String(port),
    NODE_ENV: "production",
    K_SERVICE: options.function,
    K_REVISION: options.name,
    K_CONFIGURATION: options.function,
    FUNCTION_TARGET: options.entryPoint,
    FUNCTION_SIGNATURE_TYPE: "http",
    GCE_METADATA_HOST: metadataHost,
    // By these two a function finds the APIs elsewhere than at googleapis.com.
    CLOUD_TASKS_ENDPOINT: options.apiUrl,
    CLOUD_KMS_ENDPOINT: options.apiUrl,
  };
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  if (line.startsWith("{")) {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === "object" && value !== null) return { ...value };
    } catch {
      // Text that only looks like JSON is kept as text.
    }
  }
  return { message: line };
}
