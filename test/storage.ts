import { applyD1Migrations, type D1Migration, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

/** Empties every local store and lays the schema anew: call it in `beforeEach` of a worker test. */
export async function freshStorage(): Promise<void> {
  // workerd puts a store away after ten idle seconds, and `reset` passes over what is put away: call them in first.
  await Promise.all([env.DB.prepare('SELECT 1').run(), env.BUCKET.head('nothing')])
  await reset()
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
}

declare global {
  namespace Cloudflare {
    interface Env {
      readonly DB: D1Database
      readonly BUCKET: R2Bucket
      readonly TEST_MIGRATIONS: D1Migration[]
    }
  }
}
