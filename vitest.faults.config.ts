import { defineConfig } from 'vitest/config';

/** `npm run test:faults`: what takes too long for every run of the tests. */
export default defineConfig({
  test: {
    include: ['test/faults/full-campaign.ts'],
    fileParallelism: false,
    testTimeout: 60 * 60_000,
    hookTimeout: 300_000,
  },
});
