import { invalidField } from "./errors.ts";
import { isHookEligible } from "./event-types.ts";
import { choice, type JsonObject, object, objects, optionalText, text, texts } from "./fields.ts";

/** A header that a hook's requests carry. */
export interface HookHeader {
  readonly key: string;
  readonly value: string;
}

/** Where a hook's requests go, and what they carry. */
export interface HookChannel {
  readonly uri: string;
  readonly headers: readonly HookHeader[];
  /** The header with the secret, whose value the API never shows again. */
  readonly authScheme: HookHeader | null;
}

/** What can be set on a hook. */
export interface HookSettings {
  readonly name: string;
  readonly description: string | null;
  readonly events: readonly string[];
  readonly channel: HookChannel;
}

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

function readHeader(header: JsonObject, path: string): HookHeader {
  const key = text(header, `${path}.key`, 255);
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(key) || RESERVED_HEADERS.has(key.toLowerCase())) {
    throw invalidField(`${path}.key`, `The header '${key}' cannot be set`);
  }
  const value = text(header, `${path}.value`, 4096);
  if (!/^[\x20-\x7e]*$/.test(value)) throw invalidField(`${path}.value`, "Only printable ASCII can be sent");
  return { key, value };
}
