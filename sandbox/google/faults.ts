import { errorBody } from "./errors.ts";

/** An answer that is given in place of the real one. */
export interface Refusal {
  readonly status: number;
  readonly message?: string;
}

/** What goes wrong with one kind of call. */
export interface Fault {
  /** The status that is answered; with "nothing" the caller waits until it gives up. */
  readonly answer: number | "nothing";
  /** How many more calls it meets, counted down; without it all of them, until the fault is taken back. */
  times?: number;
  /** Something in between answers, such as a proxy: with a page and this status, and nothing of it is Google's. */
  readonly foreign?: boolean;
  /** The call is carried out all the same: only its answer is lost. */
  readonly takesEffect?: boolean;
}

/** Faults that a test switches on: set, and taken back, while the cloud runs. */
export interface Faults {
  /** How many of the next builds fail. */
  failBuilds: number;
  /** How long a changed allow policy takes until decisions follow it, in milliseconds. */
  policyDelayMilliseconds: number;
  /** How far ahead of this machine's the clocks of instances are that are started from now on; below 0 they are behind. */
  clockSkewMilliseconds: number;
  /** Asked before each call is looked at. */
  refuse?: ((method: string, path: string) => Refusal | undefined) | undefined;
  /** Asked about each answer: another one in its place, for a cloud that decides otherwise. */
  alter?:
    | ((
        call: { readonly method: string; readonly path: string },
        answer: Response,
      ) => Promise<Response | undefined>)
    | undefined;
  /** The creation of tasks by Cloud Tasks. */
  createTask?: Fault | undefined;
  /** Signatures by Cloud KMS. */
  sign?: Fault | undefined;
  /** Access and identity tokens from the metadata server. */
  issueToken?: Fault | undefined;
  /** Reading objects of Cloud Storage. */
  readObject?: Fault | undefined;
  /** Writing objects of Cloud Storage. */
  writeObject?: Fault | undefined;
}

/** The kinds of calls that can go wrong one at a time. */
export type FaultyCall = "createTask" | "sign" | "issueToken" | "readObject" | "writeObject";

/** A cloud without faults. */
export function noFaults(): Faults {
  return { failBuilds: 0, policyDelayMilliseconds: 0, clockSkewMilliseconds: 0 };
}

/** The fault that meets a call of this kind now, if any; it is counted. */
export function meetFault(faults: Faults, call: FaultyCall | undefined): Fault | undefined {
  const fault = call && faults[call];
  if (fault?.times === undefined) return fault;
  if (fault.times <= 0) return undefined;
  fault.times -= 1;
  return fault;
}

/** The kinds by the permission that a call needs. */
const BY_PERMISSION: Readonly<Record<string, FaultyCall>> = {
  "cloudtasks.tasks.create": "createTask",
  "cloudkms.cryptoKeyVersions.useToSign": "sign",
  "storage.objects.get": "readObject",
  "storage.objects.create": "writeObject",
  "storage.objects.update": "writeObject",
};

/** The kind of an API's call by the permission that it needs. */
export function faultyCall(permission: string | undefined): FaultyCall | undefined {
  return permission === undefined ? undefined : BY_PERMISSION[permission];
}

/** The names of statuses that the APIs give by themselves or that a proxy gives for them (google.rpc.Code). */
const NAMES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  412: "CONDITION_NOT_MET",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** A refusal as the API behind a path words it. */
export function refusalResponse(
  { status, message = "Refused because a fault is switched on." }: Refusal,
  path: string,
): Response {
  return Response.json(errorBody(path, { code: status, message, status: NAMES[status] ?? "UNKNOWN" }), {
    status,
  });
}

/** What a call gets that meets a fault, in the words of Google or of something in between. */
export function faultResponse({ answer, foreign }: Fault, path: string): Response | undefined {
  if (answer === "nothing") return undefined;
  if (foreign !== true) return refusalResponse({ status: answer }, path);
  return new Response("<html><title>Request blocked</title></html>", {
    status: answer,
    headers: { "content-type": "text/html" },
  });
}
