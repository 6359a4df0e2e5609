import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { Context } from '../../context';
import { readSnapshot, type Snapshot } from '../../db/snapshot';
import { ConflictError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { ArchiveFiles, type ArchiveWords } from './archive-files';
import { PatreonPost, type PostFilter } from './post.model';

/** Any number that nothing else in the database uses for an advisory lock. */
const LOCK = 7_282_615;
/** Posts that stand in memory at once. */
const BATCH = 20;

export interface ArchiveRequest {
  /** What a list shows, or one post. */
  posts: { filter: PostFilter; query: string } | { id: number };
  words: ArchiveWords;
  actor: Actor;
}

interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  signal: AbortSignal;
}

/**
 * Writes posts as Markdown, with the pictures that we have, into a zip, from one snapshot of the database. Who took it is
 * in the audit log before the first byte leaves. Memory stays the same however many there are.
 * @throws ConflictError while another one is being written; one post never waits
 */
export async function archivePosts(
  { knex }: Context,
  { posts, words, actor }: ArchiveRequest,
  sink: Sink,
): Promise<void> {
  await readSnapshot(knex, sink.signal, async (snapshot) => {
    const isOne = 'id' in posts;
    const { rows } = isOne
      ? { rows: [{ free: true }] }
      : await snapshot.trx.raw('select pg_try_advisory_xact_lock(?) as free', [LOCK]);
    if (!rows[0].free) throw new ConflictError('An archive is being written already.', 'archive_running');
    await recordAudit(knex, {
      ...actor,
      action: 'post.archived',
      ...(isOne ? { subject: { type: 'post', id: posts.id } } : { details: { query: withoutWords(posts.query) } }),
    });
    await writeZip(snapshot, posts, words, sink);
  });
}

/** What was searched for may be anybody's name, and the log outlives people. */
function withoutWords(query: string): string {
  const kept = [...new URLSearchParams(query)].map(([name, value]) => [name, name === 'q' ? '…' : value]);
  return new URLSearchParams(kept as [string, string][]).toString().slice(0, 1_000);
}

async function writeZip(
  snapshot: Snapshot,
  posts: ArchiveRequest['posts'],
  words: ArchiveWords,
  sink: Sink,
): Promise<void> {
  const zip = new ZipFile();
  const stream = zip.outputStream as Readable;
  zip.on('error', (error: Error) => stream.destroy(error));
  const entries = addEntries(zip, snapshot, posts, words);
  // A failure ends the stream, and so the loop below, which then tells it.
  entries.catch((error: Error) => stream.destroy(error));
  for await (const chunk of stream) await sink.write(chunk as Uint8Array);
  await entries;
}

/** An entry is made when the one before it has left: no more than two stand in memory. */
async function addEntries(
  zip: ZipFile,
  snapshot: Snapshot,
  posts: ArchiveRequest['posts'],
  words: ArchiveWords,
): Promise<void> {
  const files = new ArchiveFiles(snapshot.trx, words);
  const add = (name: string, bytes: Buffer, compress: boolean) =>
    new Promise<void>((resolve) => {
      zip.addReadStreamLazy(name, { compress }, (done) => {
        done(null, Readable.from([bytes]));
        resolve();
      });
    });
  const query =
    'id' in posts ? PatreonPost.query(snapshot.trx).where({ id: posts.id }) : matching(posts.filter, snapshot);
  for await (const batch of snapshot.batches<PatreonPost>(query.toKnexQuery(), BATCH)) {
    for await (const { name, bytes, isPicture } of files.of(batch)) await add(name, bytes, !isPicture);
  }
  const told = files.readMe();
  await add(told.name, told.bytes, true);
  zip.end();
}

function matching(filter: PostFilter, { trx }: Snapshot) {
  return PatreonPost.matching(filter, trx).orderByRaw('published_at desc, id desc');
}
