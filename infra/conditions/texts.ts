import type { ASTNode } from "@marcbachmann/cel-js";
import { methodCallOf } from "../../function/conditions/syntax.ts";
import { constantOf, evaluate } from "./evaluation.ts";
import { type Limit, leastSize } from "./ranges.ts";
import { keyOf, pathOf } from "./syntax.ts";

/** What a text is said to be made of. */
export interface Portion {
  /** Tells one field from another. */
  readonly key: string;
  readonly place: "startsWith" | "endsWith" | "contains" | "matches";
  readonly text: string;
  readonly wanted: boolean;
}

/** A pattern that is only about which characters there are. */
const alphabet = /^\^\[[A-Za-z0-9@._-]+\][*+]\$$/;

/** What the start, the end, the middle or the characters of a field are; undefined when the node says no such thing. */
export function portionOf(node: ASTNode, wanted: boolean): Portion | undefined {
  const call = methodCallOf(node);
  const path = call && pathOf(call.receiver);
  const [given, ...others] = call?.arguments ?? [];
  if (call === undefined || path === undefined || given === undefined || others.length > 0) return undefined;
  const text = constantOf(given);
  if (typeof text !== "string") return undefined;
  const portion = { key: keyOf(path), text, wanted };
  switch (call.name) {
    case "startsWith":
    case "endsWith":
    case "contains":
      return { ...portion, place: call.name };
    case "matches":
      return wanted && alphabet.test(text) ? { ...portion, place: call.name } : undefined;
    default:
      return undefined;
  }
}

/** How long the text is at least. */
export function sizeOf({ key, place, text, wanted }: Portion): Limit | undefined {
  return wanted && place !== "matches" ? leastSize(key, [...text].length) : undefined;
}

/** Whether no text is like that. */
export function isNoText(portions: readonly Portion[]): boolean {
  const fields = Map.groupBy(portions, ({ key }) => key);
  return [...fields.values()].some((about) =>
    about.some((one) => about.some((other) => excludes(one, other))),
  );
}

/** Whether what one says can't be where the other is so. */
function excludes(one: Portion, other: Portion): boolean {
  if (!other.wanted || other.place === "matches") return false;
  if (!one.wanted) return isPartOf(one, other);
  switch (one.place) {
    case "matches":
      return (
        other.text !== "" &&
        evaluate(`${JSON.stringify(other.text)}.matches(${JSON.stringify(one.text)})`) === false
      );
    case "startsWith":
      return (
        other.place === "startsWith" && !one.text.startsWith(other.text) && !other.text.startsWith(one.text)
      );
    case "endsWith":
      return other.place === "endsWith" && !one.text.endsWith(other.text) && !other.text.endsWith(one.text);
    case "contains":
      return false;
  }
}

/** Whether one is so wherever the whole is. */
function isPartOf({ place, text }: Portion, whole: Portion): boolean {
  switch (place) {
    case "startsWith":
      return whole.place === "startsWith" && whole.text.startsWith(text);
    case "endsWith":
      return whole.place === "endsWith" && whole.text.endsWith(text);
    default:
      return whole.text.includes(text);
  }
}
