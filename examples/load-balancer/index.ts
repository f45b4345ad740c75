import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { SignInEventType, SignInGroups } from "signin-groups";

const domain = new pulumi.Config().require("domain");
const region = new pulumi.Config("gcp").require("region");

const ip = new gcp.compute.GlobalAddress("sign-ins");
// Known once everything on the way is there: the component waits with the event hook until then.
const ready = Promise.withResolvers<pulumi.Output<string>>();

const groups = new SignInGroups("signin-groups", {
  hookUrl: pulumi.output(ready.promise),
  // A new certificate takes up to an hour.
  receiverWaitSeconds: 3600,
  rules: [{ group: "App Users", on: [SignInEventType.SessionStart] }],
});

const receive = new gcp.compute.RegionNetworkEndpointGroup("sign-ins", {
  region,
  networkEndpointType: "SERVERLESS",
  cloudRun: { service: groups.services.receive },
});
const backend = new gcp.compute.BackendService("sign-ins", {
  protocol: "HTTPS",
  loadBalancingScheme: "EXTERNAL_MANAGED",
  backends: [{ group: receive.id }],
});
const routes = new gcp.compute.URLMap("sign-ins", { defaultService: backend.id });
const certificate = new gcp.compute.ManagedSslCertificate("sign-ins", { managed: { domains: [domain] } });
const proxy = new gcp.compute.TargetHttpsProxy("sign-ins", {
  urlMap: routes.id,
  sslCertificates: [certificate.id],
});
const rule = new gcp.compute.GlobalForwardingRule("sign-ins", {
  target: proxy.id,
  ipAddress: ip.id,
  portRange: "443",
  loadBalancingScheme: "EXTERNAL_MANAGED",
});
ready.resolve(rule.id.apply(() => `https://${domain}`));

/** The address that the DNS record of the domain must have. */
export const address = ip.address;
