/** Every scope of API v2 with what it means to the person who is asked. */
export const SCOPES: Readonly<Record<string, string>> = {
  identity: 'See your public profile',
  'identity[email]': 'See your e-mail address',
  'identity.memberships': 'See all your memberships',
  campaigns: 'See your campaign, its tiers and benefits',
  'campaigns.members': 'See your members and what they pledge',
  'campaigns.members[email]': 'See your members’ e-mail addresses',
  'campaigns.members.address': 'See your members’ postal addresses',
  'campaigns.posts': 'See your posts',
  'w:campaigns.webhook': 'Create and change webhooks for your campaign',
  'campaigns.lives': 'See your lives',
  'w:campaigns.lives': 'Create and change your lives',
};

export const ALL_SCOPES = Object.keys(SCOPES);

export const isScope = (name: string): boolean => Object.hasOwn(SCOPES, name);

/** In the table's order, each once. */
export const sortScopes = (scopes: Iterable<string>): string[] => {
  const held = new Set(scopes);
  return ALL_SCOPES.filter((scope) => held.has(scope));
};
