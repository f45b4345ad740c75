import { GoogleApiError, NoBucketError, ObjectChangedError } from "../errors.ts";
import type { GoogleGet, GooglePost } from "./api.ts";

/** An object as it was read. */
export interface StoredObject {
  readonly content: string;
  /** Identifies this state of the object. */
  readonly generation: string;
}

/** The generation of an object that does not exist. */
export const NO_OBJECT = "0";

/** Objects whose writes name the generation that they overwrite, so that no change is lost. */
export interface ObjectStore {
  /** @throws NoBucketError; GoogleApiError */
  read(name: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /**
   * Writes a value as JSON.
   *
   * @param over the generation that is overwritten, or NO_OBJECT
   * @returns the new generation
   * @throws ObjectChangedError when the object is no longer of that generation; NoBucketError; GoogleApiError
   */
  write(name: string, value: unknown, over: string, signal: AbortSignal): Promise<string>;
}

const READ = "Cloud Storage objects.get";
const WRITE = "Cloud Storage objects.insert";

/**
 * One Cloud Storage bucket (Google Cloud, "Cloud Storage JSON API": objects.get, objects.insert; "Request preconditions":
 * ifGenerationMatch).
 */
export function createObjectStore(settings: {
  readonly endpoint: string;
  readonly bucket: string;
  readonly get: GoogleGet;
  readonly post: GooglePost;
}): ObjectStore {
  const { endpoint, bucket, get, post } = settings;
  return {
    async read(name, signal) {
      try {
        const { headers, text } = await get({
          call: READ,
          url: `${endpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`,
          signal,
        });
        const generation = headers.get("x-goog-generation");
        if (generation === null) throw new Error(`${READ}: the answer has no generation`);
        return { content: text, generation };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw isOwn(error, 403) ? new NoBucketError(bucket, READ, error.status, error.reason) : error;
      }
    },
    async write(name, value, over, signal) {
      const query = new URLSearchParams({ uploadType: "media", name, ifGenerationMatch: over });
      try {
        const { generation } = await post({
          call: WRITE,
          url: `${endpoint}/upload/storage/v1/b/${bucket}/o?${query}`,
          body: value,
          signal,
        });
        if (typeof generation !== "string") {
          throw new Error(`${WRITE}: the answer has no generation`);
        }
        return generation;
      } catch (error) {
        if (isOwn(error, 412)) throw new ObjectChangedError(name);
        if (!isMissing(error) && !isOwn(error, 403)) throw error;
        throw new NoBucketError(bucket, WRITE, error.status, error.reason);
      }
    },
  };
}

/** Whether Cloud Storage itself reports that the object or the bucket is missing; a 404 of anything else says nothing. */
function isMissing(error: unknown): error is GoogleApiError {
  return (
    error instanceof GoogleApiError &&
    error.status === 404 &&
    (error.reason === "notFound" || error.reason === "NOT_FOUND")
  );
}

/** Whether Cloud Storage itself has answered with this status, and nothing in between. */
function isOwn(error: unknown, status: number): error is GoogleApiError {
  return error instanceof GoogleApiError && error.status === status && error.reason !== "";
}
