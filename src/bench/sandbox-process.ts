import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface SandboxProcess {
  url: string;
  /** The client that the sandbox knows by itself. */
  clientId: string;
  accessToken: string;
  refreshToken: string;
  stop(): void;
}

/** A sandbox in a process of its own, so that its time and memory are not ours, with a pair of tokens for its creator. */
export async function startSandboxProcess(options: string[]): Promise<SandboxProcess> {
  const script = join(__dirname, '..', 'sandbox', 'server.js');
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => void child.kill('SIGTERM');
  process.once('exit', stop);
  const line = await Promise.race([
    once(createInterface({ input: child.stdout as Readable }), 'line'),
    once(child, 'exit').then(() => null),
  ]);
  if (!line) throw new Error('The sandbox did not start.');
  const { url, client_id: clientId } = JSON.parse(String(line[0])) as { url: string; client_id: string };
  return { url, clientId, ...(await mintTokens(url)), stop };
}

async function mintTokens(url: string): Promise<{ accessToken: string; refreshToken: string }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/_sandbox/tokens`, { method: 'POST', headers, body: '{}' });
  if (!answer.ok) throw new Error(`The sandbox gave no tokens (${answer.status}).`);
  const tokens = (await answer.json()) as { access_token: string; refresh_token: string };
  return { accessToken: tokens.access_token, refreshToken: tokens.refresh_token };
}
