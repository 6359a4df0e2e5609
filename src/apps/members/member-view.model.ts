import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** As the columns that keep the query of a list hold it. */
export const MOST_QUERY_LENGTH = 4_000;

/** A searched text that is an e-mail, in the form in which the list writes its query. */
const SEARCHED_EMAIL = '&q=[^&]*(@|%40)';

/** Whose views are asked for, and whether that person may see e-mails. */
export interface ViewReader {
  staffId: number;
  seesEmail: boolean;
}

/** So many views one person keeps, and so many shared ones of others a page shows. */
export const MOST_VIEWS = 50;
const MOST_TABS = 10;

/** A filter of the member list with its order and columns, under a name. */
export class MemberView extends BaseModel {
  static override tableName = 'member_views';

  id!: number;
  owner_id!: number;
  name!: string;
  /** Of the list's address. */
  query!: string;
  /** Whether everybody sees it. */
  shared!: boolean;
  /** Whether it stands above the list; a shared one above everybody's. */
  pinned!: boolean;
  created_at!: string;
  owner_name?: string;

  static async listOwn(staffId: number, db: Knex): Promise<MemberView[]> {
    return MemberView.query(db).where({ owner_id: staffId }).orderByRaw('lower(name), id').limit(MOST_VIEWS);
  }

  /** Without those that tell an e-mail to somebody who may not see it. */
  static async listSharedByOthers({ staffId, seesEmail }: ViewReader, db: Knex): Promise<MemberView[]> {
    const query = MemberView.query(db)
      .select('member_views.*', 'staff.name as owner_name')
      .join('staff', 'staff.id', 'owner_id')
      .where({ shared: true })
      .whereNot({ owner_id: staffId })
      .orderByRaw('lower(member_views.name), member_views.id')
      .limit(MOST_VIEWS);
    if (!seesEmail) query.whereRaw(`'&' || query !~ ?`, [SEARCHED_EMAIL]);
    return query;
  }

  /** Those that stand above this person's list, their own first; of others' none that tells a hidden e-mail. */
  static async listTabs({ staffId, seesEmail }: ViewReader, db: Knex): Promise<MemberView[]> {
    return MemberView.query(db)
      .where({ pinned: true })
      .where((either) => {
        either.where({ owner_id: staffId }).orWhere((others) => {
          others.where({ shared: true });
          if (!seesEmail) others.whereRaw(`'&' || query !~ ?`, [SEARCHED_EMAIL]);
        });
      })
      .orderByRaw('owner_id <> ?, lower(name), id', [staffId])
      .limit(MOST_TABS);
  }

  static async findOwn(id: number, staffId: number, db: Knex): Promise<MemberView | undefined> {
    return MemberView.query(db).findOne({ id, owner_id: staffId });
  }
}
