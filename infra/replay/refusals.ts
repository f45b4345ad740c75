import { GoogleApiError } from "../../function/google/api.ts";
import { ReplayError } from "./errors.ts";
import type { StackOutputs } from "./stack.ts";

/** Why a task could not be put into the queue: a ReplayError where trying again is no use, else the error as it was. */
export function explainQueue(error: unknown, { continuationQueue, project }: StackOutputs): unknown {
  if (saysNoQueue(error)) {
    return new ReplayError(
      `There is no queue ${continuationQueue} (${error.status}). The stack was destroyed or made again: take its outputs of today.`,
    );
  }
  return explain(error, {
    permission: "cloudtasks.tasks.create",
    on: continuationQueue,
    role: "roles/cloudtasks.enqueuer",
    project,
  });
}

/**
 * Whether there is no such queue. Of one that is gone Cloud Tasks says 400 FAILED_PRECONDITION, "The queue no longer exists, though a
 * queue with this name existed recently." (GoogleCloudPlatform/python-docs-samples#4034).
 */
function saysNoQueue(error: unknown): error is GoogleApiError {
  if (!(error instanceof GoogleApiError)) return false;
  return error.status === 404 || (error.status === 400 && error.reason === "FAILED_PRECONDITION");
}

/** The same for the progress of a replay, which could not be read. */
export function explainState(error: unknown, { stateBucket, project }: StackOutputs): unknown {
  return explain(error, {
    // Without the second, what is not there yet is refused, too (Google Cloud, "IAM permissions for JSON methods").
    permission: "storage.objects.get or storage.objects.list",
    on: `gs://${stateBucket}`,
    role: "roles/storage.objectViewer",
    project,
  });
}

/** What went wrong, for who reads it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  // What fetch itself says is only that it failed.
  const { cause } = error;
  if (cause instanceof Error) return cause.message || ("code" in cause ? String(cause.code) : cause.name);
  return error.message;
}

function explain(
  error: unknown,
  needed: {
    readonly permission: string;
    readonly on: string;
    readonly role: string;
    readonly project: string;
  },
): unknown {
  if (!(error instanceof GoogleApiError)) return error;
  const { status } = error;
  if (status === 401) {
    return new ReplayError(
      "Google Cloud does not accept your credentials (401). Run gcloud auth application-default login, or set GOOGLE_OAUTH_ACCESS_TOKEN to a fresh token.",
    );
  }
  if (status === 403) {
    const { permission, on, role, project } = needed;
    return new ReplayError(
      [
        `You lack ${permission} on ${on} (403). The role ${role} there has it.`,
        `If you have that, your credentials may lack a project for quota: gcloud auth application-default set-quota-project ${project}`,
      ].join("\n"),
    );
  }
  const mayPass = status >= 500 || status === 408 || status === 429;
  return mayPass ? error : new ReplayError(`Google Cloud refuses: ${error.message}`);
}
