import type { Context } from '../../context';
import { budgetWindows } from './budget-windows';
import { budgetLeft, countUsage, type GiveBack, spendBudget } from './request-budget.service';

const BLOCK = 10;

interface Block {
  takenAt: Date;
  giveBack: GiveBack;
  left: number;
}

/**
 * Requests taken from both budgets ahead, ten at a time, for a reader that sends many: three writes for ten requests
 * instead of for each. Near the end of a budget they are taken one by one, so that nobody is kept from the last ones. A
 * process that dies leaves at most nine counted that it did not send.
 */
export class RequestReserve {
  private block: Block | undefined;
  private taking: Promise<void> | undefined;

  constructor(
    private readonly context: Context,
    private readonly credentialId: number,
  ) {}

  /** Takes one request; answers how to put it back when it is not sent after all. @throws BudgetSpentError */
  async take(): Promise<() => void> {
    while (!this.block || this.block.left === 0 || !this.isOfThisHour(this.block)) {
      this.taking ??= this.takeBlock().finally(() => {
        this.taking = undefined;
      });
      await this.taking;
    }
    const { block } = this;
    block.left -= 1;
    return () => {
      block.left += 1;
    };
  }

  /** Gives back what is left. Safe to repeat; more can be taken afterwards. */
  async close(): Promise<void> {
    const { block } = this;
    this.block = undefined;
    if (!block || block.left === 0) return;
    await block.giveBack(block.left);
    await this.count(-block.left, block.takenAt);
  }

  private isOfThisHour({ takenAt }: Block): boolean {
    const hourOf = (moment: Date) => budgetWindows(moment).hour.key;
    return hourOf(takenAt) === hourOf(this.context.clock.now());
  }

  private async takeBlock(): Promise<void> {
    await this.close();
    const count = (await budgetLeft(this.context)) >= 2 * BLOCK ? BLOCK : 1;
    const takenAt = this.context.clock.now();
    const giveBack = await spendBudget(this.context, count);
    await this.count(count, takenAt);
    this.block = { takenAt, giveBack, left: count };
  }

  private count(requests: number, at: Date): Promise<void> {
    return countUsage(this.context, { credentialId: this.credentialId }, { requests, at });
  }
}
