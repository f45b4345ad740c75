/** What a program of one's own imports. */
export { type AlertChannel, AlertChannelType } from "./alert-channels.ts";
export type { SignInGroupsArgs } from "./arguments.ts";
export { type GroupRule, SignInEventType } from "./rules.ts";
export { AuditExport, Hosting, SigningKeyProtection } from "./settings.ts";
export { type Services, SignInGroups } from "./sign-in-groups.ts";
