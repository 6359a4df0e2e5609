/** Runs a trial from the command line: prints its figures and what is wrong with them, and exits with 1 then. */
export async function report(trial: () => Promise<{ figures: object; violations: string[] }>): Promise<void> {
  const { figures, violations } = await trial();
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  for (const violation of violations) process.stdout.write(`VIOLATED: ${violation}\n`);
  process.stdout.write(violations.length === 0 ? 'All bounds held.\n' : '');
  process.exitCode = violations.length === 0 ? 0 : 1;
}
