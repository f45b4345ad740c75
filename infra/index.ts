import * as pulumi from "@pulumi/pulumi";
import { COMPONENT, readConfiguration } from "./configuration.ts";
import { consoleLinks } from "./console-links.ts";
import { SignInGroups } from "./sign-in-groups.ts";

const { project, region, orgUrl, settings } = readConfiguration(pulumi.getProject());
const integration = new SignInGroups(COMPONENT, { project, region, orgUrl, ...settings });

/** The address that Okta delivers events to. */
export const hookUrl = integration.hookUrl;
/** Ids of the groups by name; existing groups are listed by their id. */
export const groupIds = integration.groupIds;
/** Client id of the API service app in Okta that writes memberships. */
export const serviceAppClientId = integration.clientId;
/** Full name of the Cloud Tasks queue of memberships. */
export const queue = integration.queue;
/** Full name of the Cloud Tasks queue that leads back to `reconcile`; a replay is started by a task in it. */
export const continuationQueue = integration.continuationQueue;
/** Name of the Cloud Storage bucket that has the place in Okta's System Log, and how far each replay is. */
export const stateBucket = integration.stateBucket;
/** Full name of the dataset or the topic of the exported audit records; empty without an export. */
export const auditDestination = integration.auditDestination;
/** Pages in the consoles of Okta and Google Cloud. */
export const links = pulumi
  .all([
    integration.appId,
    integration.logReaderAppId,
    integration.groupIds,
    integration.queue,
    integration.services,
  ])
  .apply(([appId, logReaderAppId, groupIds, queue, services]) =>
    consoleLinks({ orgUrl, project, appId, logReaderAppId, groupIds, queue, services }),
  );
