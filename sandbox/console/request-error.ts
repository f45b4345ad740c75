/** What a page asks for cannot be. The message is a sentence for the person in front of it. */
export class RequestError extends Error {
  override readonly name = "RequestError";
}
