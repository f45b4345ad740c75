import type { ResourceHandler } from "../handler.ts";
import { autoName } from "./auto-name.ts";
import { answeredText, type OktaClient } from "./client.ts";
import { given, type Inputs, readInputs } from "./inputs.ts";

const KNOWN = ["name", "status", "events", "channel", "auth", "headers"];

/** `okta.EventHook`: the hook, brought to the wanted status, and read back. */
export function eventHookHandler(client: OktaClient): ResourceHandler {
  return {
    async create(logicalName, properties) {
      const inputs = readInputs(`EventHook ${logicalName}`, properties, KNOWN);
      const name = inputs.optionalText("name") ?? autoName(logicalName);
      const status = inputs.optionalText("status") ?? "ACTIVE";
      const hook = await client.call("POST", "/api/v1/eventHooks", hookBody(inputs, name, status));
      const id = answeredText(hook, "id");
      if (answeredText(hook, "status") !== status) {
        const change = status === "INACTIVE" ? "deactivate" : "activate";
        await client.call("POST", `/api/v1/eventHooks/${id}/lifecycle/${change}`);
      }
      await client.call("GET", `/api/v1/eventHooks/${id}`);
      return { id, outputs: { ...given(properties), name, status } };
    },
    async delete({ id }) {
      await client.call("POST", `/api/v1/eventHooks/${id}/lifecycle/deactivate`);
      await client.call("DELETE", `/api/v1/eventHooks/${id}`);
    },
  };
}

function hookBody(inputs: Inputs, name: string, status: string): unknown {
  const events = inputs.texts("events");
  if (events.length === 0) throw inputs.error('"events" is required');
  const channel = inputs.object("channel");
  if (channel === undefined) throw inputs.error('"channel" is required');
  const auth = inputs.object("auth");
  const headers = inputs.objects("headers").map((header) => ({
    key: header.text("key"),
    value: header.text("value"),
  }));
  return {
    name,
    status,
    events: { type: "EVENT_TYPE", items: events },
    channel: {
      type: channel.optionalText("type") ?? "HTTP",
      version: channel.text("version"),
      config: {
        uri: channel.text("uri"),
        ...(headers.length === 0 ? {} : { headers }),
        ...(auth === undefined
          ? {}
          : {
              authScheme: {
                type: auth.optionalText("type") ?? "HEADER",
                key: auth.text("key"),
                value: auth.text("value"),
              },
            }),
      },
    },
  };
}
