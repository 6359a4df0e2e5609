const base = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/browser'],
  testPathIgnorePatterns: [],
  // A browser and a server together keep two cores busy.
  maxWorkers: 1,
  testTimeout: 60_000,
};
