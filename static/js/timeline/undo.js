/** The one history of the page: whatever can be undone is pushed here, by any module. */

import { announce, toast } from "../app.js";
import * as history from "./history.js";

export class Undo {
  /** `onChange()` is called whenever what can be undone has changed. */
  constructor(onChange) {
    this.onChange = onChange;
    this.state = history.EMPTY;
    this.isTravelling = false;
  }

  /** Add what was just done; see the head of main.js. */
  push(entry, gesture = null) {
    this.state = history.push(this.state, entry, gesture);
    this.onChange();
  }

  settle() {
    this.state = history.settle(this.state);
  }

  /** What undoing would undo and redoing do again, in words; "" for nothing. */
  get labels() {
    return { undo: this.state.past.at(-1)?.label ?? "", redo: this.state.future[0]?.label ?? "" };
  }

  undo() {
    const entry = this.state.past.at(-1);
    return entry && this.travel(history.back(this.state), entry.undo, `Undone: ${entry.label}.`);
  }

  redo() {
    const entry = this.state.future[0];
    return entry && this.travel(history.forth(this.state), entry.redo, `Done again: ${entry.label}.`);
  }

  /** Go one step; an act that asks the server may fail, and then the step is not gone. */
  async travel(to, act, sentence) {
    if (this.isTravelling) return;
    const from = this.state;
    this.isTravelling = true;
    this.state = to;
    try {
      await act();
      announce(sentence);
    } catch (error) {
      if (this.state === to) this.state = from;
      toast(error.message, "bad");
    } finally {
      this.isTravelling = false;
      this.onChange();
    }
  }
}
