/** Tells on standard error what is being done and how long it took; standard output belongs to the command alone. */
async function step(title, work) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  process.stderr.write(`${title} … `);
  try {
    const result = await work();
    process.stderr.write(`${seconds()}\n`);
    return result;
  } catch (error) {
    process.stderr.write(`failed after ${seconds()}\n`);
    throw error;
  }
}

module.exports = { step };
