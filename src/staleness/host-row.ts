import type { HostId } from '../detect/event.ts'
import type { HostMove, HostSilenceRow } from '../store/host-silence.ts'
import { readTags } from '../store/host-tags.ts'
import { classOf } from './host-class.ts'
import { readVitals } from './vitals-text.ts'
import { alertAfter, isForTheWorse, type Move, readHostState, type WatchedHost } from './watched-host.ts'

/** A host as its row tells of it; none for a state that a newer version wrote: such a host is left alone. */
export function watchedHostOf(row: HostSilenceRow): WatchedHost[] {
  const state = readHostState(row.silence_state, row.silence_alert)
  if (state === null) return []
  const tags = readTags(row.tags)
  const vitals = readVitals(row.vitals)
  return [
    {
      ...state,
      // The primary key of `hosts` is what defines a HostId.
      hostId: row.host_id as HostId,
      hostname: row.hostname === '' ? row.host_identifier : row.hostname,
      tags,
      platform: row.platform,
      class: classOf({ set: row.class, tags, guess: row.class_guess, rhythm: vitals.rhythm }),
      since: row.silence_since,
      episode: row.silence_episode,
      toldAt: row.silence_told_at,
      lateLines: row.late_lines,
      enrolledAt: row.enrolled_at,
      lastEnrollAt: row.last_enroll_at,
      revokedAt: row.revoked_at,
      heard: {
        pulse: row.last_pulse_at,
        result: row.last_result_at,
        status: row.last_status_at,
        config: row.last_config_at,
        distributed: row.last_distributed_at,
      },
      vitals,
    },
  ]
}

/** What is to be written of a host, and what must still be true of it. */
export function hostMoveOf(move: Move): HostMove {
  const { host, to, since, episode, reason, toldAt } = move
  const { pulse, result, status, config, distributed } = host.heard
  const logged = Math.max(pulse ?? 0, result ?? 0, status ?? 0)
  const isWorse = isForTheWorse(move)
  const isUnheard = isWorse && (to === 'stale' || to === 'gone')
  return {
    hostId: host.hostId,
    from: host.state,
    fromEpisode: host.episode,
    fromAlert: host.alert,
    quietSince: isWorse ? logged : null,
    unheardSince: isUnheard ? Math.max(logged, config ?? 0, distributed ?? 0) : null,
    to,
    since,
    episode,
    reason,
    alert: alertAfter(move),
    toldAt,
    begins: to === 'late',
  }
}
