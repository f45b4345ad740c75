import type { JsonObject } from "../../../function/shared/json.ts";
import { invalidField } from "../http/errors.ts";
import { choice, object, objects, optionalText, text, texts } from "../http/fields.ts";
import { isHookEligible } from "../log/event-types.ts";
import type { HookHeader, HookSettings } from "../model/event-hook.ts";

/** How many event types a hook can have (Okta, "Event hooks"). */
const MAXIMUM_EVENTS = 300;

/** Headers that Okta sets itself or that belong to the connection. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "connection",
  "content-length",
  "content-type",
  "host",
  "transfer-encoding",
  "x-okta-verification-challenge",
]);

/**
 * The body of a hook's creation or replacement (Okta, "Event Hooks API").
 *
 * As with Okta the URI must be https. The sandbox's one relaxation: it may be http on a loopback address.
 *
 * @decision A hook has events of type EVENT_TYPE and a channel of type HTTP, version 1.0.0.
 * @evidence recorded: okta/terraform-provider-okta v6.12.0, test/fixtures/vcr/idaas/TestAccResourceOktaEventHook_crud.
 * @matters deployment fails: the program declares it so.
 *
 * @decision Filters of a hook are not enabled in an org unless it turned them on: 400 E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, filters are self-service early
 *   access. The code is the sandbox's.
 * @matters sandbox only: the program declares no filter, since the provider has none.
 *
 * @throws OktaError E0000001 naming the field that is wrong
 */
export function readHookSettings(body: JsonObject): HookSettings {
  const events = object(body, "events");
  choice(events, "events.type", ["EVENT_TYPE"]);
  if (events["filter"] !== undefined && events["filter"] !== null) {
    throw invalidField("events.filter", "Filters are in early access, and not enabled in this org");
  }
  const channel = object(body, "channel");
  choice(channel, "channel.type", ["HTTP"]);
  choice(channel, "channel.version", ["1.0.0"]);
  const config = object(channel, "channel.config");
  return {
    name: text(body, "name", 255),
    description: optionalText(body, "description"),
    events: readEvents(events),
    channel: {
      uri: readUri(config),
      headers: objects(config, "channel.config.headers").map((header) =>
        readHeader(header, "channel.config.headers"),
      ),
      authScheme: readAuthScheme(config),
    },
  };
}

/**
 * @decision A hook subscribes to 1 to 300 event types: 400 E0000001 otherwise.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "300 eligible event types per
 *   hook". The code is the sandbox's.
 * @matters deployment fails: the rules know five event types.
 *
 * @decision An event type that is not eligible for hooks is refused with 400 E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "Which events are eligible?";
 *   data/event-types.json. The code is the sandbox's.
 * @matters deployment fails: the preview refuses other event types in a rule.
 */
function readEvents(events: JsonObject): readonly string[] {
  const items = [...new Set(texts(events, "events.items"))];
  if (items.length > MAXIMUM_EVENTS) {
    throw invalidField("events.items", `A hook can have at most ${MAXIMUM_EVENTS} event types`);
  }
  const refused = items.find((item) => !isHookEligible(item));
  if (refused !== undefined)
    throw invalidField("events.items", `'${refused}' is not eligible for event hooks`);
  return items;
}

/**
 * @decision A hook's address begins with https://, without white space, in at most 1,024 characters; others are
 *   "invalid URL".
 * @evidence documentation: okta/okta-developer-docs, docs/reference/api/event-hooks (as it was before a6fc4859f6), uri;
 *   docs/guides/hooks-best-practices ("invalid URL"). http on a loopback address is the sandbox's own.
 * @matters deployment fails: `hookUrl` is checked in the preview.
 */
function readUri(config: JsonObject): string {
  const path = "channel.config.uri";
  const uri = text(config, path, 1024);
  const url = URL.canParse(uri) && !/\s/.test(uri) ? new URL(uri) : undefined;
  const loopback = url !== undefined && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && loopback)) return uri;
  throw invalidField(path, "invalid URL: it must begin with https:// (or http:// on a loopback address)");
}

function readAuthScheme(config: JsonObject): HookHeader | null {
  const path = "channel.config.authScheme";
  if (config["authScheme"] === undefined || config["authScheme"] === null) return null;
  const scheme = object(config, path);
  choice(scheme, `${path}.type`, ["HEADER"]);
  return readHeader(scheme, path);
}

/**
 * @decision A hook can't set headers that Okta sets itself or that belong to the connection: 400 E0000001.
 * @evidence documentation: okta/okta-developer-docs, docs/reference/api/event-hooks (as it was before a6fc4859f6),
 *   headers ("Some reserved headers, such as Accept, are disallowed"; which others is not said).
 * @matters deployment fails: the program sets Authorization only.
 *
 * @decision The value of a hook's header is printable ASCII.
 * @evidence assumed: Okta does not say which characters it takes.
 * @show that Okta sends a secret of 48 letters and digits as it was given.
 * @matters deployment fails: the program's secrets are 48 letters and digits.
 */
function readHeader(header: JsonObject, path: string): HookHeader {
  const key = text(header, `${path}.key`, 255);
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(key) || RESERVED_HEADERS.has(key.toLowerCase())) {
    throw invalidField(`${path}.key`, `The header '${key}' cannot be set`);
  }
  const value = text(header, `${path}.value`, 4096);
  if (!/^[\x20-\x7e]*$/.test(value)) throw invalidField(`${path}.value`, "Only printable ASCII can be sent");
  return { key, value };
}
