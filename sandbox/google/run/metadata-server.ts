import { randomInt } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { own } from "../../../function/shared/json.ts";
import { forOwnMachine } from "../../own-machine.ts";
import { type Faults, meetFault } from "../faults.ts";
import type { Tokens } from "../iam/tokens.ts";
import { close, listen } from "./loopback-server.ts";

/** A metadata server: what an instance asks about itself. */
export interface MetadataServer {
  /** Host and port, as GCE_METADATA_HOST takes them. */
  readonly host: string;
  close(): Promise<void>;
}

/** What one metadata server answers for. */
export interface MetadataOptions {
  readonly project: string;
  readonly projectNumber: string;
  readonly region: string;
  readonly email: string;
  readonly tokens: Tokens;
  readonly faults: Faults;
}

const FLAVOR = { "Metadata-Flavor": "Google" };
const SCOPES = "https://www.googleapis.com/auth/cloud-platform";
const TOKENS = new Set(["token", "identity"].map((kind) => `instance/service-accounts/default/${kind}`));

/** Starts the metadata server of one instance, which has one service account (Cloud Run, Container contract). */
export async function startMetadataServer(options: MetadataOptions): Promise<MetadataServer> {
  const id = Array.from({ length: 40 }, () => randomInt(16).toString(16)).join("");

  const answers: Readonly<Record<string, (query: URLSearchParams) => unknown>> = {
    instance: () => ({ id, region: `projects/${options.projectNumber}/regions/${options.region}` }),
    "instance/id": () => id,
    "instance/region": () => `projects/${options.projectNumber}/regions/${options.region}`,
    "instance/zone": () => `projects/${options.projectNumber}/zones/${options.region}-1`,
    "project/project-id": () => options.project,
    "project/numeric-project-id": () => options.projectNumber,
    "universe/universe-domain": () => "googleapis.com",
    "instance/service-accounts": () => `default/\n${options.email}/\n`,
    "instance/service-accounts/default": () => ({
      aliases: ["default"],
      email: options.email,
      scopes: [SCOPES],
    }),
    "instance/service-accounts/default/email": () => options.email,
    "instance/service-accounts/default/scopes": () => SCOPES,
    "instance/service-accounts/default/token": () => options.tokens.issueAccessToken(options.email),
    "instance/service-accounts/default/identity"(query) {
      const audience = query.get("audience");
      return audience ? options.tokens.issueIdentityToken(options.email, audience) : undefined;
    },
  };

  /** Whether a fault meets the request: it is answered then, or left without an answer. */
  function meetsFault(key: string, response: ServerResponse): boolean {
    const fault = TOKENS.has(key) ? meetFault(options.faults, "issueToken") : undefined;
    if (fault && fault.answer !== "nothing") {
      response.writeHead(fault.answer, FLAVOR).end("Refused because a fault is switched on.");
    }
    return fault !== undefined;
  }

  const server = createServer(
    forOwnMachine((request, response) => {
      const url = new URL(request.url ?? "/", "http://metadata");
      const path = url.pathname.replace(/^\/computeMetadata\/v1\//, "").replace(/\/$/, "");
      const key = path.replace(`service-accounts/${options.email}`, "service-accounts/default");
      const answer = own(answers, key);
      /**
       * @decision The metadata server refuses a request without Metadata-Flavor: Google with 403.
       * @evidence recorded: salrashid123/gce_metadata_server pull request 11: "HTTP/1.1 403 Forbidden" with
       * Metadata-Flavor: Google; googleapis/google-cloud-ruby pull request 3750.
       * @matters wrong access: a page or a redirect can't make a function fetch a token.
       *
       * @decision What the metadata server does not have is answered with 404.
       * @evidence recorded: googleapis/gcp-metadata#657: 404 with Metadata-Flavor: Google.
       * @matters sandbox only: the client libraries ask for what there is.
       *
       * @decision An identity token without an audience is refused with 400.
       * @evidence assumed: the words of the refusal, "non-empty audience parameter required", are from memory.
       * @show No deployment shows it: no function asks for a token without an audience.
       * @matters sandbox only: the functions name the audience.
       */
      if (request.headers["metadata-flavor"] !== "Google") {
        response.writeHead(403, FLAVOR).end("Missing Metadata-Flavor:Google header.");
      } else if (!url.pathname.startsWith("/computeMetadata/v1/") || !answer) {
        response.writeHead(404, FLAVOR).end("Not found");
      } else if (!meetsFault(key, response)) {
        void Promise.resolve(answer(url.searchParams)).then((value) => {
          if (value === undefined) {
            response.writeHead(400, FLAVOR).end("non-empty audience parameter required");
          } else if (typeof value === "string") {
            response.writeHead(200, { ...FLAVOR, "content-type": "application/text" }).end(value);
          } else {
            response
              .writeHead(200, { ...FLAVOR, "content-type": "application/json" })
              .end(JSON.stringify(value));
          }
        });
      }
    }),
  );
  const port = await listen(server);
  return { host: `127.0.0.1:${port}`, close: () => close(server) };
}
