import { Api } from './api.ts'
import type { Played, Scene } from './play.ts'
import { type Summary, summarize } from './summary.ts'
import { judgePages, judgeResponses, judgeStorage, unplannedSilences } from './verdict.ts'

/** After the end hosts empty their buffers, then the Worker works off what it took. After a kill the sweep needs longer. */
const SETTLE_MS = { usual: 90_000, killed: 240_000 } as const
const SETTLE_POLL_MS = 2_000

/** Lets everything come to rest, then holds what is there against what has to be. */
export async function compare(scene: Scene, played: Played): Promise<Summary> {
  const { fleet, narrator, options, stage, sleep, interrupted } = scene
  const api = new Api(stage.origin, stage.adminToken)
  const deadline = Date.now() + SETTLE_MS[options.kill ? 'killed' : 'usual']
  narrator.say('The time is over. Hosts send what they have left …')
  if (!(await fleet.drain(deadline, sleep))) narrator.say('Some hosts could not send all.')
  narrator.sayPosts()
  narrator.say('Comparing what was posted with what is stored, and what had to page with what did …')
  narrator.say(
    'The fleet is quiet from here on: if this takes long, a page that the feed is silent is right.',
  )
  for (;;) {
    const summary = await look(scene, played, api)
    if (summary.ok || Date.now() > deadline || interrupted.aborted) return summary
    await sleep(SETTLE_POLL_MS)
  }
}

async function look({ fleet, options, stage }: Scene, played: Played, api: Api): Promise<Summary> {
  const { ledger, hosts } = fleet
  const { incidents, arrivals } = stage.pagerDuty.model
  return summarize({
    hosts: hosts.length,
    seconds: played.seconds,
    posts: ledger.posts,
    postedLines: ledger.postedLines,
    linesSentAgain: ledger.linesSentAgain,
    linesLeft: hosts.reduce((sum, host) => sum + host.agent.buffer.size, 0),
    expectedEvents: ledger.expected.size,
    storage: judgeStorage(ledger.expected, await api.storedEvents()),
    pages: judgePages(fleet.expectedPages, incidents, fleet.allowedPages),
    silencesUnplanned: unplannedSilences(fleet.expectedPages, incidents, played.endedAt),
    responses: judgeResponses(played.responses, await api.alerts(), incidents),
    quarantined: await api.quarantined(),
    quarantineExpected: played.mischief.reduce((sum, { rejects }) => sum + rejects, 0),
    wrongAnswers: played.mischief.flatMap(({ wrongAnswers }) => wrongAnswers),
    pagerDutyRefused: arrivals.filter(({ status }) => status !== 202).length,
    killed: options.kill,
    recoveredPosts: stage.recoveredPosts(),
  })
}
