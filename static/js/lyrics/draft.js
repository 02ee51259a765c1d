/** Changes that are not saved, kept in this browser together with what they were made from. */

export class Draft {
  constructor(songId) {
    this.key = `vibecraft:lyrics:${songId}`;
  }

  /** { base, lines } as they were kept, or null. */
  read() {
    try {
      const found = JSON.parse(localStorage.getItem(this.key));
      return Array.isArray(found?.lines) && typeof found.base === "string" ? found : null;
    } catch {
      return null;
    }
  }

  keep(base, lines) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ base, lines }));
      return true;
    } catch {
      // Private windows and full stores refuse; then the page says that nothing is kept.
      return false;
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // What cannot be stored cannot be left behind either.
    }
  }
}
