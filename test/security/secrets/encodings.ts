/** A form in which a value may turn up. */
export interface Encoded {
  readonly encoding: string;
  readonly bytes: Buffer;
}

/** The forms in which a value turns up in text: as it is, escaped for JSON or an address, and encoded with its surroundings. */
export function encodingsOf(value: string): readonly Encoded[] {
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(value);
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  const aligned = [0, 1, 2].map((shift) => base64Within(bytes, shift));
  const texts: readonly (readonly [string, string])[] = [
    ["plain", value],
    ["JSON", json],
    ["JSON in ASCII", inAscii(json)],
    ["JSON within JSON", JSON.stringify(json).slice(1, -1)],
    ["address", url],
    ["form", url.replaceAll("%20", "+")],
    ["hex", hex],
    ["upper-case hex", hex.toUpperCase()],
    ...aligned.map((text) => ["base64", text] as const),
    ...aligned.map((text) => ["base64url", text.replaceAll("+", "-").replaceAll("/", "_")] as const),
  ];
  const byText = new Map<string, string>();
  for (const [encoding, text] of texts) if (!byText.has(text)) byText.set(text, encoding);
  return [...byText].map(([text, encoding]) => ({ encoding, bytes: Buffer.from(text) }));
}

/** What is certain of the base64 of a text in which so many bytes (modulo 3) come before the value. */
function base64Within(value: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), value]).toString("base64");
  return text.slice(Math.ceil((shift * 4) / 3), Math.floor(((shift + value.length) * 4) / 3));
}

/** Go's encoder, among others, also escapes what means something in HTML. */
function inAscii(json: string): string {
  return json.replace(
    /[^ -~]|[<>&]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
