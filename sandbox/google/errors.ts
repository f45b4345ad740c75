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

  /** The body of the HTTP answer (Google, API design guide: HTTP mapping of errors). */
  body(): { readonly error: object } {
    const details = this.details.length > 0 ? { details: this.details } : {};
    return { error: { code: this.httpStatus, message: this.message, status: this.status, ...details } };
  }

  /** The error of a long-running operation: google.rpc.Status with its numeric code. */
  operationError(): { readonly code: number; readonly message: string } {
    return { code: RPC_CODE[this.status] ?? 2, message: this.message };
  }
}

/** 400 naming the field that is wrong (google.rpc.BadRequest). */
export function invalidField(field: string, reason: string): GoogleError {
  return new GoogleError("INVALID_ARGUMENT", `Invalid value for ${field}: ${reason}`, [
    {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: [{ field, description: reason }],
    },
  ]);
}

/** 404 for a resource by its full name. */
export function notFound(resource: string): GoogleError {
  return new GoogleError("NOT_FOUND", `Resource '${resource}' was not found`);
}

/** 409 for a resource that exists, or whose name is still taken. */
export function alreadyExists(resource: string, reason = "already exists"): GoogleError {
  return new GoogleError("ALREADY_EXISTS", `Resource '${resource}' ${reason}`);
}
