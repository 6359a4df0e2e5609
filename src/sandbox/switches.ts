import type { Router } from 'express';
import { dateTime } from './clock';
import { clockBody, faultBody, mutationBody, releaseBody, type SettingsBody, settingsBody } from './control-bodies';
import { addMutation } from './mutations';
import type { SandboxState } from './state';

/** The control addresses that say how the sandbox behaves, and those that tell what was asked of it. */
export function addSwitches(router: Router, state: SandboxState): void {
  const { requests, report, clock } = state;
  router
    .route('/requests')
    .get((_request, response) => response.json(requests.list()))
    .delete((_request, response) => {
      requests.clear();
      response.status(204).end();
    });
  router
    .route('/report')
    .get((_request, response) => response.json(report.summary()))
    .delete((_request, response) => {
      report.reset();
      response.status(204).end();
    });
  addTrouble(router, state);
  router.get('/clock', (_request, response) => response.json({ now: dateTime(clock.now()) }));
  router.post('/clock', (request, response) => {
    const { now, advance_seconds = 0, life } = clockBody.parse(request.body);
    if (now !== undefined) clock.set(Date.parse(now));
    clock.advance(advance_seconds * 1000);
    const lived = life ? state.life.live(state, clock.now()) : state.life.skip(clock.now());
    response.json({ now: dateTime(clock.now()), lived });
  });
  router.post('/settings', (request, response) => {
    const body = settingsBody.parse(request.body);
    applySettings(state, body);
    response.json(body);
  });
}

function addTrouble(router: Router, state: SandboxState): void {
  const { faults, mutations, answers } = state;
  router
    .route('/faults')
    .get((_request, response) => response.json(faults.list()))
    .post((request, response) => response.status(201).json(faults.add(faultBody.parse(request.body))))
    .delete((_request, response) => {
      faults.clear();
      response.status(204).end();
    });
  router
    .route('/mutations')
    .get((_request, response) => response.json(mutations.list()))
    .post((request, response) => response.status(201).json(addMutation(state, mutationBody.parse(request.body))))
    .delete((_request, response) => {
      mutations.clear();
      response.status(204).end();
    });
  router.get('/answers', (_request, response) => response.json(answers.list()));
  router.post('/answers/release', (request, response) => {
    const { id } = releaseBody.parse(request.body);
    response.json({ released: answers.release(id) });
  });
}

function applySettings(state: SandboxState, body: SettingsBody): void {
  const { settings } = state;
  if (body.expires_in !== undefined) state.grants.expiresIn = body.expires_in;
  if (body.cursor_lifetime_seconds !== undefined) state.cursors.lifetimeMs = body.cursor_lifetime_seconds * 1000;
  if (body.limits !== undefined) state.limits.rules = body.limits;
  if (body.withdrawn_fields !== undefined) state.withdrawnFields = new Set(body.withdrawn_fields);
  if (body.most_per_page !== undefined) settings.mostPerPage = body.most_per_page;
  if (body.latency_ms !== undefined) settings.latencyMs = body.latency_ms;
  if (body.reuse_revokes !== undefined) settings.reuseRevokes = body.reuse_revokes;
  if (body.windows !== undefined) state.report.setWindows(body.windows);
}
