import type { Clock } from "../clock.ts";
import type { Answer, OutgoingRequest, Send } from "./send.ts";

/** Sends requests, each with a deadline, until it is closed. */
export interface Sender {
  /** @returns undefined when there was no answer in time */
  send(request: OutgoingRequest, deadlineMilliseconds: number): Promise<Answer | undefined>;
  /** Breaks off what is under way, and all that would follow. */
  close(): void;
}

/** @param clock tells when a deadline has passed */
export function createSender(send: Send, clock: Clock): Sender {
  const underWay = new Set<AbortController>();
  let closed = false;
  return {
    async send(request, deadlineMilliseconds) {
      if (closed) return undefined;
      const controller = new AbortController();
      underWay.add(controller);
      const cancel = clock.setTimer(() => controller.abort(), deadlineMilliseconds);
      try {
        return await send(request, controller.signal);
      } finally {
        cancel();
        underWay.delete(controller);
      }
    },
    close() {
      closed = true;
      for (const controller of underWay) controller.abort();
    },
  };
}
