import type { AlertSpec, StatusChange } from '../alerts/lifecycle.ts'
import { shownText } from '../detect/text.ts'
import { DROPPING_HOSTS_MAX } from '../store/dropped-lines.ts'
import { VITALS_ROWS_MAX } from '../store/host-vitals.ts'
import { SILENT_PAIRS_MAX } from '../store/query-sightings.ts'
import { type AgentTrouble, LOSS_QUIET_MINUTES } from './agent-trouble.ts'
import { elapsed } from './elapsed.ts'
import { instant } from './instant.ts'
import { type AgentChange, agentAlertId, alertOfKey } from './judge-agents.ts'
import { querySilentAfterMs } from './query-silence.ts'

/** Hosts that the context names; the title says how many there are. */
const NAMED_MAX = 20
const BY = 'margay'

const QUERY_RUNBOOK = `These hosts run, send their heartbeat and have the config in which the query stands, and its rows come no more.
1. GET /api/v1/events?query=<name>&host=<id>: what did the last rows say? A snapshot that finds nothing sends no line at all (logger_snapshot_event_type), so a query that may rightly find nothing looks like this too. Give it a row that is always there, or make it differential.
2. Was it denied? SELECT name, executions, last_executed, denylisted FROM osquery_schedule; and alerts of agent.denied-query, agent.loses-data. A query that cost too much is left out for a day.
3. Does it fail? Status lines "Error executing scheduled query": a table that is gone, a permission that was taken away (full disk access on macOS).
4. Does a line exceed logger_tls_max_linesize? Such rows are dropped (agent.loses-data).
5. One host only, and its other queries come: somebody may have taken away what the query reads.
The alert resolves by itself when rows come again, or none of the hosts is expected to send them.`

const CONFIG_RUNBOOK = `These hosts ask for their config, are answered, and an hour later their heartbeats still come from another one. Queries that were added since don't run there.
1. Status lines "updateSource failed to parse config" or alerts of agent.config-invalid: the host refuses the config.
2. Is its disk full or its database broken? Then it can't keep a config. Restart osqueryd.
3. Does it run with a second source of config, or does something between it and Margay keep old answers?
4. Only one host: who edited osquery's flags there?
"foreign" lists hosts that ask for a config and whose heartbeat never says which one they run: their schedule is not from here.
The alert resolves by itself when every host runs what it was given.`

const LOSS_RUNBOOK = `Lines of these hosts are gone. What they said can't match any rule, and can't be got back.
Heartbeats are numbered: one that never came, between two that did, was lost on the way, and whatever else the host wrote in that time most likely with it. osquery takes nearly every answer for success: a page of a proxy, of a firewall or of Cloudflare itself in front of Margay makes it delete its lines without a trace on the host.
1. Many hosts at the same time: what was at the edge then? Cloudflare's status and the zone's security events (rate limiting, bot fight, custom rules on the log route); GET /healthz; the Worker's log for exceeded limits.
2. One host: a proxy before it; a disk or database that was restored; somebody who deletes lines (look at it around that time).
3. Dropped lines are the host's own word: lines too long (find the query by its size in osquery_schedule), or more than buffered_log_max waited (was it offline for long, or does a query flood?).
4. Ask the hosts themselves what happened in that time, as far as their tables still know it (last, shell_history, file times).
The alert resolves by itself after ${LOSS_QUIET_MINUTES} minutes without new losses.`

/** The alert of a trouble. */
export function agentAlert(
  { key, trouble, episode }: Exclude<AgentChange, { kind: 'resolves' }>,
  now: number,
): AlertSpec {
  const { rule, dedup } = alertOfKey(key)
  const said = textOf(trouble, now)
  const title = shownText(said.title)
  return { ...said, title, kind: 'system', ruleId: rule, dedup, episode, severity: 'medium', at: now }
}

/** The resolve of a trouble that is over. */
export function agentTroubleEnds(key: string, episode: number, now: number): StatusChange {
  const { rule } = alertOfKey(key)
  const note =
    rule === 'margay.lines-lost'
      ? `nothing new was lost for ${LOSS_QUIET_MINUTES} minutes`
      : 'no host is left'
  return { alertId: agentAlertId(key, episode), at: now, by: BY, note }
}

function textOf(trouble: AgentTrouble, now: number): Pick<AlertSpec, 'title' | 'runbook' | 'context'> {
  switch (trouble.rule) {
    case 'margay.query-silent':
      return silentQuery(trouble, now)
    case 'margay.old-config':
      return oldConfig(trouble)
    case 'margay.lines-lost':
      return lostLines(trouble)
  }
}

function silentQuery(
  { query, hosts }: Extract<AgentTrouble, { rule: 'margay.query-silent' }>,
  now: number,
): Pick<AlertSpec, 'title' | 'runbook' | 'context'> {
  const here = hosts.filter(({ isHere }) => isHere)
  return {
    title: `${query.name} sends no rows any more from ${whoOf(here, SILENT_PAIRS_MAX)}`,
    runbook: QUERY_RUNBOOK,
    context: {
      reason: `Its rows came at least three times, and then not once in ${elapsed(querySilentAfterMs(query))} in which heartbeats came from a config that has it.`,
      ...sinceOf(here.map(({ lastAt }) => lastAt)),
      query: query.name,
      interval_seconds: query.query.interval,
      silent_after: elapsed(querySilentAfterMs(query)),
      host_count: here.length,
      hosts: here.slice(0, NAMED_MAX).map(({ hostId, hostname, lastAt }) => ({
        host_id: hostId,
        hostname,
        last_rows_at: new Date(lastAt).toISOString(),
        since: elapsed(now - lastAt),
      })),
    },
  }
}

function oldConfig({
  hosts,
  foreign,
}: Extract<AgentTrouble, { rule: 'margay.old-config' }>): Pick<AlertSpec, 'title' | 'runbook' | 'context'> {
  return {
    title: `${whoOf(hosts, VITALS_ROWS_MAX)} ${hosts.length === 1 ? 'does not run the config it was' : 'do not run the config they were'} given`,
    runbook: CONFIG_RUNBOOK,
    context: {
      reason: 'Heartbeats still name another config, long after hosts were given this one.',
      ...sinceOf(hosts.map(({ givenAt }) => givenAt)),
      host_count: hosts.length,
      hosts: hosts.slice(0, NAMED_MAX).map(({ hostId, hostname, runs, runsSince, given, givenAt }) => ({
        host_id: hostId,
        hostname,
        runs,
        runs_since: new Date(runsSince).toISOString(),
        given,
        given_at: new Date(givenAt).toISOString(),
      })),
      foreign_count: foreign.length,
      foreign: foreign.slice(0, NAMED_MAX).map(({ hostId, hostname }) => ({ host_id: hostId, hostname })),
    },
  }
}

function lostLines({
  hosts,
}: Extract<AgentTrouble, { rule: 'margay.lines-lost' }>): Pick<AlertSpec, 'title' | 'runbook' | 'context'> {
  const pulses = hosts.reduce((sum, { gap }) => sum + (gap?.pulses ?? 0), 0)
  const lines = hosts.reduce((sum, { droppedLines }) => sum + droppedLines, 0)
  const what = [
    ...(pulses === 0 ? [] : [`${pulses} ${pulses === 1 ? 'heartbeat' : 'heartbeats'} missing`]),
    ...(lines === 0 ? [] : [`${lines} ${lines === 1 ? 'line' : 'lines'} dropped`]),
  ]
  return {
    title: `${whoOf(hosts, DROPPING_HOSTS_MAX)} lost lines: ${what.join(', ') || 'heartbeats missing'}`,
    runbook: LOSS_RUNBOOK,
    context: {
      reason: [...(pulses === 0 ? [] : [MISSING]), ...(lines === 0 ? [] : [DROPPED])].join(' '),
      ...sinceOf(hosts.flatMap(({ gap }) => gap?.from ?? [])),
      host_count: hosts.length,
      heartbeats: pulses,
      dropped_lines: lines,
      hosts: hosts.slice(0, NAMED_MAX).map(({ hostId, hostname, gap, droppedLines }) => ({
        host_id: hostId,
        hostname,
        dropped_lines: droppedLines,
        ...(gap === null
          ? {}
          : {
              heartbeats: gap.pulses,
              from: new Date(gap.from).toISOString(),
              to: new Date(gap.to).toISOString(),
            }),
      })),
    },
  }
}

const MISSING =
  'Numbered heartbeats that lie between others never came; what else was logged then is lost too, most likely.'
const DROPPED = 'osquery itself says that it threw lines away.'

/** Since when, by the first of them; nothing of none. */
function sinceOf(times: readonly number[]): { readonly since?: string } {
  return times.length === 0 ? {} : { since: instant(Math.min(...times)) }
}

/** One host by its name, more by their number. @param most  as many as are looked for */
function whoOf(hosts: readonly { readonly hostname: string }[], most: number): string {
  const [first] = hosts
  if (first !== undefined && hosts.length === 1) return first.hostname
  return `${hosts.length >= most ? 'at least ' : ''}${hosts.length} hosts`
}
