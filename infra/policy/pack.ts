/** The policy pack: `pulumi preview --policy-pack infra/policy` refuses what this integration must never be. */
import { PolicyPack } from "@pulumi/policy";
import { hookNeedsAuthentication } from "./event-hook.ts";
import { onlyNeededRoles } from "./google-roles.ts";
import {
  customRoleOnlyManagesMembers,
  nobodyBecomesAdministrator,
  resourceSetHoldsSingleGroups,
  serviceAppHasNeededScopes,
} from "./okta-rights.ts";
import { noSecretNameInPlainEnvironment, noSecretValueInPlainEnvironment } from "./plain-environment.ts";
import { onlyInvokingIsPublic, onlyReceiverIsPublic } from "./public-invoker.ts";
import { customRoleIsOfThisProgram, noOrganizationWideRole } from "./service-app-role.ts";

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
