interface HeldAnswer {
  id: number;
  method: string;
  path: string;
  deliver(): void;
}

/** Answers that were worked out and wait to be sent, as if they were still on their way. */
export class HeldAnswers {
  private readonly held = new Map<number, HeldAnswer>();
  private lastId = 0;

  /** Returns what lets go of it. */
  hold(method: string, path: string, deliver: () => void): () => void {
    this.lastId += 1;
    const id = this.lastId;
    this.held.set(id, { id, method, path, deliver });
    return () => this.release(id);
  }

  list(): Omit<HeldAnswer, 'deliver'>[] {
    return [...this.held.values()].map(({ id, method, path }) => ({ id, method, path }));
  }

  /** Sends one, or all without an id. Returns how many were sent. */
  release(id?: number): number {
    const released = [...this.held.values()].filter((answer) => id === undefined || answer.id === id);
    for (const answer of released) {
      this.held.delete(answer.id);
      answer.deliver();
    }
    return released.length;
  }
}
