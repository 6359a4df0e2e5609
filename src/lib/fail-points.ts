/** Places at which a trial may end the process at once, as a power cut would. */
let armed = new Map<string, number>();

/**
 * Arms fail points: a comma list of `name@n`, the n-th time that the place is passed; `@n` may be left out for the first.
 * No setting does this: only a trial that runs the engine in a process of its own.
 */
export function armFailPoints(list: string): void {
  armed = new Map(
    list
      .split(',')
      .filter((entry) => entry !== '')
      .map((entry) => {
        const [name = '', n = '1'] = entry.split('@');
        return [name, Number(n)];
      }),
  );
}

/** A place worth dying at: before and after every effect that others can see. */
export function failPoint(name: string): void {
  const left = armed.get(name);
  if (left === undefined) return;
  if (left > 1) armed.set(name, left - 1);
  else process.kill(process.pid, 'SIGKILL');
}
