/**
 * What is put on the ALERTS queue: only the name of a delivery row. The queue is a wake-up, D1 is the truth, so a lost,
 * doubled or late message changes nothing that the sweeper doesn't mend.
 */
export interface AlertWakeUp {
  readonly v: 1
  readonly deliveryId: string
}
