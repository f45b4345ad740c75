import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Send } from "../tasks/send.ts";

/**
 * Where requests may come from: from everywhere, only from Google's own services, or from these and from load balancers
 * (Cloud Run, Restrict network ingress).
 */
export type Ingress = "all" | "internal" | "internal and load balancers";

/** Distinguishes requests by where they come from: by marks that nobody else can know, and no function sees. */
export interface Origins {
  /** Whether a service with this ingress can be reached by a request with these headers. */
  admits(ingress: Ingress, headers: IncomingHttpHeaders): boolean;
  /** Sends as Google's own services. @param isService whether an address is one of a service here: the mark goes nowhere else */
  internalSender(send: Send, isService: (origin: string) => boolean): Send;
  /** What a load balancer adds to the headers of a request. */
  readonly loadBalancer: Readonly<Record<string, string>>;
}

/** The header that carries a mark, in small letters. */
export const ORIGIN_HEADER = "x-origin-mark";

/** Makes marks of its own. */
export function createOrigins(): Origins {
  const [internal, loadBalancer] = [newMark(), newMark()];
  return {
    admits(ingress, headers) {
      const mark = headers[ORIGIN_HEADER];
      if (ingress === "all" || mark === internal) return true;
      return ingress === "internal and load balancers" && mark === loadBalancer;
    },
    internalSender: (send, isService) => (request, signal) =>
      isService(request.url.origin)
        ? send({ ...request, headers: { ...request.headers, [ORIGIN_HEADER]: internal } }, signal)
        : send(request, signal),
    loadBalancer: { [ORIGIN_HEADER]: loadBalancer },
  };
}

function newMark(): string {
  return randomBytes(24).toString("base64url");
}
