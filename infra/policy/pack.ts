/** The policy pack: `pulumi preview --policy-pack infra/policy` refuses what this integration must never be. */
import { PolicyPack } from "@pulumi/policy";
import { onlyNeededRoles } from "./google-roles.ts";
import {
  customRoleIsOfThisProgram,
  customRoleOnlyManagesMembers,
  hookNeedsAuthentication,
  nobodyBecomesAdministrator,
  noOrganizationWideRole,
  resourceSetHoldsSingleGroups,
  serviceAppHasNeededScopes,
} from "./okta.ts";
import { noSecretNameInPlainEnvironment, noSecretValueInPlainEnvironment } from "./plain-environment.ts";
import { onlyInvokingIsPublic, onlyReceiverIsPublic } from "./public-invoker.ts";

new PolicyPack("signin-groups", {
  enforcementLevel: "mandatory",
  policies: [
    onlyInvokingIsPublic,
    onlyReceiverIsPublic,
    hookNeedsAuthentication,
    noOrganizationWideRole,
    customRoleIsOfThisProgram,
    customRoleOnlyManagesMembers,
    resourceSetHoldsSingleGroups,
    serviceAppHasNeededScopes,
    nobodyBecomesAdministrator,
    onlyNeededRoles,
    noSecretNameInPlainEnvironment,
    noSecretValueInPlainEnvironment,
  ],
});
