/** The header by which an answer names its own address, as the Roles and Resource Sets APIs do. */
export function selfLink(href: string): { readonly link: string } {
  return { link: `<${href}>; rel="self"` };
}
