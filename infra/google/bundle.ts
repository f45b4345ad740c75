import { join, relative } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import type { Hosting } from "../settings.ts";

const root = join(import.meta.dirname, "../..");

/**
 * The files that the functions are bundled into. Each function has one of its own, so that none loads what only another
 * needs, and what only rules with a condition need is apart from them: it is many times as large as all the rest of `receive`.
 */
const FILES = {
  receive: "function/entry-points/receive.ts",
  grant: "function/entry-points/grant.ts",
  reconcile: "function/entry-points/reconcile.ts",
  condition: "function/shared/conditions/condition.ts",
};
/**
 * The command of functions-framework, which Cloud Functions starts, is one file, too: loading the more than a hundred that it is
 * published as is slow.
 */
const FRAMEWORK = {
  "framework/main": "node_modules/@google-cloud/functions-framework/build/src/main.js",
};

/** The functions and what they use. */
export interface Bundle {
  /** The code of each file, by its name in the archive, such as `receive.cjs` or `framework/main.cjs`; in the order of their names. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Which files each was made from; their paths are relative to the project's folder. */
  readonly metafile: Metafile;
}

/**
 * Bundles the functions: the same source gives the same bytes.
 *
 * @param hosting what runs them; only Cloud Functions needs functions-framework
 * @throws Error when the source has a mistake
 */
export async function bundleFunctions(hosting: Hosting = "functions"): Promise<Bundle> {
  const entryPoints = hosting === "functions" ? { ...FILES, ...FRAMEWORK } : FILES;
  const { outputFiles, metafile } = await withoutEnvironment(() =>
    build({
      absWorkingDir: root,
      entryPoints,
      outdir: ".",
      // Of a .cjs file functions-framework knows without a search that it is CommonJS, which starts faster than modules do.
      outExtension: { ".js": ".cjs" },
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      target: "node24",
      format: "cjs",
      // A dynamic import becomes a require: Node's loader of modules is not started for it.
      supported: { "dynamic-import": false },
      plugins: [filesApart, domainOnDemand],
      // debug, in functions-framework, does without it; whether it lies where debug finds it depends on the tools.
      external: ["supports-color"],
      // Names stay, so that a stack trace in a log can be read.
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: "eof",
      logLevel: "silent",
    }),
  );
  const files = outputFiles.map(
    (file) => [relative(root, file.path).replaceAll("\\", "/"), withoutLayout(file)] as const,
  );
  return { files: Object.fromEntries(files.sort(([one], [other]) => (one < other ? -1 : 1))), metafile };
}

/** What is imported only when it is needed and has a file of its own stays there. */
const filesApart: Plugin = {
  name: "files-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      const [name] =
        Object.entries(FILES).find(([, file]) => join(root, file) === join(resolveDir, path)) ?? [];
      return name === undefined ? undefined : { path: `./${name}.cjs`, external: true };
    });
  },
};

/**
 * As soon as Node's `domain` is loaded, it slows every event emitter of the process down. functions-framework loads it for its
 * wrappers, which do not run where the functions answer themselves, so it is loaded only when a wrapper does.
 */
const domainOnDemand: Plugin = {
  name: "domain-on-demand",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^domain$/ }, ({ path }) => ({ path, namespace: "on-demand" }));
    onLoad({ filter: /^domain$/, namespace: "on-demand" }, () => ({
      contents: 'module.exports = { create: () => require("node:domain").create() };',
    }));
  },
};

/**
 * The bundler names some modules by their paths, which differ with what installed the packages: pnpm keeps them in a store of
 * its own. The innermost package's path names a module as well.
 */
function withoutLayout({ text }: { readonly text: string }): Uint8Array {
  return new TextEncoder().encode(
    text.replaceAll(/"node_modules\/[^"]*\/node_modules\/([^"]+)"\(/g, '"node_modules/$1"('),
  );
}

/**
 * The bundler's process takes over the environment in which it starts, and in the program's are the stack's secrets
 * (PULUMI_CONFIG) and whatever else a deployment needs; the bundler needs nothing of it.
 */
function withoutEnvironment<Result>(start: () => Result): Result {
  const { env } = process;
  process.env = {};
  try {
    return start();
  } finally {
    process.env = env;
  }
}
