let onPassing: (name: string) => void = () => undefined;

/**
 * Arms fail points, at which the process ends at once, as a power cut would: a comma list of `name@n`, the n-th time that
 * the place is passed; `@n` may be left out for the first. No setting does this: only a trial that runs the engine in a
 * process of its own.
 */
export function armFailPoints(list: string): void {
  const armed = new Map(
    list
      .split(',')
      .filter((entry) => entry !== '')
      .map((entry): [string, number] => {
        const [name = '', n = '1'] = entry.split('@');
        return [name, Number(n)];
      }),
  );
  watchFailPoints((name) => {
    const left = armed.get(name);
    if (left === undefined) return;
    if (left > 1) armed.set(name, left - 1);
    else process.kill(process.pid, 'SIGKILL');
  });
}

/** Tells a trial of every place that is passed; what the listener throws is thrown there. */
export function watchFailPoints(listener: (name: string) => void): void {
  onPassing = listener;
}

/** A place worth dying at: before and after every effect that others can see. */
export function failPoint(name: string): void {
  onPassing(name);
}
