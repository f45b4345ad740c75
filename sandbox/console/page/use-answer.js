import { useEffect, useState } from "preact/hooks";
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
  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(
      () =>
        get(path).then(
          (answer) => isWanted && setShown({ answer, failure: "" }),
          (error) => isWanted && setShown((before) => ({ ...before, failure: error.message })),
        ),
      shown.answer === undefined ? 0 : PAUSE_MS,
    );
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [path, seen]);
  return shown;
}
