import type { Request, RequestHandler, Response } from 'express';

/** Leaves the session behind, its row as well, and goes on with a new id: what was planted or stolen opens nothing. */
export async function regenerateSession(req: Request): Promise<void> {
  await settled((done) => req.session.regenerate(done));
}

/**
 * Holds an answer back until what it changed in the session is stored. express-session sends the head of the answer
 * first: a browser that follows a redirect at once would come before its own message.
 */
export const storedBeforeAnswer: RequestHandler = (req, res, next) => {
  const before = contentsOf(req);
  const end = res.end.bind(res) as (...args: unknown[]) => Response;
  res.end = ((...args: unknown[]) => {
    res.end = end as Response['end'];
    if (!req.session || res.headersSent || contentsOf(req) === before) return end(...args);
    settled((done) => req.session.touch().save(done)).then(
      () => end(...args),
      (error: unknown) => {
        res.removeHeader('Location');
        next(error);
      },
    );
    return res;
  }) as Response['end'];
  next();
};

/** Without the cookie, whose age changes with every request. */
function contentsOf({ session }: Request): string {
  return JSON.stringify({ ...session, id: session?.id, cookie: undefined });
}

function settled(start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}
