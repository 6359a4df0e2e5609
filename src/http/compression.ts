import compression from 'compression';
import type { Request, RequestHandler, Response } from 'express';

/**
 * Texts of a kilobyte or more travel compressed, under a `Vary`. Left as they are: what other sites make a browser ask for
 * (decision 15), parts of files (their ranges count the bytes as stored) and downloads, which are streamed to the client's pace.
 */
export function compressedAnswers(): RequestHandler {
  return compression({ filter: (req, res) => isCompressed(req, res) && compression.filter(req, res) });
}

function isCompressed(req: Request, res: Response): boolean {
  const site = req.get('sec-fetch-site');
  const isFromElsewhere = site === 'cross-site' || site === 'same-site';
  return !isFromElsewhere && res.statusCode !== 206 && res.getHeader('Content-Disposition') === undefined;
}
