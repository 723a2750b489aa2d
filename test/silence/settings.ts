import { testSettings } from '../world.ts'

/** As deployed without settings of one's own: heartbeats each five minutes, silence after fifteen, a day of learning. */
export const SETTINGS = testSettings({
  heartbeatSeconds: 300,
  silentAfterSeconds: 900,
  silenceLearningSeconds: 86_400,
})
