/** Thrown when the queue before the semaphore is full. */
export class SemaphoreFullError extends Error {
  constructor() {
    super('Too much of this is waiting already');
    this.name = 'SemaphoreFullError';
  }
}

/** Lets `slots` pieces of work run at once and `waiting` more stand in line, first come, first served. */
export class Semaphore {
  private running = 0;
  private readonly line: (() => void)[] = [];

  constructor(
    private readonly slots: number,
    private readonly waiting: number,
  ) {}

  /** @throws SemaphoreFullError at once when the line is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.slots) this.running += 1;
    else if (this.line.length >= this.waiting) throw new SemaphoreFullError();
    else await new Promise<void>((resolve) => this.line.push(resolve));
    try {
      return await work();
    } finally {
      // The slot goes straight to the next in line, so a newcomer cannot slip in between.
      const next = this.line.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
