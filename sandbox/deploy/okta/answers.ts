import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { ProviderError } from "../handler.ts";

/** Okta refused a call; the message has the method, the path, the status and Okta's own words. */
export class RefusedCall extends ProviderError {
  readonly status: number;

  constructor(call: string, status: number, body: unknown) {
    super(`${call}: ${status} ${explain(body)}`.trim());
    this.status = status;
  }
}

/** Whether Okta refused a call with this status. */
export function isRefused(error: unknown, status: number): error is RefusedCall {
  return error instanceof RefusedCall && error.status === status;
}

/**
 * A text of Okta's answer.
 *
 * @decision An answer without a field that the provider needs stops the resource.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server (missing name, label, signOnMode, credentials, settings).
 * @matters deployment fails: recordings show that Okta answers with all of them.
 *
 * @throws ProviderError when it is not there: without it the resource would be half made
 */
export function answeredText(answer: JsonObject, field: string): string {
  const value = answer[field];
  if (typeof value !== "string" || value === "") throw new ProviderError(`Okta answered without "${field}".`);
  return value;
}

/** A text of Okta's answer that need not be there. */
export function optionalText(answer: JsonObject, field: string): string | undefined {
  const value = answer[field];
  return typeof value === "string" ? value : undefined;
}

/** An object of Okta's answer, an empty one when it is not there. */
export function answeredObject(answer: JsonObject, field: string): JsonObject {
  const value = answer[field];
  return isObject(value) ? value : {};
}

/** The objects of a list of Okta's answer, none when it is not there. */
export function answeredObjects(answer: JsonObject, field: string): readonly JsonObject[] {
  const value = answer[field];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The texts of a list of Okta's answer; undefined when it is not there. */
export function answeredTexts(answer: JsonObject, field: string): readonly string[] | undefined {
  const value = answer[field];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
}

/** Okta's summary of an error, and its causes. */
function explain(body: unknown): string {
  if (!isObject(body)) return "";
  const summary = optionalText(body, "errorSummary") ?? "";
  const causes = answeredObjects(body, "errorCauses").map((cause) => String(cause["errorSummary"]));
  return causes.length === 0 ? summary : `${summary} (${causes.join("; ")})`;
}
