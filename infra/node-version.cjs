// Plain JavaScript, and CommonJS: a Node.js that is too old must be able to run it. It loads no package.
const { dirname } = require("node:path");

/** The oldest Node.js that program and commands run on: undici needs it, and it runs TypeScript as it is. */
const LEAST = "22.19.0";

/** What is wrong with the Node.js that runs this, in one sentence; undefined if nothing is. */
exports.nodeFault = () => {
  const { node } = process.versions;
  // Node.js 23 runs TypeScript only from 23.6 on.
  if (isAtLeast(node, LEAST) && process.features.typescript) return undefined;
  const wanted = LEAST.replace(/\.0$/, "");
  return `This needs Node.js ${wanted} or newer (24 is best), and is run by Node.js ${node}: install one from https://nodejs.org and put it first on the PATH.`;
};

/**
 * What is wrong with the installed packages, in one sentence; undefined if nothing is. The bundler's program comes in a package
 * for each system, which an installation without optional packages, or one copied from another system, lacks.
 */
exports.packagesFault = () => {
  const name = `@esbuild/${process.platform}-${process.arch}`;
  try {
    const bundler = require.resolve("esbuild/package.json");
    // Next to the bundler, where every package manager puts it.
    require.resolve(`${name}/package.json`, { paths: [dirname(bundler)] });
    return undefined;
  } catch {
    return `The package ${name} is not installed: run "npm ci" on this machine, with optional packages (without --omit=optional or omit=optional in npm's configuration).`;
  }
};

/**
 * @throws RunError of Pulumi, which it shows without a stack, where Node.js is too old or a package is missing
 */
exports.requireNode = () => {
  const fault = exports.nodeFault() ?? exports.packagesFault();
  if (fault === undefined) return;
  const { RunError } = require("@pulumi/pulumi/errors.js");
  throw new RunError(fault);
};

function isAtLeast(version, least) {
  const [wanted, given] = [least, version].map((text) => text.split(".").map(Number));
  const differing = wanted.findIndex((part, index) => part !== given[index]);
  return differing < 0 || given[differing] > wanted[differing];
}
