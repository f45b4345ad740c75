import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "./api.js";
import { useLive } from "./live.js";

/** How often what is shown may be asked for again, in milliseconds. */
const PAUSE_MS = 500;

/**
 * What the sandbox answers to a question, asked again whenever something has changed.
 *
 * @param {string} path
 * @param {(state: import("./live.js").State | undefined) => unknown} sign what changes when the answer does
 * @returns {{answer: any, failure: string}} undefined until there is an answer
 */
export function useAnswer(path, sign) {
  const [shown, setShown] = useState({ answer: /** @type {any} */ (undefined), failure: "" });
  const seen = useLive(({ state, connection }) => `${connection} ${JSON.stringify(sign(state))}`);
  const asked = useRef({ path, at: Number.NEGATIVE_INFINITY, count: 0, shown: 0 });
  useEffect(() => {
    const { current } = asked;
    current.path = path;
    // Counted from the last question, not from the last change: what changes without a pause is shown, too.
    const pause = Math.max(0, current.at + PAUSE_MS - performance.now());
    const timer = setTimeout(() => {
      current.at = performance.now();
      current.count += 1;
      const number = current.count;
      const show = (/** @type {(before: typeof shown) => typeof shown} */ change) => {
        if (path !== current.path || number < current.shown) return;
        current.shown = number;
        setShown(change);
      };
      get(path).then(
        (answer) => show(() => ({ answer, failure: "" })),
        (error) => show((before) => ({ ...before, failure: error.message })),
      );
    }, pause);
    return () => clearTimeout(timer);
  }, [path, seen]);
  return shown;
}
