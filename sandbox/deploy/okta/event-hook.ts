import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { type Properties, ProviderError, type ResourceHandler } from "../handler.ts";
import { answeredObject, answeredObjects, answeredText, answeredTexts, optionalText } from "./answers.ts";
import { type OktaClient, partialCreate } from "./client.ts";
import {
  inOrderOf,
  objectOf,
  objectsOf,
  optionalTextOf,
  present,
  requiredText,
  text,
  textOf,
  texts,
  textsOf,
} from "./inputs.ts";

/**
 * `okta.EventHook`: the hook, brought to the wanted status, and read back.
 *
 * @decision A hook is made or replaced by one call with all its settings and the secret, brought to its status by
 *   another if need be, and read back.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_event_hook.go; the
 *   plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: filter and description that were set by hand are lost.
 *
 * @decision A hook is deactivated and then deleted; one that is gone fails there, and leaves the state at a refresh.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_event_hook.go; the
 *   plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: a destroy needs a refresh before.
 */
export function eventHookHandler(client: OktaClient): ResourceHandler {
  const settle = async (id: string, wanted: string, written: JsonObject): Promise<JsonObject> => {
    if (answeredText(written, "status") !== wanted) {
      const change = wanted === "INACTIVE" ? "deactivate" : "activate";
      await client.call("POST", `${pathOf(id)}/lifecycle/${change}`);
    }
    return client.call("GET", pathOf(id));
  };

  return {
    schema: {
      inputs: {
        name: text,
        status: text,
        events: { ...texts, required: true },
        channel: { type: "map", required: true, items: text },
        auth: { type: "map", items: text },
        headers: {
          type: "list",
          unordered: true,
          items: { type: "object", properties: { key: text, value: text } },
        },
      },
      autoName: { input: "name", maximum: 255 },
    },
    async create(inputs) {
      const hook = await client.call("POST", "/api/v1/eventHooks", hookBody(inputs));
      const id = answeredText(hook, "id");
      try {
        return { id, outputs: hookOutputs(inputs, await settle(id, statusOf(inputs), hook)) };
      } catch (cause) {
        /**
         * @decision A hook that can't be brought to its status or read back stays in the state.
         * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_event_hook.go
         *   (the id is set before).
         * @matters deployment fails: the next update goes on with the hook.
         */
        throw partialCreate(cause, { id, outputs: inputs });
      }
    },
    async read({ id, outputs }) {
      const hook = await client.find(pathOf(id));
      return hook && { id, outputs: hookOutputs(outputs, hook) };
    },
    async update({ id }, inputs) {
      const hook = await client.call("PUT", pathOf(id), hookBody(inputs));
      return { id, outputs: hookOutputs(inputs, await settle(id, statusOf(inputs), hook)) };
    },
    async delete({ id }) {
      await client.call("POST", `${pathOf(id)}/lifecycle/deactivate`);
      await client.call("DELETE", pathOf(id));
    },
  };
}

function pathOf(id: string): string {
  return `/api/v1/eventHooks/${id}`;
}

/** The status that a hook is to have. */
function statusOf(inputs: Properties): string {
  return optionalTextOf(inputs, "status") ?? "ACTIVE";
}

/**
 * What is sent to make or replace a hook.
 *
 * @throws ProviderError when the channel or the authentication lacks a part, which no preview notices
 */
function hookBody(inputs: Properties): unknown {
  const channel = objectOf(inputs, "channel") ?? {};
  const auth = objectOf(inputs, "auth");
  const headers = objectsOf(inputs, "headers");
  return {
    name: textOf(inputs, "name"),
    status: statusOf(inputs),
    events: { type: "EVENT_TYPE", items: textsOf(inputs, "events") },
    channel: {
      type: optionalTextOf(channel, "type") ?? "HTTP",
      version: partOf("channel", channel, "version"),
      config: {
        uri: partOf("channel", channel, "uri"),
        ...(headers.length === 0 ? {} : { headers }),
        ...(auth === undefined
          ? {}
          : {
              authScheme: {
                type: optionalTextOf(auth, "type") ?? "HEADER",
                key: partOf("auth", auth, "key"),
                value: partOf("auth", auth, "value"),
              },
            }),
      },
    },
  };
}

/**
 * What Okta says of a hook, in the form in which it was asked for; the secret, of which it never says anything, is kept.
 *
 * @decision A hook without events in its answer stops the provider; the secret is kept from the state, since Okta never
 *   shows it.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server (the plugin crashes there); okta/terraform-provider-okta v6.12.0,
 *   okta/services/idaas/resource_okta_event_hook.go.
 * @matters misleading: a secret that somebody changed in Okta does not show as drift.
 */
function hookOutputs(known: Properties, hook: JsonObject): Properties {
  const channel = answeredObject(hook, "channel");
  const config = answeredObject(channel, "config");
  const { auth: _, headers: __, ...rest } = known;
  const events = answeredTexts(answeredObject(hook, "events"), "items");
  if (events === undefined) throw new ProviderError('Okta answered with a hook without "events".');
  return {
    ...rest,
    name: answeredText(hook, "name"),
    status: answeredText(hook, "status"),
    events: inOrderOf(textsOf(known, "events"), events),
    channel: inFormOf(objectOf(known, "channel"), {
      type: answeredText(channel, "type"),
      version: answeredText(channel, "version"),
      uri: answeredText(config, "uri"),
    }),
    ...present({ auth: authOf(objectOf(known, "auth"), config), headers: headersOf(known, config) }),
  };
}

function authOf(known: Properties | undefined, config: JsonObject): Properties | undefined {
  const scheme = config["authScheme"];
  if (!isObject(scheme)) return undefined;
  return inFormOf(known, {
    type: answeredText(scheme, "type"),
    key: answeredText(scheme, "key"),
    value: optionalTextOf(known ?? {}, "value") ?? "",
  });
}

function headersOf(known: Properties, config: JsonObject): readonly Properties[] | undefined {
  const held = answeredObjects(config, "headers").map((header) => ({
    key: answeredText(header, "key"),
    value: optionalText(header, "value") ?? "",
  }));
  if (held.length === 0 && known["headers"] === undefined) return undefined;
  const byKey = new Map(held.map((header) => [header.key, header]));
  const before = objectsOf(known, "headers").map((header) => optionalTextOf(header, "key") ?? "");
  return inOrderOf(before, [...byKey.keys()]).flatMap((key) => byKey.get(key) ?? []);
}

/** The type has a default: where it was left out and holds that, it stays out. */
function inFormOf(known: Properties | undefined, held: Readonly<Record<"type", string>> & Properties) {
  const { type, ...rest } = held;
  const leftOut = known !== undefined && known["type"] === undefined;
  return leftOut && ["HTTP", "HEADER"].includes(type) ? rest : held;
}

/**
 * @decision A channel needs a uri and a version, `auth` a key and a value; without one the plugin crashes.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_event_hook.go
 *   (unchecked type assertions); the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run
 *   against a recording server.
 * @matters deployment fails: the program gives all four.
 */
function partOf(whole: string, properties: Properties, part: string): string {
  const value = optionalTextOf(properties, part);
  if (value === undefined || value === "") throw new ProviderError(`"${whole}" needs a "${part}"`);
  return value;
}

/**
 * `okta.EventHookVerification`: has Okta challenge the hook, which both creation and update do. There is nothing to
 * delete, and nothing to import.
 *
 * Only a refresh notices that a hook has to be verified again; the next update then does so. In the state such a
 * verification names no hook, which is how it differs from what the program asks for.
 *
 * @decision A verification is asked for when the resource is made or updated; only a refresh notices that the hook has
 *   become UNVERIFIED.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
 *   okta/services/idaas/resource_okta_event_hook_verification.go; the plugin of @pulumi/okta 6.8.0
 *   (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters sign-in lost: the program replaces the verification when the channel changes.
 */
export function eventHookVerificationHandler(client: OktaClient): ResourceHandler {
  /**
   * @decision A verification that fails stops the update there, with the status and without Okta's reason; what was made
   *   stays.
   * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
   *   okta/services/idaas/resource_okta_event_hook_verification.go; the plugin of @pulumi/okta 6.8.0
   *   (terraform-provider-okta v6.12.0), as it was run against a recording server ("400 Bad Request").
   * @matters misleading: the reason stands in the receiver's log.
   */
  const verify = async (inputs: Properties): Promise<Properties> => {
    const eventHookId = textOf(inputs, "eventHookId");
    const path = `/api/v1/eventHooks/${eventHookId}/lifecycle/verify`;
    try {
      const verificationStatus = answeredText(await client.call("POST", path), "verificationStatus");
      return { eventHookId, verificationStatus };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ProviderError(`failed to verify event hook sender: ${reason}`, { cause });
    }
  };

  return {
    schema: { inputs: { eventHookId: requiredText } },
    async create(inputs) {
      const outputs = await verify(inputs);
      return { id: textOf(outputs, "eventHookId"), outputs };
    },
    async read({ id, outputs }) {
      if (outputs["verificationStatus"] === undefined) return undefined;
      const eventHookId = optionalTextOf(outputs, "eventHookId") ?? id;
      const hook = await client.find(`/api/v1/eventHooks/${eventHookId}`);
      if (hook === undefined) return undefined;
      const verificationStatus = answeredText(hook, "verificationStatus");
      const verified = verificationStatus === "VERIFIED";
      return { id, outputs: { ...(verified ? { eventHookId } : {}), verificationStatus } };
    },
    async update({ id }, inputs) {
      return { id, outputs: await verify(inputs) };
    },
    delete: () => Promise.resolve(),
  };
}
