/** Work of others that a package carries inside itself, compiled or copied, so that no lockfile names it. */
export interface Embedded {
  readonly name: string;
  /** SPDX identifier. */
  readonly licence: string;
  /** The package that carries it. */
  readonly package: string;
  /** The folder of the package that holds it. */
  readonly folder: string;
  /** A file in `texts/` with its licence, when the package does not carry that. */
  readonly text?: string;
}

/** What bundled packages embed. The packages do not state the versions. */
export const embedded: readonly Embedded[] = [
  // undici's parsers of HTTP/1.1, in WebAssembly.
  { name: "llhttp", licence: "MIT", package: "undici", folder: "lib/llhttp", text: "llhttp.txt" },
  { name: "milo", licence: "ISC", package: "undici", folder: "lib/milo" },
];
