import { join } from "node:path";
import { build, type Metafile } from "esbuild";

const root = join(import.meta.dirname, "../..");

/** The functions and what they use, in one file. */
export interface Bundle {
  readonly code: Uint8Array;
  /** Which files it was made from; their paths are relative to the project's folder. */
  readonly metafile: Metafile;
}

/** Bundles the functions: the same source gives the same bytes. @throws Error when the source has a mistake */
export async function bundleFunctions(): Promise<Bundle> {
  const { outputFiles, metafile } = await withoutEnvironment(() =>
    build({
      absWorkingDir: root,
      entryPoints: ["function/index.ts"],
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      target: "node24",
      // CommonJS starts faster than modules do.
      format: "cjs",
      external: ["@google-cloud/functions-framework"],
      // Names stay, so that a stack trace in a log can be read.
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: "eof",
      logLevel: "silent",
    }),
  );
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error("The bundler wrote nothing.");
  return { code: withoutLayout(bundle), metafile };
}

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
