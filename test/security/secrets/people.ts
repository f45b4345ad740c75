import { randomBytes } from "node:crypto";
import type { Clouds } from "../../../sandbox/environment.ts";
import type { Canaries } from "./canaries.ts";

/** Signs people in, and makes them canaries with all that they type; resolves when nothing of it is under way. */
export async function signPeopleIn({ okta, idle, runJobs }: Clouds, canaries: Canaries): Promise<void> {
  const mark = randomBytes(6).toString("hex");
  const person = (name: string) => {
    const login = `${name}.${mark}@example.com`;
    const displayName = `${name} "Ünïque" O'Canary & ${mark}`;
    okta.createPerson({ login, displayName });
    for (const value of [login, displayName]) canaries.add("person", value);
    return login;
  };
  // Where the login is asked for, people type passwords.
  const typed = [`Corréct "horse" & ${mark}`, `typed.${mark}@example.org`];
  for (const value of typed) canaries.add("person", value);
  okta.signIn([
    { kind: "success", login: person("ada") },
    { kind: "success", login: person("classic"), platform: "classic" },
    { kind: "wrong-password", login: person("forgetful") },
    ...typed.map((login) => ({ kind: "unknown-user", login }) as const),
  ]);
  await idle();
  okta.faults.deliveries.push({ trouble: { kind: "lost" }, times: 1 });
  okta.signIn([
    { kind: "success", login: person("unheard") },
    ...typed.map((login) => ({ kind: "unknown-user", login }) as const),
  ]);
  await okta.idle();
  await runJobs();
}
