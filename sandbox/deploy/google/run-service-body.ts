import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import type { Properties, PropertyValue } from "../handler.ts";
import { objectOf, textOf, toProperties, toProperty } from "./answers.ts";
import { objectIn, objectsIn, pick } from "./inputs.ts";

/** What has the same name in the program and in the API. */
const SAME = [
  "binaryAuthorization",
  "buildConfig",
  "client",
  "clientVersion",
  "customAudiences",
  "defaultUriDisabled",
  "description",
  "iapEnabled",
  "ingress",
  "invokerIamDisabled",
  "launchStage",
  "multiRegionSettings",
];
/** What the API fills in: left out by the program, it is sent as the state has it. */
const KEPT = ["ingress", "launchStage", "scaling", "traffics"];
const KEPT_OF_TEMPLATE = ["serviceAccount", "timeout", "maxInstanceRequestConcurrency", "scaling"];
const KEPT_OF_CONTAINER = ["ports", "resources", "startupProbe"];

/** The plural names of the program's lists, and the API's names. */
const LISTS = { commands: "command", dependsOns: "dependsOn", envs: "env" } as const;
const PROBES = ["startupProbe", "livenessProbe"];

/**
 * The body of a request, as the provider sends it: a value that is empty is left out, and what the program leaves to the API
 * is taken from the state.
 * @param held the outputs when last seen; empty for a new service
 */
export function bodyOf(wanted: Properties, held: Properties): Properties {
  const all = { ...pick(held, ...KEPT), ...wanted };
  const traffic = objectsIn(all, "traffics").map(nonEmpty);
  return nonEmpty({
    ...pick(all, ...SAME),
    scaling: nonEmpty(objectIn(all, "scaling") ?? {}),
    traffic,
    template: templateBody(objectIn(wanted, "template") ?? {}, objectIn(held, "template") ?? {}),
  });
}

function templateBody(wanted: Properties, held: Properties): Properties {
  const all = { ...pick(held, ...KEPT_OF_TEMPLATE), ...wanted };
  const before = objectsIn(held, "containers");
  return nonEmpty({
    ...all,
    scaling: nonEmpty(objectIn(all, "scaling") ?? {}),
    containers: objectsIn(wanted, "containers").map((container, index) =>
      containerBody(container, before[index] ?? {}),
    ),
  });
}

function containerBody(wanted: Properties, held: Properties): Properties {
  const { ports, buildInfos: _output, ...all } = { ...pick(held, ...KEPT_OF_CONTAINER), ...wanted };
  const renamed = Object.entries(LISTS).map(([ours, theirs]) => [theirs, all[ours] ?? null] as const);
  const others = Object.entries(all).filter(([key]) => !Object.hasOwn(LISTS, key));
  const probes = PROBES.flatMap((key) => {
    const probe = objectIn(all, key);
    return probe === undefined ? [] : [[key, probeBody(probe)] as const];
  });
  return nonEmpty({
    ...Object.fromEntries(others),
    ...Object.fromEntries(renamed),
    ...Object.fromEntries(probes),
    env: objectsIn(all, "envs").map(nonEmpty),
    resources: nonEmpty(objectIn(all, "resources") ?? {}),
    ports: ports === undefined ? [] : [ports],
  });
}

/** The provider sends a null for each way to ask that a probe does not use. */
function probeBody(probe: Properties): Properties {
  const { httpGet = null, tcpSocket = null, grpc = null, ...timing } = probe;
  return { ...nonEmpty(timing), httpGet, tcpSocket, grpc };
}

/** Without what the provider takes for empty: false, 0, "", and lists and objects with nothing in them. */
function nonEmpty(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: PropertyValue): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}

/** The inputs as a service answers them; a flag that is answered no more is false where the program has it. */
export function inputsOf(answer: JsonObject, known: Properties): Properties {
  const traffic = Array.isArray(answer["traffic"]) ? answer["traffic"] : [];
  const scaling = isObject(answer["scaling"]) ? { scaling: scalingOf(answer["scaling"]) } : {};
  const flags = ["invokerIamDisabled", "defaultUriDisabled", "iapEnabled"].filter(
    (key) => answer[key] === undefined && typeof known[key] === "boolean",
  );
  return {
    ...toProperties(Object.fromEntries(SAME.map((key) => [key, answer[key]]))),
    ...Object.fromEntries(flags.map((key) => [key, false])),
    ingress: textOf(answer, "ingress"),
    launchStage: textOf(answer, "launchStage"),
    ...scaling,
    traffics: traffic.filter(isObject).map(toProperties),
    template: templateOf(objectOf(answer, "template")),
  };
}

function scalingOf(scaling: JsonObject): Properties {
  return { minInstanceCount: 0, maxInstanceCount: 0, manualInstanceCount: 0, ...toProperties(scaling) };
}

function templateOf(template: JsonObject): Properties {
  const containers = Array.isArray(template["containers"]) ? template["containers"] : [];
  const scaling = objectOf(template, "scaling");
  return {
    ...toProperties(template),
    ...(Object.keys(scaling).length === 0
      ? {}
      : { scaling: { minInstanceCount: 0, ...toProperties(scaling) } }),
    containers: containers.filter(isObject).map(containerOf),
  };
}

function containerOf(container: JsonObject): Properties {
  const { command, dependsOn, env, ports, startupProbe, ...others } = container;
  const [port] = Array.isArray(ports) ? ports : [];
  return {
    ...toProperties(others),
    ...(command === undefined ? {} : { commands: toProperty(command) }),
    ...(dependsOn === undefined ? {} : { dependsOns: toProperty(dependsOn) }),
    ...(Array.isArray(env)
      ? { envs: env.filter(isObject).map((one) => ({ value: "", ...toProperties(one) })) }
      : {}),
    ...(port === undefined ? {} : { ports: toProperty(port) }),
    ...(isObject(startupProbe)
      ? { startupProbe: { initialDelaySeconds: 0, ...toProperties(startupProbe) } }
      : {}),
  };
}
