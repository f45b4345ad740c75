/**
 * Node.js goes through a proxy if it is told to (`NODE_USE_ENV_PROXY=1` or `--use-env-proxy`; Node.js, "Enterprise network
 * configuration"), also to this machine itself, where the two clouds are.
 *
 * @returns what is wrong and what to do, in one sentence; undefined when requests to this machine stay on it
 */
export function proxyFault(
  environment: Readonly<Record<string, string | undefined>>,
  options: readonly string[],
): string | undefined {
  const words = [...options, ...(environment["NODE_OPTIONS"] ?? "").split(/\s+/)];
  if (environment["NODE_USE_ENV_PROXY"] !== "1" && !words.includes("--use-env-proxy")) return undefined;
  const one = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? "";
  if (one("HTTP_PROXY") === "") return undefined;
  const direct = one("NO_PROXY").split(/[\s,]+/);
  if (direct.includes("*") || direct.includes("127.0.0.1")) return undefined;
  return (
    "Node.js is told to use the proxy of HTTP_PROXY for every address (NODE_USE_ENV_PROXY or --use-env-proxy), so the two clouds " +
    "on this machine can't be reached: add 127.0.0.1 to NO_PROXY, or unset NODE_USE_ENV_PROXY."
  );
}
