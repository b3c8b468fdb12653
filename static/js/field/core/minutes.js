// Time worked in minutes, by one rule wherever it is said: on screens, in what is signed, and on the forms
// (`minutes_of` in field/folding.py). A half goes to the even minute.

/** @param {number} seconds */
export function minutesOf(seconds) {
  const minutes = seconds / 60;
  const whole = Math.floor(minutes);
  const rest = minutes - whole;
  if (rest !== 0.5) return Math.round(minutes);
  return whole % 2 ? whole + 1 : whole;
}
