import { isObject, own } from "../../function/shared/json.ts";
import { invalidField } from "./errors.ts";
import type { Call } from "./routes.ts";

type Raw = Readonly<Record<string, unknown>>;

/**
 * A resource as a PATCH leaves it: each field that the mask names is the body's, and gone when the body has none.
 * Without a mask, the fields of the body are meant (API improvement proposal 134, Standard methods: Update).
 * @param mask the query parameter `updateMask`, unless it came in the body
 * @param changeable the fields that can be changed
 * @throws GoogleError when the mask names another field
 */
export function masked(
  call: Call,
  stored: Raw,
  changeable: readonly string[],
  body: Raw = call.fields().raw,
  mask = call.query("updateMask"),
): Raw {
  const named = (mask ?? "").split(",").filter((path) => path !== "");
  const paths = named.length > 0 ? named : changeable.filter((key) => body[key] !== undefined);
  return paths.reduce((result, path) => {
    const [first = "", ...rest] = path.split(".");
    /**
     * @decision A mask that names what can't be changed is refused with 400.
     * @evidence recorded: googleapis/nodejs-scheduler#447: "Invalid mask for Job: timeZone". Other services' words
     * differ.
     * @matters deployment fails: a change of an immutable property would stop `pulumi up`, where the provider does
     * not replace.
     */
    if (!changeable.includes(first)) throw invalidField("updateMask", `"${path}" can't be changed`);
    return replaced(result, body, [first, ...rest]);
  }, stored);
}

function replaced(stored: Raw, body: Raw, [first = "", ...rest]: readonly string[]): Raw {
  const { [first]: before, ...others } = stored;
  const value = own(body, first);
  if (rest.length === 0)
    return value === undefined || value === null ? others : { ...others, [first]: value };
  return { ...others, [first]: replaced(isObject(before) ? before : {}, isObject(value) ? value : {}, rest) };
}
