// Numbers with decimals, exactly: quantities are added up as the server adds them.

/** @typedef {{ digits: bigint, scale: number }} Decimal  digits × 10^-scale */

/** @param {string | number} given @returns {Decimal} */
export function decimal(given) {
  const found = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4}))?$/.exec(String(given).trim());
  if (!found || !(found[2] || found[3])) throw new RangeError("no number");
  const [, sign, whole, part = "", power = "0"] = found;
  const digits = BigInt(whole + part || "0") * (sign === "-" ? -1n : 1n);
  const scale = part.length - Number(power);
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

/** @param {Decimal} one @param {Decimal} other @param {1 | -1} sign @returns {Decimal} */
export function plus(one, other, sign = 1) {
  const scale = Math.max(one.scale, other.scale);
  const raised = (number) => number.digits * 10n ** BigInt(scale - number.scale);
  return { digits: raised(one) + BigInt(sign) * raised(other), scale };
}

/** Without trailing noughts. @param {Decimal} number */
export function shown({ digits, scale }) {
  const all = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = all.slice(0, all.length - scale);
  const part = scale ? all.slice(-scale).replace(/0+$/, "") : "";
  return `${digits < 0n ? "-" : ""}${whole}${part && `.${part}`}`;
}
