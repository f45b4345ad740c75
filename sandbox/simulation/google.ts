import { createPublicKey } from "node:crypto";
import type { Send as SendToGoogle } from "../../function/shared/google/api.ts";
import type { Settings } from "../../infra/settings.ts";
import { GoogleError } from "../google/errors.ts";
import { type Faults, type FaultyCall, faultResponse, meetFault, noFaults } from "../google/faults.ts";
import { parseFields } from "../google/fields.ts";
import { generateSigningKey } from "../google/kms/algorithms.ts";
import { makeObject, type Objects, requireGeneration } from "../google/storage/objects.ts";
import { readTask } from "../google/tasks/http-request.ts";
import { createQueue, type Queue } from "../google/tasks/queue.ts";
import type { Send } from "../google/tasks/send.ts";
import type { QueueSettings } from "../google/tasks/settings.ts";
import type { SimulatedClock } from "./clock.ts";

/** What the functions call of Google Cloud, in memory: the sandbox's queue and objects, and a signer. */
export interface SimulatedGoogle {
  readonly send: SendToGoogle;
  readonly faults: Faults;
  /** The objects of the state bucket. */
  readonly objects: Objects;
  /** Deletes the state bucket with its objects. @returns makes a new one */
  loseBucket(): () => void;
  /** Full names by what the queues lead to. */
  readonly queues: { readonly grant: Queue; readonly reconcile: Queue };
  /** The public half of the signing key, as a JWK. */
  readonly publicKey: { readonly kid: string; readonly kty: string; readonly n: string; readonly e: string };
  close(): void;
}

/** Where Google's APIs are, for the functions' settings. */
export const GOOGLE = "https://google.simulated";

// One for all: a key takes longer to make than a world to happen.
const key = await generateSigningKey({ modulusLength: 2048, hash: "sha256", digestLength: 32 });
const { n = "", e = "" } = createPublicKey(key.publicPem).export({ format: "jwk" });

/**
 * @param observeTasks takes the body of each new task for `grant`
 * @param queues settings of the queue to `grant` and of the one back to `reconcile`; `send` delivers their tasks
 */
export function createSimulatedGoogle(
  clock: SimulatedClock,
  observeTasks: ((body: string) => void) | undefined,
  queues: Record<"grant" | "reconcile", { readonly settings: QueueSettings; readonly send: Send }>,
): SimulatedGoogle {
  const faults = noFaults();
  const objects: Objects = new Map();
  /** How many losses of the bucket have not been made up for. */
  let losses = 0;
  /**
   * @own It answers as the local Google does, where the decision stands (sandbox/google/storage).
   */
  const requireBucket = () => {
    if (losses > 0) throw new GoogleError("NOT_FOUND", "The specified bucket does not exist.");
  };
  const make = (name: "grant" | "reconcile") =>
    createQueue({
      name: `projects/p/locations/l/queues/${name}`,
      ...queues[name],
      notify: (notice) => {
        if (name !== "grant" || notice.kind !== "task" || notice.event !== "created") return;
        observeTasks?.(notice.body ?? "");
      },
      identityToken: async () => "token",
      onChange: () => undefined,
      clock,
    });
  const made = { grant: make("grant"), reconcile: make("reconcile") };

  const routes: readonly {
    readonly method: string;
    readonly path: RegExp;
    readonly call: FaultyCall;
    answer(url: URL, body: string): Response;
  }[] = [
    {
      method: "GET",
      path: /^\/computeMetadata\/v1\/instance\/service-accounts\/default\/token$/,
      call: "issueToken",
      answer: () =>
        Response.json(
          { access_token: "token", expires_in: 3600, token_type: "Bearer" },
          { headers: { "metadata-flavor": "Google" } },
        ),
    },
    {
      method: "POST",
      path: /^\/v2\/projects\/p\/locations\/l\/queues\/(grant|reconcile)\/tasks$/,
      call: "createTask",
      answer(url, body) {
        const queue = url.pathname.includes("/queues/grant/") ? made.grant : made.reconcile;
        const { name } = queue.add(readTask(parseFields(Buffer.from(body)).object("task"), clock.now()));
        return Response.json({ name });
      },
    },
    {
      method: "POST",
      path: /:asymmetricSign$/,
      call: "sign",
      answer(_url, body) {
        const signature = key.sign(Buffer.from(JSON.parse(body).digest.sha256, "base64"));
        return Response.json({ signature: Buffer.from(signature).toString("base64") });
      },
    },
    {
      method: "GET",
      path: /^\/storage\/v1\/b\/state\/o\/[^/]+$/,
      call: "readObject",
      answer(url) {
        requireBucket();
        const object = objects.get(decodeURIComponent(url.pathname.slice("/storage/v1/b/state/o/".length)));
        /** @own It answers as the local Google does, where the decision stands (sandbox/google/storage/api.ts). */
        if (object === undefined) return new Response("No such object: state/cursor", { status: 404 });
        return new Response(Buffer.from(object.content), {
          headers: { "x-goog-generation": object.resource.generation },
        });
      },
    },
    {
      method: "POST",
      path: /^\/upload\/storage\/v1\/b\/state\/o$/,
      call: "writeObject",
      answer(url, body) {
        requireBucket();
        const name = url.searchParams.get("name") ?? "";
        requireGeneration(url.searchParams.get("ifGenerationMatch") ?? undefined, objects.get(name));
        const object = makeObject("state", name, Buffer.from(body), { contentType: "application/json" });
        objects.set(name, object);
        return Response.json(object.resource);
      },
    },
  ];

  const answer = (
    url: URL,
    method: string,
    body: string,
    signal: AbortSignal,
  ): Response | Promise<Response> => {
    const route = routes.find(({ path, method: wanted }) => wanted === method && path.test(url.pathname));
    if (route === undefined) return refusal(404, "NOT_FOUND");
    const fault = meetFault(faults, route.call);
    try {
      if (fault === undefined) return route.answer(url, body);
      if (fault.takesEffect) route.answer(url, body);
    } catch (error) {
      if (error instanceof GoogleError) return error.response(url.pathname);
      throw error;
    }
    return faultResponse(fault, url.pathname) ?? never(signal);
  };

  return {
    faults,
    objects,
    loseBucket() {
      losses += 1;
      objects.clear();
      return () => {
        losses -= 1;
      };
    },
    queues: made,
    publicKey: { kid: "key-1", kty: "RSA", n, e },
    send: async (url, { signal, method = "GET", body = "" }) => {
      signal.throwIfAborted();
      return answer(new URL(url), method, body, signal);
    },
    close() {
      made.grant.close();
      made.reconcile.close();
    },
  };
}

function refusal(code: number, status: string): Response {
  return Response.json({ error: { code, status, message: status } }, { status: code });
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A queue as the program declares it (infra/google/queue.ts), and with the burst that Cloud Tasks gives it. */
export function queueSettings(settings: Settings): QueueSettings {
  const milliseconds = (duration: string) => Number(duration.slice(0, -1)) * 1000;
  return {
    rateLimits: {
      maxDispatchesPerSecond: settings.queueDispatchesPerSecond,
      maxBurstSize: settings.queueDispatchesPerSecond,
      maxConcurrentDispatches: settings.queueConcurrentDispatches,
    },
    retryConfig: {
      maxAttempts: 10,
      maxRetryMilliseconds: milliseconds(settings.queueRetryDuration),
      minBackoffMilliseconds: milliseconds(settings.queueMinBackoff),
      maxBackoffMilliseconds: milliseconds(settings.queueMaxBackoff),
      maxDoublings: 16,
    },
    httpTarget: undefined,
    loggedRatio: 1,
  };
}
