import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { zipSync } from "fflate";

/** The functions' code as Google Cloud takes it. */
export interface Archive {
  /** Absolute path of the zip file. */
  readonly path: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly hash: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
}

const root = join(import.meta.dirname, "../..");

/**
 * Bundles the functions and packs them: the same source gives the same bytes. Beside the bundle lie the manifest with
 * nothing but functions-framework, which the runtime starts, and its lockfile; no scripts, so a build runs none.
 */
export async function buildArchive(): Promise<Archive> {
  const manifest = join(root, "function/archive");
  const [bundle, packageJson, packageLock] = await Promise.all([
    bundleFunctions(),
    readFile(join(manifest, "package.json")),
    readFile(join(manifest, "package-lock.json")),
  ]);
  const zip = zipSync(
    { "index.js": bundle, "package-lock.json": packageLock, "package.json": packageJson },
    // Zip's time has no zone and begins in 1980: local time gives the same bytes everywhere.
    { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 },
  );
  const hash = createHash("sha256").update(zip).digest("hex");
  const folder = join(root, "dist");
  const path = join(folder, `function-${hash}.zip`);
  // Two components, or two programs, may build at once.
  const unfinished = `${path}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  await writeFile(unfinished, zip);
  await rename(unfinished, path);
  return { path, hash, bytes: zip.length };
}

async function bundleFunctions(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["function/index.ts"],
    bundle: true,
    write: false,
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
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error("The bundler wrote nothing.");
  return bundle.contents;
}
