/** The id that follows a collection in a full name, such as `queues` in `projects/p/queues/q`; "" when it has none. */
export function idIn(fullName: string, collection: string): string {
  const segments = fullName.split("/");
  const place = segments.indexOf(collection);
  return place < 0 ? "" : (segments[place + 1] ?? "");
}

/** Takes a name that may be a full one: only its last segment counts. */
export function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
