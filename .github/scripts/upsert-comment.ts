import { AUTHOR, type GitHub } from "./github.ts";

/** Writes the one comment that begins with the marker: the workflow's own of an earlier run, or a new one. */
export async function upsertComment(
  github: GitHub,
  pullRequest: string,
  marker: string,
  body: string,
): Promise<void> {
  const comments = await github.list(`/issues/${pullRequest}/comments`);
  const earlier = comments.filter(isComment).find((comment) => {
    // Somebody else may have quoted the marker.
    return comment.user?.login === AUTHOR && comment.body.startsWith(marker);
  });
  if (earlier === undefined) await github.request("POST", `/issues/${pullRequest}/comments`, { body });
  else await github.request("PATCH", `/issues/comments/${earlier.id}`, { body });
}

interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user?: { readonly login: string } | null;
}

function isComment(value: unknown): value is Comment {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "number" &&
    "body" in value &&
    typeof value.body === "string"
  );
}
