const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  CONDITION_NOT_MET: 412,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
} as const;

const RPC_CODE: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  FAILED_PRECONDITION: 9,
  INTERNAL: 13,
};

/** The canonical name of an error (Google, API design guide: errors), and 412 of Cloud Storage. */
export type ErrorStatus = keyof typeof HTTP_STATUS;

/** A refusal as a Google API words it. */
export class GoogleError extends Error {
  override readonly name = "GoogleError";
  readonly status: ErrorStatus;
  readonly details: readonly object[];

  constructor(status: ErrorStatus, message: string, details: readonly object[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }

  /** The HTTP status code that carries this error. */
  get httpStatus(): number {
    return HTTP_STATUS[this.status];
  }

  /** The HTTP answer of the API behind a path (Google, API design guide: HTTP mapping of errors). */
  response(path: string): Response {
    const { httpStatus: code, message, status, details } = this;
    return Response.json(errorBody(path, { code, message, status, details }), { status: code });
  }

  /** The error of a long-running operation: google.rpc.Status with its numeric code. */
  operationError(): { readonly code: number; readonly message: string } {
    return { code: RPC_CODE[this.status] ?? 2, message: this.message };
  }
}

/**
 * 400 naming the field that is wrong (google.rpc.BadRequest).
 *
 * @decision A field that is wrong is named in the error's details, as google.rpc.BadRequest. Here with one violation,
 * whose words are the sandbox's own.
 * @evidence recorded: serverless/serverless-google-cloudfunctions#189: 400 INVALID_ARGUMENT with fieldViolations,
 * field runtime. Not every service gives the details.
 * @matters misleading: the message of a refused deployment has other words in the real one.
 */
export function invalidField(field: string, reason: string): GoogleError {
  return new GoogleError("INVALID_ARGUMENT", `Invalid value for ${field}: ${reason}`, [
    {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: [{ field, description: reason }],
    },
  ]);
}

/**
 * 404 for a resource by its full name.
 *
 * @decision What is not there is refused with 404 NOT_FOUND.
 * @evidence documentation: googleapis/googleapis f8291d2, google/rpc/code.proto: NOT_FOUND, HTTP 404.
 * @matters deployment fails: the provider takes 404 for gone, and nothing else.
 */
export function notFound(resource: string): GoogleError {
  return new GoogleError("NOT_FOUND", `Resource '${resource}' was not found`);
}

/**
 * 409 for a resource that exists, or whose name is still taken.
 *
 * @decision What is there already is refused with 409 ALREADY_EXISTS.
 * @evidence recorded: firebase/firebase-tools#6075: "HTTP Error: 409, Resource 'projects/…' already exists".
 * @matters deployment fails: a name that is taken stops `pulumi up`.
 */
export function alreadyExists(resource: string, reason = "already exists"): GoogleError {
  return new GoogleError("ALREADY_EXISTS", `Resource '${resource}' ${reason}`);
}

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

/** What a refusal's body says. */
interface RefusalBody {
  readonly code: number;
  readonly message: string;
  /** The canonical name of the status. */
  readonly status: string;
  readonly details?: readonly object[];
}

/**
 * The body of a refusal, as the API behind a path words it.
 *
 * @decision Cloud Storage answers with a list of errors, each with a domain and a reason such as notFound, where other APIs answer with a status.
 * @evidence recorded: data-integrations/google-cloud pull request 1503: 403 with code, message and errors of domain, message and
 * reason "forbidden". documentation: Cloud Storage, "HTTP status and error codes for JSON"
 * (https://cloud.google.com/storage/docs/json_api/v1/status-codes): the form, and forbidden, notFound, conflict,
 * conditionNotMet. The reasons of the other statuses, and that the details of a missing right come along, are the sandbox's own.
 * @matters misleading: the log of `reconcile` has the reason.
 */
export function errorBody(path: string, { code, message, status, details = [] }: RefusalBody): object {
  const more = details.length > 0 ? { details } : {};
  if (!STORAGE.test(path)) return { error: { code, message, status, ...more } };
  const reason = REASONS[code] ?? "backendError";
  return { error: { code, message, errors: [{ domain: "global", reason, message }], ...more } };
}
