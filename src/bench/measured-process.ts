import { type ChildProcess, fork } from 'node:child_process';

type Task = (argument: unknown) => Promise<unknown>;

interface Answer {
  value?: unknown;
  error?: string;
}

const tasks: Record<string, Task> = {};

/** In a process that `startProcess` started: does these tasks when it is told to, and ends with whoever tells it. */
export function answerParent(more: Record<string, Task>): void {
  if (Object.keys(tasks).length === 0) {
    process.on('message', ([name, argument]: [string, unknown]) => void run(name, argument));
    // By itself a signal would end it without its exit handlers, which remove what it wrote.
    for (const end of ['SIGTERM', 'disconnect']) process.once(end, () => process.exit());
  }
  Object.assign(tasks, more);
}

async function run(name: string, argument: unknown): Promise<void> {
  try {
    process.send?.({ value: await tasks[name]?.(argument) });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

export interface StartedProcess {
  /** One at a time. */
  run<T>(task: string, argument?: unknown): Promise<T>;
  stop(): void;
}

/** A process of its own: what it takes of time and memory is not ours, and its peak is of this task alone. */
export function startProcess(script: string): StartedProcess {
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const stop = () => void child.kill('SIGTERM');
  process.once('exit', stop);
  return { run: (task, argument) => ask(child, [task, argument]), stop };
}

function ask<T>(child: ChildProcess, message: unknown[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('The process ended before it answered.'));
    child.once('exit', ended);
    child.once('message', ({ value, error }: Answer) => {
      child.removeListener('exit', ended);
      if (error === undefined) resolve(value as T);
      else reject(new Error(error));
    });
    child.send(message);
  });
}
