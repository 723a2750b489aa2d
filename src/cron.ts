import { tendAlerts } from './alerts/tend.ts'
import type { Pack } from './detect/pack.ts'
import type { Routing } from './detect/routing.ts'
import type { Rule } from './detect/rule.ts'
import type { World } from './env.ts'
import { sweepSpool } from './ingest/sweep-spool.ts'
import { announceRules } from './notify/announce-rules.ts'
import { watchConfirmations } from './notify/confirm.ts'
import { failOver } from './notify/fail-over.ts'
import { healDestinations } from './notify/heal.ts'
import { redriveChanged } from './notify/redrive-changed.ts'
import { sweepDeliveries } from './notify/sweep.ts'
import { watchCanary } from './staleness/canary.ts'
import { checkSilence } from './staleness/check.ts'
import { watchAgents } from './staleness/watch-agents.ts'
import { watchTrouble } from './staleness/watch-trouble.ts'
import { withLease } from './store/leases.ts'
import { indexQuarantine } from './store/quarantine.ts'
import { enforceRetention } from './store/retention.ts'

/** A cron invocation lives 15 minutes at most, so a lease older than that has no living holder. */
const LEASE_MS = 15 * 60_000

type Job = (
  world: World,
  routing: Routing,
  rules: readonly Rule[],
  packs: readonly Pack[],
) => Promise<unknown>

/** What is due each minute. Jobs share nothing: each has its lease, and one that fails leaves the others alone. */
const JOBS: Readonly<Record<string, Job>> = {
  'sweep-spool': sweepSpool,
  'sweep-deliveries': sweepDeliveries,
  'fail-over': failOver,
  'watch-confirmations': watchConfirmations,
  'redrive-changed': redriveChanged,
  'heal-destinations': healDestinations,
  'tend-alerts': tendAlerts,
  'index-quarantine': indexQuarantine,
  'check-silence': checkSilence,
  'watch-trouble': watchTrouble,
  'watch-agents': (world, routing, _rules, packs) => watchAgents(world, routing, packs),
  canary: watchCanary,
  'announce-rules': (world, { destinations }, rules) => announceRules(world, destinations, rules),
  retention: world => enforceRetention(world),
}

/**
 * Runs every job once. Never throws: a failure is logged and the job is due again next minute.
 * @param rules, packs  of this deployment
 */
export async function runJobs(
  world: World,
  routing: Routing,
  rules: readonly Rule[] = [],
  packs: readonly Pack[] = [],
): Promise<void> {
  await Promise.all(
    Object.entries(JOBS).map(async ([name, job]) => {
      try {
        await withLease(world, name, LEASE_MS, () => job(world, routing, rules, packs))
      } catch (error) {
        world.log('job_failed', { job: name, error: error instanceof Error ? error.message : typeof error })
      }
    }),
  )
}
