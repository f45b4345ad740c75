/** Who calls whom in an exchange. */
export type Channel =
  /** Okta calls the event hook. */
  | "hook"
  /** Cloud Tasks or Cloud Scheduler calls a function. */
  | "dispatch"
  /** Somebody calls the org. */
  | "okta"
  /** Somebody calls an API of Google. */
  | "google";

/** A request and its answer as they went over the wire, with every secret in them: whoever shows one masks it before. */
export interface Exchange {
  readonly channel: Channel;
  /** When the request was sent, in milliseconds since the epoch. */
  readonly began: number;
  /** Until the answer had come, or was given up. */
  readonly milliseconds: number;
  readonly method: string;
  readonly url: string;
  /** Names in small letters. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string;
  /** Absent when no answer came. */
  readonly status?: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
}

/** Takes an exchange when it has ended; must not throw. */
export type RecordExchange = (exchange: Exchange) => void;

/** Bodies of other types, such as archives, are not text. */
const TEXT = /json|urlencoded|^text\//;

/** Lets a server answer a request, and records both. */
export async function recordAnswer(
  record: RecordExchange | undefined,
  channel: Channel,
  request: Request,
  answer: (request: Request) => Promise<Response>,
): Promise<Response> {
  if (record === undefined) return answer(request);
  const began = Date.now();
  const asked = TEXT.test(request.headers.get("content-type") ?? "") ? request.clone().text() : "";
  const describe = async () => ({
    channel,
    began,
    milliseconds: Date.now() - began,
    method: request.method,
    url: request.url,
    requestHeaders: Object.fromEntries(request.headers),
    requestBody: await asked,
  });
  let response: Response;
  try {
    response = await answer(request);
  } catch (error) {
    record({ ...(await describe()), responseHeaders: {}, responseBody: "" });
    throw error;
  }
  const described = await describe();
  const isText = TEXT.test(response.headers.get("content-type") ?? "");
  record({
    ...described,
    status: response.status,
    responseHeaders: Object.fromEntries(response.headers),
    responseBody: isText ? await response.clone().text() : "",
  });
  return response;
}

/** Headers with their names in small letters. */
export function inSmallLetters(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
