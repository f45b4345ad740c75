import type { SendToHook } from "./hooks/calls.ts";
import { createLocalOkta, type LocalOkta, type LocalOktaOptions } from "./local-okta.ts";

/** How an org is to be that needs no network. */
export interface InMemoryOktaOptions extends LocalOktaOptions {
  /** The org's URL, without a slash at the end, such as `https://acme.okta.example`. */
  readonly url: string;
  /** How it reaches hooks; without, none of them answers. */
  readonly sendToHook?: SendToHook;
}

/** An org that is called by function. */
export interface InMemoryOkta extends LocalOkta {
  /**
   * As `fetch` over a network: rejects when the connection is reset, and as soon as the request's signal is aborted; what
   * was asked may be done all the same. Of all that an org does only pauses take time, and those are its clock's.
   */
  fetch(request: Request): Promise<Response>;
}

/** Makes an org, at once and without a socket. */
export function createInMemoryOkta({ url, sendToHook, ...options }: InMemoryOktaOptions): InMemoryOkta {
  const { answer, ...okta } = createLocalOkta(url, sendToHook ?? nobody, options);
  return {
    ...okta,
    async fetch(request) {
      const { signal } = request;
      signal.throwIfAborted();
      const { promise: aborted, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      return Promise.race([aborted, answer(request)]);
    },
  };
}

async function nobody(): Promise<never> {
  throw Object.assign(new Error("This org reaches no hooks."), { code: "ECONNREFUSED" });
}
