/** The token of the page's address; without it the page may only look. */
const token = new URLSearchParams(location.search).get("token") ?? "";

/** Whether this page may change something. */
export const mayChange = token !== "";

/**
 * @param {string} path below /api
 * @returns {Promise<any>} the parsed answer; its shape is the one that sandbox/console/console.ts gives it
 */
export function get(path) {
  return call(path, { method: "GET" });
}

/**
 * @param {string} path below /api
 * @param {unknown} [body]
 * @returns {Promise<any>} as for `get`
 */
export function post(path, body = {}) {
  const headers = { "content-type": "application/json", "x-console-token": token };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function call(path, request) {
  const response = await fetch(`/api${path}`, request).catch(() => {
    throw new Error("The sandbox does not answer. Is npm start still running?");
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `The sandbox answered ${response.status}.`);
  return answer;
}
