import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type Config, loadConfig } from '../../src/config';

/** What the processes of one trial share. */
export interface TrialSettings {
  databaseUrl: string;
  sandboxUrl: string;
  credentialId: number;
  requestsPerMinute: number;
  /** Held by the sandbox and the database of this trial only. */
  sessionSecret: string;
  encryptionKeys: string;
}

export function trialConfig(settings: Omit<TrialSettings, 'credentialId'>): Config {
  return loadConfig({
    DATABASE_URL: settings.databaseUrl,
    PATREON_BASE_URL: settings.sandboxUrl,
    PATREON_REQUESTS_PER_MINUTE: String(settings.requestsPerMinute),
    PATREON_HOURLY_REQUEST_BUDGET: '1000000',
    PATREON_DAILY_REQUEST_BUDGET: '1000000',
    SESSION_SECRET: settings.sessionSecret,
    ENCRYPTION_KEYS: settings.encryptionKeys,
    LOG_LEVEL: 'silent',
  });
}

/** A process of its own that runs a script of this folder and answers `send` with one message each. */
export class TrialProcess<Order extends object, Answer> {
  private constructor(private readonly child: ChildProcess) {}

  static async start<Order extends object, Answer>(
    script: string,
    settings: TrialSettings,
  ): Promise<TrialProcess<Order, Answer>> {
    const child = fork(script, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const started = new TrialProcess<Order, Answer>(child);
    // What is sent before the script listens is lost.
    await started.nextMessage();
    await started.exchange(settings);
    return started;
  }

  send(order: Order): Promise<Answer> {
    return this.exchange(order) as Promise<Answer>;
  }

  private exchange(message: object): Promise<unknown> {
    const answer = this.nextMessage();
    this.child.send(message);
    return answer;
  }

  private async nextMessage(): Promise<unknown> {
    const heard = new AbortController();
    const { signal } = heard;
    const answer = once(this.child, 'message', { signal });
    const end = once(this.child, 'exit', { signal }).then(() => null);
    try {
      const received = await Promise.race([answer, end]);
      if (received === null) throw new Error('A process of the trial ended before its time.');
      return received[0];
    } finally {
      // The one that did not happen is waited for no longer.
      for (const one of [answer, end]) one.catch(() => undefined);
      heard.abort();
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const end = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await end;
  }
}

/** The other side of TrialProcess: builds a worker from the settings, then answers each order. */
export function serveTrial<Order, Answer>(
  begin: (settings: TrialSettings) => Promise<(order: Order) => Promise<Answer>>,
): void {
  let worker: Promise<(order: Order) => Promise<Answer>> | null = null;
  const answer = async (message: unknown) => {
    if (worker !== null) return (await worker)(message as Order);
    worker = begin(message as TrialSettings);
    await worker;
    return 'ready';
  };
  process.on('message', (message) => {
    answer(message).then(
      (reply) => process.send?.(reply),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.('up');
}
