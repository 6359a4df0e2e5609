import type { Request } from 'express';

/** Leaves the session behind, its row as well, and goes on with a new id: what was planted or stolen opens nothing. */
export async function regenerateSession(req: Request): Promise<void> {
  await settled((done) => req.session.regenerate(done));
}

/** Stored before the redirect is sent, so that the next request finds it whichever process answers. */
export async function saveSession(req: Request): Promise<void> {
  await settled((done) => req.session.save(done));
}

function settled(start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}
