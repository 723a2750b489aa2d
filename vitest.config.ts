import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { sharedData } from './test/conformance/shared-data.ts'

/** Tests wait for nothing; this only keeps a slow, shared machine from failing one that is thorough. */
const TEST_TIMEOUT_MS = 30_000
/** What is about half a minute takes longer than that. */
const REAL_TIME_TEST_TIMEOUT_MS = 90_000

/** Tests in real time wait side by side. */
const SIDE_BY_SIDE = 12

/** The Worker as it is deployed, in real time. What mostly waits, waits at the same time as the rest of its kind. */
const WAITING = 'test/{bad-destinations,lying-destinations,bad-posts}.test.ts'
/** What measures how fast it is has the processor for itself. */
const MEASURED = 'test/storm.test.ts'

const WAITING_FILES_AT_ONCE = 3

/** Of the tests that never wait. By default vitest leaves one of two cores idle. */
const FILES_AT_ONCE = 2

/** Tests of whole Workers, which are built once for all of them. */
const wholeWorkers = (
  name: string,
  include: string,
  when: { readonly groupOrder: number; readonly maxWorkers: number },
) => ({
  test: {
    name,
    include: [include],
    isolate: false,
    globalSetup: './test/built-workers.ts',
    maxWorkers: when.maxWorkers,
    maxConcurrency: SIDE_BY_SIDE,
    testTimeout: REAL_TIME_TEST_TIMEOUT_MS,
    sequence: { groupOrder: when.groupOrder },
  },
})

// Three kinds of tests. `*.test.ts` run in Node: pure code and whole processes. `*.worker.test.ts` run inside workerd with
// real local D1, R2 and queues. What measures real time comes last.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: ['{src,rules,test,commands}/**/*.test.ts'],
          exclude: ['**/*.worker.test.ts', 'node_modules/**', WAITING, MEASURED],
          isolate: false,
          maxWorkers: FILES_AT_ONCE,
          testTimeout: TEST_TIMEOUT_MS,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            remoteBindings: false,
            miniflare: {
              compatibilityFlags: ['service_binding_extra_handlers'],
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations('./migrations'),
                ENVIRONMENT: 'local',
                ENROLL_SECRETS: 'default:enroll-secret-of-the-tests-0123456789',
                NODE_KEY_SECRETS:
                  'k2:node-key-secret-two-0123456789abcdef,k1:node-key-secret-one-0123456789abcdef',
                ADMIN_TOKEN: 'admin-token-of-the-tests-0123456789',
                PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
                PAGERDUTY_EVENTS_URL: 'https://pagerduty.example.com/v2/enqueue',
              },
            },
          })),
        ],
        test: {
          name: 'worker',
          include: ['{src,test}/**/*.worker.test.ts'],
          isolate: false,
          maxWorkers: FILES_AT_ONCE,
          testTimeout: TEST_TIMEOUT_MS,
          provide: sharedData(),
        },
      },
      wholeWorkers('whole', WAITING, { groupOrder: 1, maxWorkers: WAITING_FILES_AT_ONCE }),
      wholeWorkers('storm', MEASURED, { groupOrder: 2, maxWorkers: 1 }),
    ],
  },
})
