import type { Cloud } from "../cloud.ts";
import type { Faults } from "../faults.ts";
import type { Notify } from "../notices.ts";
import { type Instance, startInstance } from "./instance.ts";
import { type MetadataOptions, startMetadataServer } from "./metadata-server.ts";
import type { StartupProbe } from "./startup-probe.ts";

/** The signals by which an instance ends. */
export type EndSignal = "SIGTERM" | "SIGKILL";

/** One deployed version of a service: its process, started again when it has ended. */
export interface Revision {
  readonly name: string;
  /** By which tests find it, such as `receive`; undefined where it has none. */
  readonly entryPoint: string | undefined;
  readonly timeoutSeconds: number;
  /** The service's own variables, as an instance that starts now gets them. @throws GoogleError when a secret can't be read */
  variables(): Readonly<Record<string, string>>;
  /** The port of the running instance. @throws InstanceStartError when none can be started */
  port(): Promise<number>;
  /** Counts a request in; the returned function counts it out. */
  enter(): () => void;
  /**
   * Ends the running instance; the next request starts another, also while this one still ends.
   * @returns its process id when it has ended; undefined when none was running
   */
  kill(signal: EndSignal): Promise<number | undefined>;
  /** Stops the instance once no request is under way, or at once if that is asked. */
  retire(atOnce: boolean): Promise<void>;
}

/** What a revision runs. */
export interface RevisionOptions {
  readonly name: string;
  /** The service's id; for a function its own as well. */
  readonly service: string;
  readonly entryPoint: string | undefined;
  readonly folder: string;
  /** What Node.js is given: options of its own, a file, and what the file is given. */
  readonly arguments: readonly string[];
  /** Where the instance is told to listen. */
  readonly port: number;
  readonly timeoutSeconds: number;
  readonly probe?: StartupProbe | undefined;
  /**
   * Gives the service's own variables, for each instance anew: secrets are resolved when an instance starts (Cloud Run,
   * Configure secrets). @throws GoogleError when a secret can't be read
   */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly surroundings: Surroundings;
}

/** What an instance finds around it. */
export interface Surroundings {
  readonly apiUrl: string;
  readonly metadata: MetadataOptions;
  readonly notify: Notify;
  readonly faults: Faults;
}

/** The surroundings of what runs as an account. */
export function surroundingsOf(cloud: Cloud, apiUrl: string, email: string): Surroundings {
  const { project, projectNumber, region, tokens, notify, faults } = cloud;
  return { apiUrl, metadata: { project, projectNumber, region, email, tokens, faults }, notify, faults };
}

/** Starts a revision with its metadata server. @throws InstanceStartError when its instance does not come up */
export async function startRevision(options: RevisionOptions): Promise<Revision> {
  const { notify, faults } = options.surroundings;
  const metadata = await startMetadataServer(options.surroundings.metadata);
  const drained = Promise.withResolvers<void>();
  /** Every instance that has not ended: the current one, and those that are about to end. */
  const instances = new Set<Promise<Instance>>();
  let requests = 0;
  let retired = false;
  let current: Promise<Instance> | undefined;

  async function start(onExit: () => void): Promise<Instance> {
    let pid = 0;
    const started = await startInstance({
      arguments: options.arguments,
      folder: options.folder,
      environment: environment(options, metadata.host),
      clockSkewMilliseconds: faults.clockSkewMilliseconds,
      probe: options.probe,
      onLine: (line) => notify({ kind: "function-log", function: options.service, line: parseLine(line) }),
      onExit: () => {
        onExit();
        if (pid > 0) notify({ kind: "instance", function: options.service, event: "stopped", pid });
      },
    });
    pid = started.pid;
    notify({ kind: "instance", function: options.service, event: "started", pid });
    return started;
  }

  /** The running instance, or the one that is being started. */
  function running(): Promise<Instance> {
    if (current) return current;
    const forget = () => {
      instances.delete(instance);
      if (current === instance) current = undefined;
    };
    const instance = start(forget).catch((error: unknown) => {
      forget();
      throw error;
    });
    instances.add(instance);
    current = instance;
    return instance;
  }

  async function stop(): Promise<void> {
    retired = true;
    const stopped = [...instances].map((instance) =>
      instance.then(
        (one) => one.stop(),
        () => undefined,
      ),
    );
    await Promise.all(stopped);
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
    entryPoint: options.entryPoint,
    timeoutSeconds: options.timeoutSeconds,
    variables: options.environment,
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
    async kill(signal) {
      const last = current;
      current = undefined;
      const instance = await last?.catch(() => undefined);
      if (!instance || instance.hasExited()) return undefined;
      await (signal === "SIGKILL" ? instance.kill() : instance.stop());
      return instance.pid;
    },
    async retire(atOnce) {
      retired = true;
      if (!atOnce && requests > 0) await drained.promise;
      await stop();
    },
  };
}

/** All that an instance sees of the world (Cloud Run, Container contract). */
function environment(options: RevisionOptions, metadataHost: string): Record<string, string> {
  const { apiUrl } = options.surroundings;
  return {
    ...options.environment(),
    PATH: process.env["PATH"] ?? "",
    PORT: String(options.port),
    K_SERVICE: options.service,
    K_REVISION: options.name,
    K_CONFIGURATION: options.service,
    GCE_METADATA_HOST: metadataHost,
    // By these a function finds the APIs elsewhere than at googleapis.com.
    CLOUD_TASKS_ENDPOINT: apiUrl,
    CLOUD_KMS_ENDPOINT: apiUrl,
    CLOUD_STORAGE_ENDPOINT: apiUrl,
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
