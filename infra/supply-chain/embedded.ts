/** Work of others that a package carries inside itself, compiled or copied, so that no lockfile names it. */
export interface Embedded {
  readonly name: string;
  /** SPDX identifier. */
  readonly licence: string;
  /** The package's folder with it, as bundled files name it. */
  readonly folder: string;
  /** A file in `texts/` with its licence, when the package does not carry that. */
  readonly text?: string;
}

/** What bundled packages embed. Their versions are not told. */
export const embedded: readonly Embedded[] = [
  // undici's parsers of HTTP/1.1, in WebAssembly.
  { name: "llhttp", licence: "MIT", folder: "node_modules/undici/lib/llhttp", text: "llhttp.txt" },
  { name: "milo", licence: "ISC", folder: "node_modules/undici/lib/milo" },
];
