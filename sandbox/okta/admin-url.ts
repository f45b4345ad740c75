import { isIP } from "node:net";

/**
 * The address of an org's admin console, where links of the Roles API point: `https://acme-admin.okta.com` for
 * `https://acme.okta.com`. A loopback address has no name to be changed so; `admin.localhost` stands in for it (RFC 6761).
 *
 * @decision Links in answers about custom roles are on the admin console's host, not on the org's.
 * @evidence recorded: okta/terraform-provider-okta v6.12.0 test/fixtures/vcr/idaas/TestAccResourceOktaAdminRoleCustom_crud
 * @matters sandbox only: nothing of the product follows these links.
 */
export function adminUrlOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const [name = "", ...domain] = hostname.split(".");
  const host = isIP(hostname) === 0 ? [`${name}-admin`, ...domain].join(".") : "admin.localhost";
  return `${protocol}//${host}${port === "" ? "" : `:${port}`}`;
}
