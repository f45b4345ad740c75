import type { Exchange } from "../../../cli/acceptance/fixture.ts";
import type { Look } from "../../../cli/acceptance/look.ts";
import { createProbe } from "../../../cli/acceptance/probe.ts";
import type { Seen } from "../../../cli/acceptance/progress.ts";
import { createScrub } from "../../../cli/acceptance/scrub.ts";
import { examine, parseState } from "../../../cli/configuration.ts";
import { createGoogleApi } from "../../../cli/google-api.ts";
import { systemClock } from "../../../function/shared/clock.ts";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import { commandVariables, type Hosting, programFor } from "../../../sandbox/environment.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import type { World } from "../world.ts";

/** A stack on the sandbox, at which looks are made without a round. */
export interface LookedAt {
  look(
    looks: readonly Look[],
  ): Promise<{ readonly seen: readonly Seen[]; readonly exchanges: readonly Exchange[] }>;
}

/** Deploys the program onto a world, where nothing else was. */
export async function deployForLooks({ clouds }: World, hosting: Hosting): Promise<LookedAt> {
  const program = programFor(clouds, { stack: "dev", hosting });
  const deployment = await deployEmbedded({ ...program, start: runInSharedProcess });
  const resources = parseState(JSON.stringify(deployment.state));
  return {
    async look(looks) {
      const { okta, project, region } = clouds;
      const orgUrl = okta.url;
      const before = { ...process.env };
      Object.assign(process.env, commandVariables(clouds));
      try {
        await examine({ values: { ...program.configuration }, secretKeys: program.secretKeys });
        const seen: Seen[] = [];
        const exchanges: Exchange[] = [];
        for (const look of looks) {
          const probe = createProbe(look.id, {
            stack: { stack: "dev", orgUrl, project, region, hosting, resources, outputs: deployment.outputs },
            api: createGoogleApi(process.env, {}, project),
            scrub: createScrub([[project, "PROJECT"]]),
            clock: systemClock,
            signal: new AbortController().signal,
            facts: {},
          });
          seen.push(...(await look.make(probe)));
          exchanges.push(...probe.exchanges);
        }
        return { seen, exchanges };
      } finally {
        process.env = before;
      }
    },
  };
}
