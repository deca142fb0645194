import { defineConfig } from 'vitest/config';

// `unit` and `sim` need nothing but Node, the others start real servers.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], environment: 'node', testTimeout: 20_000 } },
      // Three minutes of fresh seeds, beside the others (SIM_SECONDS).
      { test: { name: 'sim', include: ['test/sim/**/*.test.ts'], environment: 'node', testTimeout: 60_000 } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          environment: 'node',
          testTimeout: 90_000,
          hookTimeout: 90_000,
          // Each file starts real nodes on two cores: one at a time keeps their timing honest.
          fileParallelism: false,
        },
      },
      // `npm run screenshots`: pictures for the documents, not a test.
      ...(process.env.SCREENSHOTS === undefined
        ? []
        : [{ test: { name: 'screenshots', include: ['test/screenshots/**/*.test.ts'], fileParallelism: false } }]),
    ],
  },
});
