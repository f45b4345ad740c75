import { type Properties, ProviderError } from "../handler.ts";
import {
  type Answer,
  answeredObject,
  answeredObjects,
  answeredText,
  answeredTexts,
  isAnswer,
  optionalText,
} from "./answers.ts";
import { inOrderOf, objectOf, objectsOf, optionalTextOf, present, textOf, textsOf } from "./inputs.ts";

/** The status that a hook is to have. */
export function statusOf(inputs: Properties): string {
  return optionalTextOf(inputs, "status") ?? "ACTIVE";
}

/**
 * What is sent to make or replace a hook.
 *
 * @throws ProviderError when the channel or the authentication lacks a part, which no preview notices
 */
export function hookBody(inputs: Properties): unknown {
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
 * @matters misleading: a secret that somebody changed in Okta is no drift.
 */
export function hookOutputs(known: Properties, hook: Answer): Properties {
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

function authOf(known: Properties | undefined, config: Answer): Properties | undefined {
  const scheme = config["authScheme"];
  if (!isAnswer(scheme)) return undefined;
  return inFormOf(known, {
    type: answeredText(scheme, "type"),
    key: answeredText(scheme, "key"),
    value: optionalTextOf(known ?? {}, "value") ?? "",
  });
}

function headersOf(known: Properties, config: Answer): readonly Properties[] | undefined {
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
