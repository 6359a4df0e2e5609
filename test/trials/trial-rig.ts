import { randomBytes } from 'node:crypto';
import { type Context, createContext } from '../../src/context';
import { createLogger } from '../../src/logger';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server';
import { insertConnection } from '../connections/connection-fixtures';
import { sandboxControl } from '../support/sandbox-control';
import { TrialProcess, type TrialSettings, trialConfig } from './trial-processes';

export interface RigOptions {
  databaseUrl: string;
  /** Of this folder; one process each. */
  scripts: string[];
  requestsPerMinute: number;
  sandbox: SandboxOptions;
}

export interface TrialRig<Order extends object, Answer> {
  context: Context;
  control: ReturnType<typeof sandboxControl>;
  credentialId: number;
  processes: TrialProcess<Order, Answer>[];
  close(): Promise<void>;
}

/** Processes of their own over one database and one sandbox, connected by one credential. */
export async function startRig<Order extends object, Answer>(options: RigOptions): Promise<TrialRig<Order, Answer>> {
  const sandbox = await startSandbox(options.sandbox);
  const control = sandboxControl(sandbox);
  const shared = sharedSettings(options, sandbox);
  const config = trialConfig(shared);
  const context = await createContext(config, { log: createLogger({ level: config.logLevel, pretty: false }) });
  const processes: TrialProcess<Order, Answer>[] = [];
  const close = async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await context.close();
    await sandbox.close();
  };
  try {
    const { id: credentialId } = await insertConnection(context, await control.mint(), { expiresIn: 30 * 86_400 });
    const started = options.scripts.map((script) =>
      TrialProcess.start<Order, Answer>(script, { ...shared, credentialId }),
    );
    for (const one of await Promise.allSettled(started)) {
      if (one.status === 'rejected') throw one.reason;
      processes.push(one.value);
    }
    return { context, control, credentialId, processes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function sharedSettings(options: RigOptions, sandbox: Sandbox): Omit<TrialSettings, 'credentialId'> {
  return {
    databaseUrl: options.databaseUrl,
    sandboxUrl: sandbox.url,
    requestsPerMinute: options.requestsPerMinute,
    sessionSecret: randomBytes(32).toString('hex'),
    encryptionKeys: `trial:${randomBytes(32).toString('base64')}`,
  };
}
