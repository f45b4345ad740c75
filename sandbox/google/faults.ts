/** An answer that is given in place of the real one. */
export interface Refusal {
  readonly status: number;
  readonly message?: string;
}

/** What goes wrong here when it is told to: set, and taken back, while the cloud runs. */
export interface Faults {
  /** How many of the next builds fail. */
  failBuilds: number;
  /** Asked before each call is looked at. */
  refuse?: ((method: string, path: string) => Refusal | undefined) | undefined;
}

/** The names of statuses that the APIs give by themselves or that a proxy gives for them (google.rpc.Code). */
const NAMES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};

/** A refusal as an API words it. */
export function refusalResponse({ status, message = "Refused, as it was told to be." }: Refusal): Response {
  return Response.json({ error: { code: status, message, status: NAMES[status] ?? "UNKNOWN" } }, { status });
}
