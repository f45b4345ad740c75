/** The size of a header, and what everything in a tar file is padded to, in bytes. */
const BLOCK = 512;

/** In octal. */
const MODE_OF_A_FILE = "0000644";

/**
 * Packs files as POSIX ustar (IEEE Std 1003.1, "pax": ustar interchange format), without a time, an owner or a folder, so that the
 * same files give the same bytes.
 *
 * @param files their content by their names, of at most 100 bytes
 */
export function tarOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts = Object.entries(files).flatMap(([name, content]) => [
    header(name, content.length),
    content,
    new Uint8Array(-content.length & (BLOCK - 1)),
  ]);
  // Two empty blocks are the end.
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK)]);
}

function header(name: string, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) throw new Error(`The name ${name} is longer than 100 bytes.`);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  block.write(name, 0);
  block.write(`${MODE_OF_A_FILE}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
  block.write(`${octal(size, 11)}\0${octal(0, 11)}\0`, 124);
  // The sum is made as if it were spaces itself. 0 is the type of a file.
  block.write("        0", 148);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
