export interface TierText {
  title: string;
  description: string;
  discordRoles: number;
  hasImage?: boolean;
}

export const TIERS: TierText[] = [
  { title: 'Free', description: '', discordRoles: 0 },
  {
    title: 'Postcard',
    description: '<p>Early sketches and the <strong>monthly letter</strong>.</p>',
    discordRoles: 1,
    hasImage: true,
  },
  {
    title: 'Sketchbook',
    description: '<p>Everything in Postcard, and:</p><ul><li>work in progress</li><li>the archive</li></ul>',
    discordRoles: 1,
    hasImage: true,
  },
  {
    title: 'Studio Table',
    description: '<p>Everything in Sketchbook, plus a <em>signed print</em> by post &amp; a monthly call.</p>',
    discordRoles: 2,
  },
  { title: 'Old Guild', description: '<p>Retired; those who hold it keep it.</p>', discordRoles: 0 },
];

export interface BenefitText {
  title: string;
  type: string;
  rule: string | null;
  description: string | null;
  tiers: number[];
}

export const BENEFITS: BenefitText[] = [
  { title: 'Monthly letter', type: 'custom', rule: 'eom_monthly', description: null, tiers: [1, 2, 3, 4] },
  { title: 'Discord access', type: 'discord', rule: null, description: 'A role on the server', tiers: [1, 2, 3] },
  { title: 'The archive', type: 'custom', rule: 'one_time_immediate', description: 'All earlier work', tiers: [2, 3] },
  { title: 'Signed print', type: 'custom', rule: 'eom_monthly', description: 'By post, untracked', tiers: [3] },
];
