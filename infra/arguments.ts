import type * as pulumi from "@pulumi/pulumi";
import type { AlertChannel } from "./alert-channels.ts";
import type { GroupRule } from "./rules.ts";
import type { AuditExport, Hosting, SigningKeyProtection } from "./settings.ts";

/** Where an integration is deployed, and its settings. An omitted setting has its default. */
export interface SignInGroupsArgs {
  /** Google Cloud project id. Default: `gcp:project` of the stack's configuration. */
  readonly project?: pulumi.Input<string>;
  /** Google Cloud region of the functions, the queues, the keys and the state. Default: `gcp:region` of the stack's configuration. */
  readonly region?: pulumi.Input<string>;
  /** The Okta org's own address, for example `https://acme.okta.com`. Default: that of `okta:orgName` and `okta:baseUrl` in the stack's configuration. */
  readonly orgUrl?: pulumi.Input<string>;

  // begin: written by "npm run settings" from infra/settings.ts
  /** Which sign-ins lead to which group. Each rule has `group` (the stack creates it; `renamedFrom` is its former name) or `groupId` (an existing group), `on` (event types: `user.session.start`, `user.authentication.sso`, `user.authentication.auth_via_mfa`, `user.authentication.auth_via_IDP`, `user.authentication.auth_via_social`) and optionally `when` (a CEL condition over `event`). Default: `[{"group":"App Users","on":["user.session.start"]}]`. */
  readonly rules?: pulumi.Input<pulumi.Input<GroupRule>[]>;
  /** Accept each `groupId` without a look-up where the configuration has no credentials for Okta, for example with an explicit provider. By default the preview refuses a group that it cannot look up. Default: `false`. */
  readonly trustGroupIds?: pulumi.Input<boolean>;
  /** Refuse to delete the groups that the stack created, with all their memberships, the state bucket, and exported audit records. Default: `true`. */
  readonly protectGroups?: pulumi.Input<boolean>;
  /** How many days before the first deployment `reconcile` starts to read Okta's System Log. Default: `0d`. */
  readonly backfill?: pulumi.Input<string>;
  /** Memory of each instance of `receive`. Default: `512Mi`. */
  readonly receiveMemory?: pulumi.Input<string>;
  /** CPUs of each instance of `receive`. Default: `1`. */
  readonly receiveCpu?: pulumi.Input<string>;
  /** Requests that one instance of `receive` takes at once. Default: `80`. */
  readonly receiveConcurrency?: pulumi.Input<number>;
  /** Timeout of a request to `receive`. Okta itself waits 3 seconds. Default: `10`. */
  readonly receiveTimeoutSeconds?: pulumi.Input<number>;
  /** Instances of `receive` that are always warm. With 0, a cold start takes part of Okta's 3 seconds. Default: `1`. */
  readonly receiveMinInstances?: pulumi.Input<number>;
  /** Maximum number of instances of `receive`. Default: `10`. */
  readonly receiveMaxInstances?: pulumi.Input<number>;
  /** Address of your load balancer in front of `receive`, for example `https://sign-ins.acme.com`. Okta delivers there, and `receive` can be reached from outside only through load balancers. Default: empty. */
  readonly hookUrl?: pulumi.Input<string>;
  /** How long `pulumi up` waits for `receive` to answer before Okta verifies the event hook. Default: `300`. */
  readonly receiverWaitSeconds?: pulumi.Input<number>;
  /** Tasks that the queue dispatches per second. `grant` itself follows Okta's rate limits. Default: `100`. */
  readonly queueDispatchesPerSecond?: pulumi.Input<number>;
  /** Tasks that are in progress at once, at most `grantConcurrency`. Default: `20`. */
  readonly queueConcurrentDispatches?: pulumi.Input<number>;
  /** Wait before the queue retries a failed task. It doubles with each attempt. Default: `5s`. */
  readonly queueMinBackoff?: pulumi.Input<string>;
  /** Longest wait between two attempts of a task. Default: `600s`. */
  readonly queueMaxBackoff?: pulumi.Input<string>;
  /** How long the queue retries a failing task before it gives the task up. Default: `604800s`. */
  readonly queueRetryDuration?: pulumi.Input<string>;
  /** Memory of the instance of `grant`. Default: `512Mi`. */
  readonly grantMemory?: pulumi.Input<string>;
  /** CPUs of the instance of `grant`. Default: `1`. */
  readonly grantCpu?: pulumi.Input<string>;
  /** Tasks that the instance of `grant` takes at once. Default: `40`. */
  readonly grantConcurrency?: pulumi.Input<number>;
  /** Timeout of one task in `grant`, long enough for one Okta rate-limit window. Default: `120`. */
  readonly grantTimeoutSeconds?: pulumi.Input<number>;
  /** 1 keeps `grant` warm, 0 lets it scale to zero. There is never more than one instance. Default: `0`. */
  readonly grantMinInstances?: pulumi.Input<number>;
  /** How long `grant` uses its cached list of a group's members. A person who was removed by hand is added again at the next sign-in after that time. Default: `600s`. */
  readonly memberSnapshotInterval?: pulumi.Input<string>;
  /** Percentage of each Okta rate limit that `grant` and `reconcile` leave to other clients. Default: `10`. */
  readonly rateLimitReservePercent?: pulumi.Input<number>;
  /** When `reconcile` reads Okta's System Log, as five cron fields in UTC; every 5 minutes by default. */
  readonly reconcileSchedule?: pulumi.Input<string>;
  /** Memory of the instance of `reconcile`. Default: `1Gi`. */
  readonly reconcileMemory?: pulumi.Input<string>;
  /** CPUs of the instance of `reconcile`. Default: `1`. */
  readonly reconcileCpu?: pulumi.Input<string>;
  /** Timeout of one run of `reconcile`. If there is more to read, another run follows immediately. Default: `300`. */
  readonly reconcileTimeoutSeconds?: pulumi.Input<number>;
  /** Number of the event hook's secret. Add one to rotate it; the previous secret is accepted until the next rotation. Default: `1`. */
  readonly hookSecretRotation?: pulumi.Input<number>;
  /** Hook secrets up to this number are refused, for a secret that leaked. Must be below `hookSecretRotation`; 0 revokes none. Default: `0`. */
  readonly hookSecretRevoked?: pulumi.Input<number>;
  /** Number of the signing keys of the service apps. Add one to rotate them; each key has its own app, and the previous ones are kept until the next rotation. Default: `1`. */
  readonly signingKeyRotation?: pulumi.Input<number>;
  /** Signing keys up to this number are removed with their apps. Must be below `signingKeyRotation`; 0 removes none. Default: `0`. */
  readonly signingKeyRevoked?: pulumi.Input<number>;
  /** Where Cloud KMS keeps the signing keys. Default: `SOFTWARE`. */
  readonly signingKeyProtection?: pulumi.Input<SigningKeyProtection>;
  /** Declare what watches the integration: log-based metrics, objectives, alerts, an uptime check and a dashboard. Default: `true`. */
  readonly operations?: pulumi.Input<boolean>;
  /** Alert when the drift check has not found the stack as declared for a day. Default: `false`. */
  readonly driftAlert?: pulumi.Input<boolean>;
  /** Where alerts are sent: `{type: email, address}`, `{type: slack, channel, token}`, `{type: pagerduty, serviceKey}`, `{type: webhook, url}`, `{type: pubsub, topic}`, or `{type: existing, name}` for a channel that exists. Without one, alerts are only incidents in the Google Cloud console. Default: `[]`. */
  readonly alertChannels?: pulumi.Input<pulumi.Input<AlertChannel>[]>;
  /** Where the audit records are exported to: `bigquery` is a dataset for SQL, `pubsub` a topic from which a SIEM reads. Default: `none`. */
  readonly auditExport?: pulumi.Input<AuditExport>;
  /** How long exported audit records are kept: 400 days in BigQuery and 31 in Pub/Sub unless set; Pub/Sub takes at most 31d. Default: empty. */
  readonly auditRetention?: pulumi.Input<string>;
  /** What runs `receive`, `grant` and `reconcile`: `functions` is Cloud Functions; `service` is Cloud Run services that run the archive's files without a build, also where the organization forbids `allUsers`. Default: `functions`. */
  readonly hosting?: pulumi.Input<Hosting>;
  /** Labels for every Google Cloud resource that takes labels. Default: `{}`. */
  readonly labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Accept a region where, by this program's list, Google Cloud lacks a required service. Default: `false`. */
  readonly trustRegion?: pulumi.Input<boolean>;
  /** How long the first build and the first start wait after the accounts received their permissions, and the first alerts after their metrics were created. Google Cloud typically applies a new permission within 2 minutes. Default: `120`. */
  readonly rightsWaitSeconds?: pulumi.Input<number>;
  /** Container images of the functions that are kept for a rollback, with `hosting: functions`. Default: `5`. */
  readonly imagesToKeep?: pulumi.Input<number>;
  // end
}
