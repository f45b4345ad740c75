import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { invalidField, OktaError } from "./errors.ts";

/**
 * @throws OktaError E0000003 when the body is not a JSON object
 *
 * @decision A body that is not a JSON object is refused with 400 E0000003.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_application_features_it/…test_application_features_lifecycle.
 * @matters sandbox only: provider and functions send objects.
 */
export async function readObject(request: { text(): Promise<string> }): Promise<JsonObject> {
  const malformed = new OktaError(400, "E0000003", "The request body was not well-formed.");
  let value: unknown;
  try {
    value = JSON.parse(await request.text());
  } catch {
    throw malformed;
  }
  if (!isObject(value)) throw malformed;
  return value;
}

/**
 * The text at a dotted path, of which the last part is the key in `parent`.
 *
 * @decision A required text that is missing or too long is refused with 400 E0000001, and a cause that names the field.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_resource_set_api_it/…test_resource_set_error_handling (missing label). Lengths:
 *   okta/okta-management-openapi-spec 2026.06.3, maxLength of each field.
 * @matters deployment fails: previews check names and their lengths before.
 *
 * @throws OktaError E0000001 when it is absent, blank or too long
 */
export function text(parent: JsonObject, path: string, maximumLength = 1024): string {
  const value = parent[lastKey(path)];
  if (value === undefined || value === null || value === "") {
    throw invalidField(path, "The field cannot be left blank");
  }
  if (typeof value !== "string") throw invalidField(path, "The field must be a string");
  if (value.length > maximumLength) {
    throw invalidField(path, `The field cannot exceed ${maximumLength} characters`);
  }
  return value;
}

/** As `text`, or null when the field is absent. */
export function optionalText(parent: JsonObject, path: string, maximumLength = 1024): string | null {
  const value = parent[lastKey(path)];
  return value === undefined || value === null || value === "" ? null : text(parent, path, maximumLength);
}

/**
 * The text at a dotted path, which must be one of those allowed.
 *
 * @decision A text outside its list is refused with 400 E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/error-codes.json, E0000001;
 *   okta/okta-management-openapi-spec 2026.06.3, enum of each field.
 * @matters deployment fails: the program writes only values of the lists.
 *
 * @throws OktaError E0000001 when it is something else
 */
export function choice<Choice extends string>(
  parent: JsonObject,
  path: string,
  allowed: readonly Choice[],
): Choice {
  const value = parent[lastKey(path)];
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw invalidField(path, `The field must be one of: ${allowed.join(", ")}`);
  return found;
}

/**
 * @throws OktaError E0000001 when the field is not a JSON object
 *
 * @decision A required object that is missing is refused with 400 E0000001.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_agent_pools_it/…test_agent_pools_error_handling (errors in the field).
 * @matters deployment fails: the program writes all that is required.
 */
export function object(parent: JsonObject, path: string): JsonObject {
  const value = parent[lastKey(path)];
  if (!isObject(value)) throw invalidField(path, "The field must be an object");
  return value;
}

/**
 * @throws OktaError E0000001 when the field is not a list of texts, or is empty
 *
 * @decision A required list that is missing or empty is refused with 400 E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/error-codes.json, E0000001;
 *   okta/okta-management-openapi-spec 2026.06.3, required fields.
 * @matters deployment fails: the program writes all that is required.
 */
export function texts(parent: JsonObject, path: string): readonly string[] {
  const value = parent[lastKey(path)];
  if (!Array.isArray(value) || value.length === 0) {
    throw invalidField(path, "The field must be a list and cannot be empty");
  }
  return value.map((item: unknown) => {
    if (typeof item !== "string" || item === "") {
      throw invalidField(path, "Every item must be a string and cannot be blank");
    }
    return item;
  });
}

/**
 * @throws OktaError E0000001 when the field is there, but is not a list of JSON objects
 *
 * @decision A list of other things than objects is refused with 400 E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/error-codes.json, E0000001;
 *   okta/okta-management-openapi-spec 2026.06.3, types of the fields.
 * @matters sandbox only: nothing of the product writes such a list.
 */
export function objects(parent: JsonObject, path: string): readonly JsonObject[] {
  const value = parent[lastKey(path)] ?? [];
  if (!Array.isArray(value)) throw invalidField(path, "The field must be a list");
  return value.map((item: unknown) => {
    if (!isObject(item)) throw invalidField(path, "Every item must be an object");
    return item;
  });
}

function lastKey(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
