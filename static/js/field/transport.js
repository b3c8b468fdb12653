// Requests to the server. A device's key goes without the session's cookie: it may append and nothing else (rule 27).
const LONGEST = 60_000;

export const transport = {
  /** @param {{method: string, path: string, key?: string, headers?: Record<string, string>, body?: string | Uint8Array}} request
   * @returns {Promise<import("./core/replies.js").Answer>} */
  async send({ method, path, key, headers = {}, body }) {
    const response = await fetch(path, {
      method,
      headers: { accept: "application/json", ...headers, ...(key && { authorization: `Bearer ${key}` }) },
      body,
      credentials: key ? "omit" : "same-origin",
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout?.(LONGEST),
    });
    return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
  },
};
