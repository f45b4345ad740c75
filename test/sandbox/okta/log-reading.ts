import { startTestOkta, type TestOkta } from "./local.ts";

export const JANE = "jane@example.com";
export const START = Date.parse("2026-01-05T10:00:00Z");
export const DAY = 24 * 3600_000;

/** An org with Jane, and a clock that is set by hand, in milliseconds from the start. */
export async function startWithJane() {
  let time = START;
  const okta = await startTestOkta({ now: () => time });
  okta.createPerson({ login: JANE, displayName: "Jane Doe" });
  return {
    okta,
    at: (milliseconds: number) => {
      time = START + milliseconds;
    },
    signIn: (kind: "success" | "wrong-password" = "success") => okta.signIn([{ kind, login: JANE }])[0],
  };
}

/** So many milliseconds from the start, as Okta writes times. */
export const iso = (milliseconds: number) => new Date(START + milliseconds).toISOString();

/** Reads a page and its next link. */
export async function read(okta: TestOkta, url: string) {
  const { status, body, headers } = await okta.call("GET", url.replace(okta.url, ""));
  const next = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1];
  return { status, body, next };
}

/** Follows next links to the end; a polling request has none. */
export async function readAll(okta: TestOkta, url: string) {
  const pages: unknown[][] = [];
  for (let at: string | undefined = url; at !== undefined; ) {
    const { body, next } = await read(okta, at);
    pages.push(body);
    at = next;
  }
  return pages;
}
