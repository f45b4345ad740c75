const STORAGE = /^\/(?:(?:upload|download)\/)?storage\//;

/** The reasons that Cloud Storage gives, by the HTTP status. */
const REASONS: Readonly<Record<number, string>> = {
  400: "invalid",
  401: "authError",
  403: "forbidden",
  404: "notFound",
  409: "conflict",
  412: "conditionNotMet",
  429: "rateLimitExceeded",
  500: "backendError",
  503: "backendError",
};

/** What of a refusal is told in its body. */
export interface Told {
  readonly code: number;
  readonly message: string;
  /** The canonical name of the status. */
  readonly status: string;
  readonly details?: readonly object[];
}

/**
 * The body of a refusal, as the API behind a path words it.
 *
 * @decision Cloud Storage tells a list of errors, each with domain and reason such as notFound, where other APIs tell a status.
 * @evidence recorded: data-integrations/google-cloud pull request 1503: 403 with code, message and errors of domain, message and
 * reason "forbidden". documentation: Cloud Storage, "HTTP status and error codes for JSON"
 * (https://cloud.google.com/storage/docs/json_api/v1/status-codes): the form, and forbidden, notFound, conflict,
 * conditionNotMet. The reasons of the other statuses, and that the details of a missing right come along, are the sandbox's own.
 * @matters misleading: the log of `reconcile` has the reason.
 */
export function errorBody(path: string, { code, message, status, details = [] }: Told): object {
  const more = details.length > 0 ? { details } : {};
  if (!STORAGE.test(path)) return { error: { code, message, status, ...more } };
  const reason = REASONS[code] ?? "backendError";
  return { error: { code, message, errors: [{ domain: "global", reason, message }], ...more } };
}
