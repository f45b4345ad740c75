import { GoogleError } from "../errors.ts";

/** When a binding holds: an expression over the resource (IAM, Overview of IAM Conditions). */
export interface Condition {
  readonly title: string;
  readonly description?: string;
  readonly expression: string;
}

const FORM = /^resource\.name(?:\.startsWith\("([^"]*)"\)| == "([^"]*)")$/;

/**
 * Checks that a condition can be evaluated: resource.name by equality or prefix. @throws GoogleError when not
 *
 * @own Conditions on anything but the resource's name are refused here, so that none is taken for held; the real
 * service evaluates the whole language.
 */
export function requireEvaluable(condition: Condition): void {
  if (!FORM.test(condition.expression)) {
    throw new GoogleError(
      "INVALID_ARGUMENT",
      `Condition "${condition.title}": only resource.name == "…" and resource.name.startsWith("…") can be evaluated`,
    );
  }
}

/** Whether a checked condition holds for a resource. */
export function holds(condition: Condition, resource: string): boolean {
  const match = FORM.exec(condition.expression);
  if (!match) return false;
  return match[1] !== undefined ? resource.startsWith(match[1]) : resource === match[2];
}
