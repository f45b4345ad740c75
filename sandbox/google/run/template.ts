import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../../function/shared/json.ts";

/** A part of a service as JSON. */
export type Raw = Readonly<Record<string, unknown>>;

/** What a service is made of, which a request gives, or a mask names: all other fields are the server's own. */
export const SERVICE_FIELDS: readonly string[] = [
  "description",
  "labels",
  "annotations",
  "client",
  "clientVersion",
  "ingress",
  "launchStage",
  "binaryAuthorization",
  "template",
  "traffic",
  "scaling",
  "invokerIamDisabled",
  "defaultUriDisabled",
  "customAudiences",
  "iapEnabled",
];

/** Where all traffic goes unless the request says otherwise: to the latest revision that is ready. */
const LATEST = { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 };
/** The port of a container that names none (Cloud Run, Container contract). */
export const PORT = 8080;

/**
 * A service as it is stored and answered: what was asked for, with what Cloud Run fills in.
 *
 * @decision Cloud Run fills in what a service leaves out: port 8080 by the name http1, a startup probe of that port that waits 240
 * seconds, 80 requests at a time or, with less than one CPU, one; 300 seconds; at most 100 instances; 512Mi and one CPU that is
 * idle between requests; all traffic to the latest revision; ingress from everywhere.
 * @evidence recorded: firebase/firebase-tools 02c338c, src/gcp/runv2.ts, a service as the API answered it: ports, startupProbe, traffic,
 * scaling, maxInstanceRequestConcurrency. documentation: google.golang.org/api v0.290.0, run/v2/run-api.json,
 * RevisionTemplate.maxInstanceRequestConcurrency, RevisionScaling.maxInstanceCount, Service.traffic; Cloud Run, "Memory limits" and
 * "Request timeout". vendor-code: hashicorp/terraform-provider-google-beta 93c65b2, resource_cloud_run_v2_service_utils.go: the API
 * fills in a CPU where only memory is set.
 * @matters sandbox only: the program sets all that it relies on.
 *
 * @decision What was asked for is answered as it was written, such as cpu "1" and timeout "10s".
 * @evidence recorded: firebase/firebase-tools 02c338c, src/gcp/runv2.ts: cpu "1", memory "256Mi", timeout "60s", as its own
 * requests write them. vendor-code: the acceptance tests of hashicorp/terraform-provider-google-beta 93c65b2 import a service
 * with limits and compare them as texts.
 * @matters deployment fails: otherwise each preview shows a change.
 *
 * @decision A service that has source code and asks for the launch stage BETA or ALPHA is answered as BETA, any other as GA.
 * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, Service.launchStage: "On read (or output), describes
 * whether the resource uses preview features". assumed in this row: that source code is such a feature, as the provider's
 * description says.
 * @matters deployment fails: the program asks for BETA, and compares.
 */
export function completed(body: Raw, defaultAccount: string): Raw {
  const asked = withoutNulls(body);
  const template = completedTemplate(objectOf(asked, "template"), defaultAccount);
  const traffic =
    Array.isArray(asked["traffic"]) && asked["traffic"].length > 0 ? asked["traffic"] : [LATEST];
  const isPreview = ["ALPHA", "BETA"].includes(String(asked["launchStage"]));
  return {
    ...Object.fromEntries(
      SERVICE_FIELDS.filter((key) => asked[key] !== undefined).map((key) => [key, asked[key]]),
    ),
    ingress: asked["ingress"] ?? "INGRESS_TRAFFIC_ALL",
    launchStage: isPreview && usesSource(template) ? "BETA" : "GA",
    traffic,
    template,
  };
}

/** Whether two templates make the same revision. */
export function isSameTemplate(one: Raw, other: Raw): boolean {
  return isDeepStrictEqual(one["template"], other["template"]);
}

function completedTemplate(template: Raw, defaultAccount: string): Raw {
  const given = Array.isArray(template["containers"]) ? template["containers"] : [];
  const containers = given.map((container: unknown) =>
    isObject(container) ? completedContainer(container) : container,
  );
  const [first] = containers;
  const limits = isObject(first) ? objectOf(objectOf(first, "resources"), "limits") : {};
  return {
    ...template,
    serviceAccount: template["serviceAccount"] || defaultAccount,
    timeout: template["timeout"] ?? "300s",
    maxInstanceRequestConcurrency:
      template["maxInstanceRequestConcurrency"] || (isPartOfCpu(limits["cpu"]) ? 1 : 80),
    scaling: { maxInstanceCount: 100, ...objectOf(template, "scaling") },
    containers,
  };
}

function completedContainer(container: Raw): Raw {
  const ports =
    Array.isArray(container["ports"]) && container["ports"].length > 0
      ? container["ports"].map((port: unknown) => (isObject(port) ? { name: "http1", ...port } : port))
      : [{ name: "http1", containerPort: PORT }];
  const [first] = ports;
  const port = isObject(first) ? (first["containerPort"] ?? PORT) : PORT;
  const asked = container["resources"];
  const resources = isObject(asked)
    ? { ...asked, limits: { cpu: "1000m", memory: "512Mi", ...objectOf(asked, "limits") } }
    : { limits: { cpu: "1000m", memory: "512Mi" }, cpuIdle: true, startupCpuBoost: true };
  const probe = container["startupProbe"];
  const startupProbe = isObject(probe)
    ? completedProbe(probe, port)
    : { timeoutSeconds: 240, periodSeconds: 240, failureThreshold: 1, tcpSocket: { port } };
  return { ...container, ports, resources, startupProbe };
}

/** A probe's numbers are those of its description, its port the container's. */
function completedProbe(probe: Raw, port: unknown): Raw {
  const actions = ["httpGet", "tcpSocket", "grpc"].filter((kind) => isObject(probe[kind]));
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    failureThreshold: 3,
    ...probe,
    ...Object.fromEntries(
      actions.map((kind) => [
        kind,
        { ...(kind === "httpGet" ? { path: "/" } : {}), port, ...objectOf(probe, kind) },
      ]),
    ),
  };
}

function usesSource(template: Raw): boolean {
  const containers = Array.isArray(template["containers"]) ? template["containers"] : [];
  return containers.some((container: unknown) => isObject(container) && isObject(container["sourceCode"]));
}

function isPartOfCpu(cpu: unknown): boolean {
  const text = String(cpu ?? "1");
  return (text.endsWith("m") ? Number(text.slice(0, -1)) / 1000 : Number(text)) < 1;
}

function objectOf(value: Raw, key: string): Raw {
  const found = value[key];
  return isObject(found) ? found : {};
}

/** A null is as good as absent in the APIs' JSON; the provider sends one for each kind of probe that is not used. */
function withoutNulls(value: Raw): Raw {
  const clean = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(clean);
    return isObject(item) ? withoutNulls(item) : item;
  };
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, clean(item)]])),
  );
}
