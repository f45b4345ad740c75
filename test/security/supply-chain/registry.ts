import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import type { Lockfile } from "../../../infra/supply-chain/lockfile.ts";

/** An advisory as npm's registry returns it (npm, "Bulk advisory endpoint"). */
export interface Advisory {
  readonly id: number;
  readonly url: string;
  readonly title: string;
  readonly severity: string;
  readonly vulnerable_versions: string;
}

const ADVISORIES = "/-/npm/v1/security/advisories/bulk";

/** An advisory on versions of a package, with an id that no real one has. */
export function advisory(number: number, severity: string, versions: string): Advisory {
  return {
    id: number,
    url: `https://github.com/advisories/GHSA-test-test-${String(number).padStart(4, "0")}`,
    title: `Test advisory ${number}`,
    severity,
    vulnerable_versions: versions,
  };
}

/**
 * A registry on this machine with the packages of lockfiles, as far as `npm audit` asks one.
 *
 * @param advisories by the name of the package; undefined for a registry without the service
 */
export async function startRegistry(
  lockfiles: readonly Lockfile[],
  advisories: Readonly<Record<string, readonly Advisory[]>> | undefined,
) {
  const asked: string[][] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.url === ADVISORIES && advisories !== undefined) {
      const zipped = request.headers["content-encoding"] === "gzip";
      const versions: Record<string, string[]> = JSON.parse(
        await text(zipped ? request.pipe(createGunzip()) : request),
      );
      const names = Object.keys(versions);
      asked.push(
        names.flatMap((name) => (versions[name] ?? []).map((version) => `${name}@${version}`)).sort(),
      );
      return send(
        200,
        Object.fromEntries(Object.entries(advisories).filter(([name]) => names.includes(name))),
      );
    }
    if (request.method !== "GET") return send(405, {});
    const name = decodeURIComponent((request.url ?? "").slice(1));
    const versions = lockfiles.flatMap(({ packages }) =>
      [...packages.values()]
        .filter((one) => one.name === name)
        .map(({ version, needs }) => {
          const dependencies = Object.fromEntries(needs.map((needed) => [needed, "*"]));
          return [version, { name, version, dependencies }] as const;
        }),
    );
    return send(200, { name, "dist-tags": {}, versions: Object.fromEntries(versions) });
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    /** The packages that advisories were asked for, as name@version, once for each audit. */
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
