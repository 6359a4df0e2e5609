import { startTestApp } from '../support/app';

const address = '/dev/design-system/';

test('the page of the components shows every kind of membership in the theme that was asked for', async () => {
  const panel = await startTestApp();
  try {
    const viewer = await panel.signInAs('viewer');
    const { text } = await viewer.get(`${address}?theme=light`).expect(200);
    expect(text).toContain('data-theme="light"');
    for (const kind of ['paying', 'pending', 'declined', 'former', 'gift', 'trial', 'free', 'unknown'])
      expect(text).toContain(`data-kind="${kind}"`);
    expect(text).toContain('chart__line');
    await panel.visitor().get(address).expect(303);
  } finally {
    await panel.close();
  }
});

test('production does not have it', async () => {
  const panel = await startTestApp({
    configure(config) {
      config.production = true;
      config.http.trustProxy = 1;
    },
  });
  try {
    const stranger = panel.visitor();
    await stranger.get(address, { 'x-forwarded-proto': 'https' }).expect(404);
    await stranger.get('/patreon/', { 'x-forwarded-proto': 'https' }).expect(303);
  } finally {
    await panel.close();
  }
});
