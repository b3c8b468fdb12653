// What goes wrong here has a name that a screen can show in words.
export class Trouble extends Error {
  /** @param {string} name @param {string} [message] @param {object} [more] */
  constructor(name, message = name, more = {}) {
    super(message);
    this.name = name;
    Object.assign(this, more);
  }
}
