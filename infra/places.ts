import * as pulumi from "@pulumi/pulumi";
import { isPrivateWay } from "./addresses.ts";
import type { ReportFault } from "./errors.ts";
import { regionFault } from "./regions.ts";

/** Whether it is a Google Cloud project id, also one with a domain before it. */
export function isProjectId(text: string): boolean {
  return /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(text);
}

/** Whether it is the address of an org, without a path and without a slash at its end. */
export function isOrgUrl(text: string): boolean {
  return isPrivateWay(text) && URL.parse(text)?.origin === text;
}

/** The project of Google's provider, as the stack's configuration has it; undefined after it reported a fault. */
export function readProject(fault: ReportFault): string | undefined {
  const project = new pulumi.Config("gcp").get("project");
  if (project !== undefined && isProjectId(project)) return project;
  const remedy = 'it must be a project id, for example "pulumi config set gcp:project acme-identity".';
  fault("gcp:project", project, remedy);
  return undefined;
}

/** The region of Google's provider, in the same way. @param trusted accepts one where Google lacks a required service */
export function readRegion(trusted: boolean, fault: ReportFault): string | undefined {
  const region = new pulumi.Config("gcp").get("region");
  const wrong = regionFault(region, trusted);
  if (region !== undefined && wrong === undefined) return region;
  fault("gcp:region", region, wrong ?? "");
  return undefined;
}
