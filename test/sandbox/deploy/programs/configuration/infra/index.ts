import * as pulumi from "@pulumi/pulumi";

const configuration = new pulumi.Config();
export const greeting = configuration.require("greeting");
export const limits = configuration.requireObject("limits");
export const enabled = configuration.requireBoolean("enabled");
export const count = configuration.requireNumber("count");
export const token = configuration.getSecret("token");
export const proxy = new pulumi.Config("okta").get("httpProxy");
export const names = [
  pulumi.getOrganization(),
  pulumi.getProject(),
  pulumi.getStack(),
  pulumi.runtime.isDryRun(),
];
export const directories = [process.cwd(), pulumi.getRootDirectory()];
export const environment = Object.keys(process.env).sort();
