import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { PatreonClient, SingleDocument } from '../../patreon/client';
import { PatreonError } from '../../patreon/patreon-error';
import type { Campaign } from '../../patreon/resources';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { type ChangedResource, PatreonChange } from '../campaigns/change.model';
import { patreonClientFor } from '../connections/patreon-client.service';
import { RequestsHeldError } from '../connections/request-holds.service';
import { type CampaignReader, campaignStore } from './campaign-store';
import type { RecordStore } from './list-resource';
import { memberStore } from './member-store';
import { postStore } from './post-store';
import { type ReadOutcome, readOne } from './read-one';
import { nextReadSeq } from './read-stamps';
import { settleCampaign } from './settle-campaign';
import { connectionsToRead } from './sync-runs.service';
import { concludeUnnamed } from './unnamed-tiers';

/** What is read again by itself; it need not be stored yet. */
export interface RefreshTarget {
  resource: 'members' | 'posts' | 'campaigns';
  /** Our row id. */
  campaignId: number;
  patreonId: string;
}

/** Who asked for it; change rows name them. With a person who waits nothing takes longer than ten seconds or so. */
export type RefreshSource = { actor: Actor; eventId?: undefined } | { actor?: undefined; eventId: number };

export interface RefreshResult {
  outcome: ReadOutcome;
  /** What this read changed, in the order in which it was stored; a campaign's tiers included. */
  changes: PatreonChange[];
  /** Something changed that leaves no change rows: payments, a postal address, benefits. */
  besides: boolean;
  /** Our row id; null when Patreon does not know the record and nothing is stored of it. */
  recordId: number | null;
  /** The row is marked as gone, now or since before. */
  isGone: boolean;
}

/** Of all requests of one refresh, and of everything else that may take its time. */
const READ_MS = 8_000;
const ANSWER_MS = 9_500;

/**
 * Reads one member, post or campaign from Patreon and stores what it says, through the same door as a run: an older read
 * never overwrites a newer one, a 404 marks as gone, a sighting brings back. Safe to repeat.
 * @throws ConflictError `no_connection`, PatreonError, RequestsHeldError, NotFoundError for an unknown campaign
 */
export async function refreshFromPatreon(
  context: Context,
  target: RefreshTarget,
  source: RefreshSource,
): Promise<RefreshResult> {
  const { actor } = source;
  if (actor === undefined) return new Refresh(context, target, source).run();
  const result = await atMost(ANSWER_MS, new Refresh(context, target, source, AbortSignal.timeout(READ_MS)).run());
  const subject = { type: CHANGED[target.resource][0], id: result.recordId ?? target.patreonId };
  const details = { outcome: result.outcome, changes: result.changes.length };
  await recordAudit(context, { ...actor, action: `${subject.type}.refreshed`, subject, details });
  return result;
}

const CHANGED = {
  members: ['member'],
  posts: ['post'],
  campaigns: ['campaign', 'tier'],
} as const satisfies Record<RefreshTarget['resource'], readonly ChangedResource[]>;

/** What stands beside a record and leaves no change rows; a row's own id is that of its member or campaign. */
const BESIDES = {
  members: [
    ['pledge_events', 'member_id'],
    ['member_addresses', 'member_id'],
  ],
  posts: [],
  campaigns: [['patreon_benefits', 'campaign_id']],
} as const;

/** Rows that the transaction at hand has written. */
const OF_THIS_TRANSACTION = 'xmin = pg_current_xact_id()::xid';

class Refresh {
  private readonly changes: PatreonChange[] = [];
  private besides = false;

  constructor(
    private readonly context: Context,
    private readonly target: RefreshTarget,
    private readonly source: RefreshSource,
    private readonly signal?: AbortSignal,
  ) {}

  async run(): Promise<RefreshResult> {
    const { context, target, signal } = this;
    const [credentialId] = await connectionsToRead(context.knex, { campaignId: target.campaignId });
    const interactive = signal !== undefined;
    const client = await patreonClientFor(context, credentialId as number, { signal, interactive });
    const outcome = await this.read(client, credentialId as number);
    const row = await this.row(context.knex).first('id', 'gone_at');
    if (target.resource !== 'members') await settleCampaign(context, target.campaignId);
    const { changes, besides } = this;
    return { outcome, changes, besides, recordId: row?.id ?? null, isGone: row?.gone_at != null };
  }

  private read(client: PatreonClient, credentialId: number): Promise<ReadOutcome> {
    const { context, target } = this;
    const { campaignId, patreonId } = target;
    if (target.resource === 'campaigns') return this.readCampaign(client, credentialId);
    if (target.resource === 'posts') return this.readOne(postStore(campaignId), () => client.getPost(patreonId));
    return this.readOne(memberStore(context, campaignId), () => client.getMember(patreonId));
  }

  private readOne<T extends { id: string }>(store: RecordStore<T>, read: () => Promise<SingleDocument<T>>) {
    return readOne(this.context, { target: this.target, store, read, write: (work) => this.write(work) });
  }

  /** With its tiers and benefits; those that it no longer names are gone when a second read says so as well. */
  private async readCampaign(client: PatreonClient, credentialId: number): Promise<ReadOutcome> {
    const { context, target } = this;
    let answer: { campaign: Campaign; startSeq: number } | undefined;
    const outcome = await this.readOne(campaignStore(credentialId), async () => {
      const startSeq = await nextReadSeq(context);
      const document = await client.getCampaign(target.patreonId);
      answer = document.item === null ? undefined : { campaign: document.item, startSeq };
      return document;
    });
    if (answer === undefined || outcome === 'older' || outcome === 'gone') return outcome;
    const reader: CampaignReader = {
      context,
      client,
      credentialId,
      read: (request) => request(this.signal ?? new AbortController().signal),
      write: (work) => this.write(work),
    };
    await concludeUnnamed(reader, target.campaignId, answer).catch((error) => {
      if (!(error instanceof PatreonError || error instanceof RequestsHeldError)) throw error;
      // What the campaign no longer names stays until a later read has confirmed it.
      context.log.warn({ err: error }, 'what a refreshed campaign leaves out was not read again');
    });
    return outcome;
  }

  /** Change rows tell who asked, and are collected. */
  private write<R>(work: (trx: Knex.Transaction) => Promise<R>): Promise<R> {
    const { actor, eventId } = this.source;
    const [name, id] = actor ? ['patrondesk.staff_id', actor.staffId ?? ''] : ['patrondesk.event_id', eventId];
    return this.context.knex.transaction(async (trx) => {
      await trx.raw('select set_config(?, ?, true)', [name, String(id)]);
      const result = await work(trx);
      await this.collect(trx);
      return result;
    });
  }

  private async collect(trx: Knex.Transaction): Promise<void> {
    const { resource, campaignId } = this.target;
    const row = await this.row(trx).first('id');
    if (!row) return;
    // By record: a campaign's tiers have a long history, of which only that of the rows just written is looked at.
    const changes = await PatreonChange.query(trx)
      .where({ campaign_id: campaignId })
      .where((records) => {
        records.where({ resource: CHANGED[resource][0], record_id: row.id });
        if (resource !== 'campaigns') return;
        const tiers = trx('patreon_tiers')
          .where({ campaign_id: campaignId })
          .whereRaw(OF_THIS_TRANSACTION)
          .select('id');
        records.orWhere((tier) => tier.where({ resource: CHANGED.campaigns[1] }).whereIn('record_id', tiers));
      })
      .whereRaw(OF_THIS_TRANSACTION)
      .orderBy('id');
    this.changes.push(...changes);
    for (const [table, owner] of BESIDES[resource]) {
      const written = await trx(table).where(owner, row.id).whereRaw(OF_THIS_TRANSACTION).first(owner);
      this.besides ||= written !== undefined;
    }
  }

  private row(knex: Knex) {
    const { resource, campaignId, patreonId } = this.target;
    return resource === 'campaigns'
      ? knex('patreon_campaigns').where({ id: campaignId })
      : knex(`patreon_${resource}`).where({ campaign_id: campaignId, patreon_id: patreonId });
  }
}

/** A token's renewal must not be cut off, so it goes on by itself when the person is answered. */
async function atMost<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new PatreonError('cancelled', { detail: 'it took too long', requestPath: '' });
  });
  return Promise.race([work, late]).finally(() => timer.abort());
}
