/** Who may do what. The only place that names a role; everything else asks for a permission. */
export const ROLES = ['owner', 'manager', 'editor', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const everyone: readonly Role[] = ROLES;
const writers: readonly Role[] = ['owner', 'manager', 'editor'];
const managers: readonly Role[] = ['owner', 'manager'];
const owners: readonly Role[] = ['owner'];

const POLICY = {
  'account.manage': everyone,
  'campaigns.read': everyone,
  'tiers.read': everyone,
  'posts.read': everyone,
  'members.read': everyone,
  'sync.read': everyone,
  'status.read': everyone,
  'members.email': managers,
  'money.read': managers,
  'members.address': managers,
  'members.annotate': writers,
  'members.fields': managers,
  'notes.moderate': owners,
  'views.save': everyone,
  'views.share': writers,
  'members.bulk': managers,
  'batches.undo': owners,
  'members.export': managers,
  'campaigns.edit': managers,
  'campaigns.delete': owners,
  'posts.write': writers,
  'posts.delete': managers,
  'plans.read': everyone,
  'plans.write': managers,
  'sync.manage': managers,
  'sync.decide': owners,
  'credentials.manage': owners,
  'staff.manage': owners,
  'audit.read': owners,
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof POLICY;

export const PERMISSIONS = Object.keys(POLICY) as Permission[];

/** Refuses by default: no role, or a role that the table does not name for it, may not. */
export function may(role: Role | null | undefined, permission: Permission): boolean {
  return role != null && (POLICY[permission] as readonly Role[]).includes(role);
}
