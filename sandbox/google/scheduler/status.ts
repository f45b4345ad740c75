import type { Answer } from "../tasks/send.ts";

/** The codes by HTTP status (google.rpc.Code: HTTP mapping). */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 10,
  429: 8,
  499: 1,
  500: 13,
  501: 12,
  503: 14,
  504: 4,
};
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;

/** What became of an attempt, as a job tells it (google.rpc.Status): nothing to say when it succeeded. */
export function rpcStatus(answer: Answer | undefined): { readonly code?: number } {
  if (answer === undefined) return { code: DEADLINE_EXCEEDED };
  return answer.status >= 200 && answer.status < 300 ? {} : { code: CODES[answer.status] ?? UNKNOWN };
}
