const START = "Host: function.example\r\nContent-Type: application/json\r\n";

/** Headers of a request with a body of this length, and nothing of the body. */
export function headersOf(length: number, ...others: readonly string[]): string {
  const lines = [...others, `Content-Length: ${length}`].map((line) => `${line}\r\n`).join("");
  return `POST / HTTP/1.1\r\n${START}${lines}\r\n`;
}

/** A verification of the hook. */
export function challenge(...others: readonly string[]): string {
  const lines = ["X-Okta-Verification-Challenge: abc", ...others].map((line) => `${line}\r\n`).join("");
  return `GET / HTTP/1.1\r\n${START}${lines}\r\n`;
}

/** What Okta sends of the hook's secret. */
export function authorization(secret: string): string {
  return `Authorization: Bearer ${secret}`;
}
