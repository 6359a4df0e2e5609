import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks on the terminal (standard error, so that output can be piped) and shows nothing of what is typed. Null: interrupted. */
export async function hiddenPrompt(question: string): Promise<string | null> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise((resolve) => {
      terminal.once('line', resolve);
      for (const end of ['SIGINT', 'close']) terminal.once(end, () => resolve(null));
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
