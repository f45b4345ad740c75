import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** A file that a page gets. */
export interface Served {
  readonly type: string;
  readonly content: Buffer;
  readonly compressed: Buffer;
  readonly tag: string;
}

/** The files of the page, by their paths. */
export interface Files {
  /** Undefined when there is no such file. */
  get(path: string): Served | undefined;
  /** The document, and what its content security policy must allow. */
  readonly document: Served;
  readonly importMapHash: string;
}

const folder = join(import.meta.dirname, "page");

/** What the page imports from node_modules, each by the name in its import. */
const packages: Readonly<Record<string, string>> = {
  preact: "preact",
  "preact/hooks": "preact/hooks",
  htm: "htm",
  uplot: "uplot/dist/uPlot.esm.js",
  "@dagrejs/dagre": "@dagrejs/dagre",
};
const packageStyles: Readonly<Record<string, string>> = { "/packages/uPlot.css": "uplot/dist/uPlot.min.css" };

/** The page's styles, one file for each view and for what they share. The browser gets them as one, in this order: what comes later wins. */
export const STYLES: readonly string[] = [
  "base",
  "frame",
  "marks",
  "sign-in",
  "timeline",
  "event",
  "messages",
  "small-screens",
  "panels",
  "charts",
  "deployment",
  "rules",
  "alerts",
  "print",
];
const STYLE_SHEET = "/page/style.css";

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
const types: ReadonlyMap<string, string> = new Map([
  [".js", SCRIPT],
  [".svg", "image/svg+xml"],
]);

/** What is loaded only when the view that needs it is opened. */
const LATER = /\/views\/(?!timeline)|chart|graph|uplot|dagre/;

/** Reads all files of the page once. */
export async function readFiles(): Promise<Files> {
  const files = new Map<string, Served>();
  const names = await readdir(folder, { recursive: true });
  for (const name of names) {
    const type = types.get(name.slice(name.lastIndexOf(".")));
    if (type === undefined) continue;
    const path = `/page/${relative(folder, join(folder, name)).split(sep).join("/")}`;
    files.set(path, served(await readFile(join(folder, name)), type));
  }
  const sheets = STYLES.map((name) => readFile(join(folder, "styles", `${name}.css`), "utf8"));
  files.set(STYLE_SHEET, served(Buffer.from((await Promise.all(sheets)).join("\n")), STYLE));
  const imports = new Map<string, string>();
  for (const [name, specifier] of Object.entries(packages)) {
    const path = `/packages/${name.replace(/[@/]+/g, "-").replace(/^-/, "")}.js`;
    const content = await readFile(fileURLToPath(import.meta.resolve(specifier)), "utf8");
    // The maps are not served.
    const code = content.replace(/^\/\/# sourceMappingURL=.*$/m, "");
    files.set(path, served(Buffer.from(code), SCRIPT));
    imports.set(name, path);
  }
  for (const [path, specifier] of Object.entries(packageStyles)) {
    const content = await readFile(fileURLToPath(import.meta.resolve(specifier)));
    files.set(path, served(content, STYLE));
  }
  const importMap = JSON.stringify({ imports: Object.fromEntries(imports) });
  const preloads = [...files.keys()]
    .filter((path) => path.endsWith(".js") && !LATER.test(path))
    .map((path) => `<link rel="modulepreload" href="${path}">`);
  return {
    get: (path) => files.get(path),
    importMapHash: createHash("sha256").update(importMap).digest("base64"),
    document: served(Buffer.from(document(importMap, preloads)), "text/html; charset=utf-8"),
  };
}

function served(content: Buffer, type: string): Served {
  return {
    type,
    content,
    compressed: gzipSync(content, { level: 9 }),
    tag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 20)}"`,
  };
}

function document(importMap: string, preloads: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>signin-groups sandbox</title>
<link rel="icon" href="/page/icon.svg">
<link rel="stylesheet" href="${STYLE_SHEET}">
<script type="importmap">${importMap}</script>
${preloads.join("\n")}
<script type="module" src="/page/main.js"></script>
</head>
<body>
<div id="page"><p class="starting">The console starts …</p></div>
<noscript>This console needs JavaScript.</noscript>
</body>
</html>
`;
}
