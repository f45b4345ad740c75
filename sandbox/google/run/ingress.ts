import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Send } from "../tasks/send.ts";

/** Tells requests of Google's own services from all others: a mark that nobody else can know, and no function sees. */
export interface InternalCalls {
  isInternal(headers: IncomingHttpHeaders): boolean;
  /** @param isService whether an address is one of a service here: the mark goes nowhere else */
  sender(send: Send, isService: (origin: string) => boolean): Send;
}

/** The header that carries the mark, in small letters. */
export const INTERNAL_HEADER = "x-internal-call";

/** Makes a mark of its own. */
export function createInternalCalls(): InternalCalls {
  const mark = randomBytes(24).toString("base64url");
  return {
    isInternal: (headers) => headers[INTERNAL_HEADER] === mark,
    sender: (send, isService) => (request, signal) =>
      isService(request.url.origin)
        ? send({ ...request, headers: { ...request.headers, [INTERNAL_HEADER]: mark } }, signal)
        : send(request, signal),
  };
}
