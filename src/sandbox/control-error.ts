import type { Resource } from './resource';
import type { World } from './world';

/** A control request that cannot be done; the message says why. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The campaign with this id, or the first one. */
export function campaignOf(world: World, id: string | undefined): Resource {
  const campaign = id === undefined ? world.campaigns()[0] : world.campaign(id);
  if (campaign === undefined) throw new ControlError(404, `There is no campaign ${id ?? ''}.`);
  return campaign;
}
