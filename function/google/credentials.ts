import { Compute } from "google-auth-library";
import type { GoogleAccessToken } from "./api.ts";

/**
 * Credentials of the function's own service account, from the metadata server. `Compute` goes straight there;
 * the library's `GoogleAuth` would first look for a project id by other ways, which costs more than the token.
 */
export function createAccessToken(): GoogleAccessToken {
  const client = new Compute({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
  return async () => {
    const { token } = await client.getAccessToken();
    if (!token) throw new Error("The metadata server gave no access token.");
    return token;
  };
}
