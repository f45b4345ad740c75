import { isObject, type JsonObject, own } from "../../../function/shared/json.ts";
import type { InputFailure, Properties, PropertyValue, ResourceHandler, ResourceSchema } from "../handler.ts";
import { unknown } from "../properties.ts";
import { objectOf, textOf, textsOf, toProperties, withDurations } from "./answers.ts";
import { idIn, objectIn, pick, stringIn } from "./inputs.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import {
  atLeastOne,
  block,
  conflicting,
  exactlyOne,
  flag,
  formed,
  integer,
  replacing,
  required,
  text,
  textMap,
} from "./schema.ts";

/** The three kinds of targets: a job has one. */
const TARGETS = ["httpTarget", "pubsubTarget", "appEngineHttpTarget"] as const;

/** What a job of Cloud Scheduler takes (Pulumi, Google Cloud provider: cloudscheduler.Job). */
const jobSchema: ResourceSchema = {
  inputs: {
    name: replacing(text),
    project: replacing(text),
    region: replacing(text),
    description: text,
    schedule: text,
    timeZone: text,
    attemptDeadline: text,
    paused: flag,
    retryConfig: block({
      retryCount: integer,
      maxRetryDuration: text,
      minBackoffDuration: text,
      maxBackoffDuration: text,
      maxDoublings: integer,
    }),
    httpTarget: block({
      uri: required(text),
      httpMethod: text,
      headers: textMap,
      body: text,
      oauthToken: block({ serviceAccountEmail: required(text), scope: text }),
      oidcToken: block({ serviceAccountEmail: required(text), audience: text }),
    }),
    pubsubTarget: block({ topicName: required(text), data: text, attributes: textMap }),
    appEngineHttpTarget: block({
      relativeUri: required(text),
      httpMethod: text,
      headers: textMap,
      body: text,
      appEngineRouting: block({ service: text, version: text, instance: text }),
    }),
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "name", maximum: 255 },
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const FORBIDDEN_HEADER = /^Content-Length$|X-Google-|X-AppEngine-/;

/** What the real provider checks of a job in a preview. */
function checkJob(inputs: Properties): readonly InputFailure[] {
  const http = objectIn(inputs, "httpTarget") ?? {};
  const appEngine = objectIn(inputs, "appEngineHttpTarget") ?? {};
  const routing = objectIn(appEngine, "appEngineRouting");
  return [
    ...exactlyOne("", inputs, TARGETS),
    ...atLeastOne("retryConfig", objectIn(inputs, "retryConfig"), [
      "retryCount",
      "maxRetryDuration",
      "minBackoffDuration",
      "maxBackoffDuration",
      "maxDoublings",
    ]),
    ...checkBase64("httpTarget.body", http["body"]),
    ...checkHeaders("httpTarget.headers", http),
    ...conflicting("httpTarget.", http, ["oauthToken", "oidcToken"]),
    ...checkBase64("pubsubTarget.data", objectIn(inputs, "pubsubTarget")?.["data"]),
    ...checkBase64("appEngineHttpTarget.body", appEngine["body"]),
    ...checkHeaders("appEngineHttpTarget.headers", appEngine),
    ...atLeastOne("appEngineHttpTarget.appEngineRouting", routing, ["service", "version", "instance"]),
  ];
}

function checkBase64(property: string, value: PropertyValue | undefined): readonly InputFailure[] {
  return formed(property, value, BASE64, "must be base64");
}

function checkHeaders(property: string, target: Properties): readonly InputFailure[] {
  if (target["headers"] === unknown) return [];
  const forbidden = Object.keys(objectIn(target, "headers") ?? {}).find((name) =>
    FORBIDDEN_HEADER.test(name),
  );
  return forbidden === undefined ? [] : [{ property, reason: `can't have ${forbidden}` }];
}

/** What is sent of a job, under the same name in the API. */
const SENT = ["description", "schedule", "timeZone", "attemptDeadline", "retryConfig", ...TARGETS];

/**
 * A job of Cloud Scheduler. Separate calls pause and resume it.
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
      ...(isObject(job["httpTarget"])
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

/** The retries of a job, which the API returns only if the job was given some. */
function retryIn(job: JsonObject, known: Properties): Properties {
  if (!isObject(job["retryConfig"])) return {};
  return { retryConfig: withDurations(objectOf(job, "retryConfig"), objectIn(known, "retryConfig") ?? {}) };
}

/** The headers that the service sets by itself, with the value that says so (Cloud Scheduler, HttpTarget: headers). */
const OWN_HEADERS: Readonly<Record<string, string>> = {
  "User-Agent": "Google-Cloud-Scheduler",
  "Content-Type": "application/octet-stream",
};

/** The HTTP target of a job in an answer, without what the service filled in. */
function jobTarget(target: JsonObject, known: Properties): Properties {
  const { uri, httpMethod, headers, oidcToken, ...others } = toProperties(target);
  const given = objectIn(known, "headers") ?? {};
  const shown = Object.entries(objectIn({ headers: headers ?? {} }, "headers") ?? {}).filter(
    ([name, value]) => Object.hasOwn(given, name) || own(OWN_HEADERS, name) !== value,
  );
  const hasHeaders = shown.length > 0 || known["headers"] !== undefined;
  const isMeant = httpMethod === "POST" && known["httpMethod"] === undefined;
  return {
    ...others,
    uri: withoutLastSlash(textOf(target, "uri"), known["uri"]),
    ...(httpMethod === undefined || isMeant ? {} : { httpMethod }),
    ...(hasHeaders ? { headers: Object.fromEntries(shown) } : {}),
    ...(oidcToken === undefined ? {} : { oidcToken: tokenIn(target, known) }),
  };
}

/** The service adds a last slash to an address without a path. */
function withoutLastSlash(held: string, given: unknown): string {
  return typeof given === "string" && held === `${given}/` ? given : held;
}

/** The audience is the address where none is given. */
function tokenIn(target: JsonObject, known: Properties): Properties {
  const token = toProperties(objectOf(target, "oidcToken"));
  const given = objectIn(known, "oidcToken");
  const isAddress = textOf(token, "audience").replace(/\/$/, "") === textOf(target, "uri").replace(/\/$/, "");
  if (given === undefined || given["audience"] !== undefined || !isAddress) return token;
  const { audience: _filledIn, ...others } = token;
  return others;
}
