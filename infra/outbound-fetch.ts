import { EnvHttpProxyAgent, fetch, type RequestInit, type Response } from "undici";
import { isLoopback } from "./addresses.ts";

let proxies: EnvHttpProxyAgent | undefined;

/**
 * Fetches as a company's network requires: through the proxies that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, as the
 * Pulumi CLI and its providers do. Node.js itself ignores these variables unless it is started with `NODE_USE_ENV_PROXY=1`
 * (Node.js, "Enterprise network configuration"). Requests to this machine never use a proxy, as in Go.
 *
 * @throws TypeError when the address cannot be reached
 */
export function outboundFetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
  if (isLoopback(new URL(url).hostname)) return fetch(url, init);
  proxies ??= new EnvHttpProxyAgent(configuredProxies());
  return fetch(url, { ...init, dispatcher: proxies });
}

/** Go takes a proxy without a scheme as one of http (golang.org/x/net, http/httpproxy, parseProxy); undici does not take it. */
function configuredProxies(): { httpProxy?: string; httpsProxy?: string } {
  const withScheme = (proxy: string) => (proxy.includes("://") ? proxy : `http://${proxy}`);
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY } = process.env;
  const [httpProxy, httpsProxy] = [http_proxy || HTTP_PROXY, https_proxy || HTTPS_PROXY];
  return {
    ...(httpProxy ? { httpProxy: withScheme(httpProxy) } : {}),
    ...(httpsProxy ? { httpsProxy: withScheme(httpsProxy) } : {}),
  };
}

/** What to look at when an address is not reached while a proxy is configured; empty where there is none. */
export function proxyHint(environment: NodeJS.ProcessEnv = process.env): string {
  const name = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"].find((one) => environment[one]);
  return name === undefined
    ? ""
    : ` (${name} names a proxy: it must let this host through, or NO_PROXY must name the host)`;
}
