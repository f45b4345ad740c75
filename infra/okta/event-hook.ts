import { createHash } from "node:crypto";
import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import { HOOK_AUTHENTICATION_HEADER } from "../../function/shared/contract.ts";
import { isPrivateWay } from "../addresses.ts";
import { DeploymentError } from "../errors.ts";
import { promiseOf } from "../promise-of.ts";
import type { Hosting } from "../settings.ts";
import { eventHookNamed } from "./names.ts";
import { waitForReceiver } from "./receiver.ts";

/** A secret that nobody can guess, in characters; the one that is made has 48. */
const MINIMUM_SECRET_LENGTH = 32;

/** The event hook, made and verified. */
export interface EventHook {
  readonly id: pulumi.Output<string>;
  readonly verification: okta.EventHookVerification;
}

/**
 * The event hook and its verification. Okta verifies a hook once, and again after its channel or authentication
 * changed; until then nothing is delivered. So each secret, by its number, and each hosting has a hook of its own: a rotation or a
 * move makes and verifies the new one while the old one goes on delivering, and deletes the old one last. In between both
 * deliver, which the names of the tasks make one.
 *
 * Any other change updates the hook. That sends the channel anew whatever changed, so the verification is replaced in the
 * same update whenever the hook changes at all. Before it, the receiver must really answer: a public binding takes a while
 * to work, and Okta asks only twice.
 *
 * @param ready what has to be in place before the first event comes
 */
export function createEventHook(
  name: string,
  args: {
    readonly stack: string;
    readonly eventTypes: readonly string[];
    readonly receiverUrl: pulumi.Output<string>;
    readonly secret: pulumi.Output<string>;
    readonly secretNumber: number;
    /** What runs the receiver. */
    readonly hosting: Hosting;
    readonly waitSeconds: number;
    readonly ready: pulumi.Resource[];
  },
  options: pulumi.CustomResourceOptions,
): EventHook {
  const receiverUrl = args.receiverUrl.apply(requirePrivateWay);
  const secret = args.secret.apply(requireSecret);
  const named = eventHookNamed(name, args.stack, args);
  const inputs = {
    // Okta wants a name of its own for each hook.
    name: named.name,
    events: [...args.eventTypes],
    channel: { type: "HTTP", version: "1.0.0", uri: receiverUrl },
    auth: pulumi.secret({
      type: "HEADER",
      key: HOOK_AUTHENTICATION_HEADER,
      value: pulumi.interpolate`Bearer ${secret}`,
    }),
    status: "ACTIVE",
  };
  const hook = new okta.EventHook(named.resource, inputs, {
    ...options,
    additionalSecretOutputs: ["auth"],
  });
  const receiverAnswers = new pulumi.ResourceHook(`${name}-receiver-answers`, async () => {
    // Both are known by now, as all inputs of the resource are.
    const [url, value] = await promiseOf(pulumi.all([receiverUrl, secret]));
    await waitForReceiver({
      url,
      secret: value,
      seconds: args.waitSeconds,
      now: Date.now,
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      report: (message) => void pulumi.log.info(message, hook),
    });
  });
  const verification = new okta.EventHookVerification(
    named.verification,
    { eventHookId: hook.id },
    {
      ...options,
      deletedWith: hook,
      dependsOn: args.ready,
      hooks: { beforeCreate: [receiverAnswers] },
      replacementTrigger: pulumi.unsecret(pulumi.jsonStringify(inputs).apply(fingerprint)),
    },
  );
  return { id: hook.id, verification };
}

/** @throws DeploymentError when the connection is not encrypted: others could read the secret and people's names */
function requirePrivateWay(url: string): string {
  // A function that is not serving has no address; the function's own error reports it.
  if (url === "" || isPrivateWay(url)) return url;
  throw new DeploymentError(
    "hook-address",
    `The event hook would send its secret and people's names unencrypted to ${url}. ` +
      "hookUrl, or else the address of the function receive, must be https, or http on this machine: check it.",
  );
}

/** @throws DeploymentError when the secret is so short that others could guess it and invent sign-ins */
function requireSecret(secret: string): string {
  if (secret.length >= MINIMUM_SECRET_LENGTH) return secret;
  throw new DeploymentError(
    "hook-secret",
    `The event hook would have no safe authentication: its secret has ${secret.length} characters, and ` +
      `${MINIMUM_SECRET_LENGTH} are the minimum. Add one to hookSecretRotation to create a new secret.`,
  );
}

/** Identifies the inputs of a hook without revealing its secret. */
function fingerprint(inputs: string): string {
  return createHash("sha256").update(inputs).digest("hex");
}
