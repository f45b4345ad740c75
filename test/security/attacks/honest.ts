import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { delivery, signInEvent } from "../../support/deliveries.ts";

/** Okta waits so long for an answer, in milliseconds (Okta, "Event hooks": time-out and retry). */
const OKTA_WAITS = 3_000;

/** Delivers one sign-in as Okta does, over a connection of its own. @returns the status; "late" after Okta's time */
export function deliver(port: number, secret: string): Promise<number | "late"> {
  const body = JSON.stringify(delivery(signInEvent({ uuid: randomUUID() })));
  return new Promise((resolve, reject) => {
    const sent = request({
      port,
      host: "127.0.0.1",
      method: "POST",
      agent: false,
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    });
    const timer = setTimeout(() => {
      resolve("late");
      sent.destroy();
    }, OKTA_WAITS);
    sent.on("response", (answer) => {
      clearTimeout(timer);
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}
