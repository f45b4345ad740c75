import type { InputFailure, Properties, PropertyValue, ResourceSchema } from "../handler.ts";
import { unknown } from "../properties.ts";
import { atLeastOne, conflicting, exactlyOne, formed } from "./constraints.ts";
import { objectIn } from "./inputs.ts";
import { deletionPolicy } from "./resource.ts";
import { block, flag, integer, replacing, required, text, textMap } from "./schema.ts";

/** The three kinds of targets: a job has one. */
export const TARGETS = ["httpTarget", "pubsubTarget", "appEngineHttpTarget"] as const;

/** What a job of Cloud Scheduler takes (Pulumi, Google Cloud provider: cloudscheduler.Job). */
export const jobSchema: ResourceSchema = {
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
export function checkJob(inputs: Properties): readonly InputFailure[] {
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
