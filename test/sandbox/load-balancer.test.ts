import { expect, it, onTestFinished } from "vitest";
import { deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import { type Hosting, programFor, startClouds } from "../../sandbox/environment.ts";
import { type Declared, noting } from "../security/ablation/declared.ts";
import { hosted } from "../security/ablation/hosted.ts";
import { runInSharedProcess } from "../support/programs.ts";

it.each<Hosting>(["functions", "service"])(
  "lets Okta in through a load balancer, and nobody past it, with hosting as %s",
  async (hosting) => {
    const clouds = await startClouds({ onOkta: () => undefined, onGoogle: () => undefined });
    onTestFinished(() => clouds.close());
    const { okta, google } = clouds;
    const balancer = await google.startLoadBalancer("receive");
    onTestFinished(() => balancer.close());
    const program = programFor(clouds, { hosting });
    const declared: Declared[] = [];
    const { outputs, destroy } = await deployEmbedded({
      ...program,
      start: runInSharedProcess,
      providers: noting(program.providers, declared),
      configuration: { ...program.configuration, "signin-groups:hookUrl": balancer.url },
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
    expect(outputs["hookUrl"]).toBe(balancer.url);

    const login = "newcomer@acme.example";
    const { id } = okta.createPerson({ login, displayName: "Newcomer" });
    okta.signIn([{ kind: "success", login }]);
    await clouds.idle();
    expect(okta.isMember(String(Reflect.get(Object(outputs["groupIds"]), "App Users")), id)).toBe(true);

    const { type, url, entryPointOf } = hosted[hosting];
    const receive = declared.find((one) => one.type === type && entryPointOf(one.inputs) === "receive");
    const own = String(receive?.state.outputs[url]);
    expect((await fetch(own)).status).toBe(404);
    expect((await fetch(balancer.url)).status).toBe(401);

    await destroy();
    expect(clouds.leftovers()).toEqual([]);
  },
);
