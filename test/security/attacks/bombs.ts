import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { constants, createBrotliCompress, deflateRaw, gzip } from "node:zlib";

/** A body that becomes very large when somebody unpacks it. */
export interface Bomb {
  readonly encoding: string;
  readonly bytes: Buffer;
}

const PIECE = 10 * 1024 * 1024;
const PIECES = 1_000;

/** Spaces, which JSON allows: 10 GB in some 10 MB by gzip and deflate, 1 GB in some hundred kB by Brotli. */
export async function bombs(): Promise<readonly Bomb[]> {
  const spaces = Buffer.alloc(PIECE, " ");
  const member = await promisify(gzip)(spaces);
  // A piece that ends on a byte, with nothing before it to refer to: so it can be repeated.
  const block = await promisify(deflateRaw)(spaces, { finishFlush: constants.Z_FULL_FLUSH });
  // A buffer of 1 GB would take seconds to fill.
  const compressed = createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  const brotli = await buffer(Readable.from(Array<Buffer>(PIECES / 10).fill(spaces)).pipe(compressed));
  return [
    { encoding: "gzip", bytes: repeated(member) },
    { encoding: "deflate", bytes: Buffer.concat([Buffer.of(0x78, 0x9c), repeated(block)]) },
    { encoding: "br", bytes: brotli },
    { encoding: "gzip, gzip", bytes: await promisify(gzip)(repeated(member)) },
  ];
}

function repeated(piece: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: PIECES }, () => piece));
}
