/** A queue that keeps what is sent and delivers nothing, so that no consumer runs behind the back of a test. */
export interface HeldQueue<Body> {
  readonly queue: Queue<Body>
  /** The bodies sent so far. */
  readonly sent: Body[]
}

export function heldQueue<Body>(): HeldQueue<Body> {
  const sent: Body[] = []
  const metrics = { backlogCount: 0, backlogBytes: 0 }
  const queue: Queue<Body> = {
    async send(body) {
      sent.push(body)
      return { metadata: { metrics } }
    },
    async sendBatch(messages) {
      for (const { body } of messages) sent.push(body)
      return { metadata: { metrics } }
    },
    async metrics() {
      return metrics
    },
  }
  return { queue, sent }
}
