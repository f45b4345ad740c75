const POLYNOMIAL = 0x82f63b78;

/** What a byte makes of the checksum: the first 256 numbers, and 256 for each byte, up to three, that comes after it. */
const TABLES = new Uint32Array(4 * 256);
for (let index = 0; index < TABLES.length; index += 1) {
  let value = index < 256 ? index : (TABLES[index - 256] ?? 0);
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  TABLES[index] = value;
}
const AFTER_1 = TABLES.subarray(256);
const AFTER_2 = TABLES.subarray(512);
const AFTER_3 = TABLES.subarray(768);

/** The CRC-32C (Castagnoli) of bytes, by which Google's APIs guard content (RFC 3720, 12.1). */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  let index = 0;
  // Four bytes at once: an archive has hundreds of thousands.
  for (; index + 4 <= bytes.length; index += 4) {
    value ^=
      at(bytes, index) |
      (at(bytes, index + 1) << 8) |
      (at(bytes, index + 2) << 16) |
      (at(bytes, index + 3) << 24);
    value =
      at(AFTER_3, value & 0xff) ^
      at(AFTER_2, (value >>> 8) & 0xff) ^
      at(AFTER_1, (value >>> 16) & 0xff) ^
      at(TABLES, value >>> 24);
  }
  for (; index < bytes.length; index += 1)
    value = at(TABLES, (value ^ at(bytes, index)) & 0xff) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function at(numbers: Uint8Array | Uint32Array, index: number): number {
  return numbers[index] ?? 0;
}
