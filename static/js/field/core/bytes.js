// Bytes and their digests, through WebCrypto, which browsers and Node both have.
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param {string} text */
export const utf8 = (text) => encoder.encode(text);
/** @param {BufferSource} bytes */
export const text = (bytes) => decoder.decode(bytes);
/** @param {ArrayBuffer | Uint8Array} bytes */
export const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The sha256 of bytes, or of a text's UTF-8, in hex. @param {BufferSource | string} content */
export async function sha256(content) {
  return hex(await crypto.subtle.digest("SHA-256", typeof content === "string" ? utf8(content) : content));
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
