import type { Properties, ResourceHandler } from "../handler.ts";
import type { Context } from "./context.ts";
import { textsOf, withDurations } from "./given-form.ts";
import { objectIn, pick, stringIn } from "./inputs.ts";
import { checkJob, jobSchema, TARGETS } from "./job-schema.ts";
import { jobTarget } from "./job-target.ts";
import { isRecord, type JsonObject, objectOf, textOf, toProperties } from "./json.ts";
import { idIn } from "./names.ts";
import { deletionPolicy, resourceHandler } from "./resource.ts";

/** What is sent of a job, under the same name in the API. */
const SENT = ["description", "schedule", "timeZone", "attemptDeadline", "retryConfig", ...TARGETS];

/**
 * A job of Cloud Scheduler. Whether it is paused is told by calls of their own.
 *
 * @decision After the creation of a job it is always resumed or paused by a call of its own.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/cloudscheduler/resource_cloud_scheduler_job.go, Create: post-create :pause or :resume.
 * @matters deployment fails: the call needs cloudscheduler.jobs.enable.
 */
export function jobHandler({ client, project: defaultProject, region }: Context): ResourceHandler {
  const switchTo = (id: string, paused: boolean) =>
    client.call("POST", `/v1/${id}:${paused ? "pause" : "resume"}`, {});

  return resourceHandler({
    schema: jobSchema,
    defaults: {
      project: defaultProject,
      region,
      timeZone: "Etc/UTC",
      attemptDeadline: "180s",
      deletionPolicy: deletionPolicy.default,
    },
    untold: ["deletionPolicy"],
    filledIn: [
      "paused",
      ...Object.keys(jobSchema.inputs["retryConfig"]?.properties ?? {}).map((key) => `retryConfig.${key}`),
    ],
    validate: checkJob,
    async create(inputs) {
      const parent = `projects/${stringIn(inputs, "project")}/locations/${stringIn(inputs, "region")}`;
      const id = `${parent}/jobs/${stringIn(inputs, "name")}`;
      await client.call("POST", `/v1/${parent}/jobs`, { ...pick(inputs, ...SENT), name: id });
      return { id, finish: () => switchTo(id, inputs["paused"] === true) };
    },
    get: (id) => client.find(`/v1/${id}`),
    describe: (job, known, id) => ({
      ...pick(toProperties(job), "schedule", "timeZone", "pubsubTarget", "appEngineHttpTarget"),
      ...textsOf(job, known, "description"),
      ...withDurations({ attemptDeadline: textOf(job, "attemptDeadline") }, known),
      ...retryIn(job, known),
      ...(isRecord(job["httpTarget"])
        ? { httpTarget: jobTarget(job["httpTarget"], objectIn(known, "httpTarget") ?? {}) }
        : {}),
      project: idIn(id, "projects"),
      region: idIn(id, "locations"),
      name: idIn(id, "jobs"),
      paused: job["state"] === "PAUSED",
      state: textOf(job, "state"),
    }),
    async update({ id }, inputs, changed) {
      // Without a mask: what is sent is set, what is not stays (API improvement proposal 134).
      if (changed.size > 0) await client.call("PATCH", `/v1/${id}`, pick(inputs, ...SENT));
      if (changed.has("paused")) await switchTo(id, inputs["paused"] === true);
    },
    async delete({ id }) {
      await client.remove(`/v1/${id}`);
    },
  });
}

/** The retries of a job, which the API tells only of one that was given some. */
function retryIn(job: JsonObject, known: Properties): Properties {
  if (!isRecord(job["retryConfig"])) return {};
  return { retryConfig: withDurations(objectOf(job, "retryConfig"), objectIn(known, "retryConfig") ?? {}) };
}
