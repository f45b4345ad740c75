import type { Properties, PropertyValue } from "../../../sandbox/deploy/handler.ts";

/** An asset as the engine's protocol carries it. */
export function asset(content: Properties): PropertyValue {
  return { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", ...content };
}
