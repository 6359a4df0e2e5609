import { Model } from 'objection';

/** Properties carry the column's own name: one word from Patreon's attribute to the page. */
export class BaseModel extends Model {
  static override get useLimitInFirst() {
    return true;
  }
}
