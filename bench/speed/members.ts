/** The id of one of the members whom the stub has. */
export function memberId(index: number): string {
  return `00u${String(index).padStart(17, "0")}`;
}
