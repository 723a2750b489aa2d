/**
 * Queries that no rule reads and that hosts run all the same, by pack and name, with the reason. Whoever looks into an
 * alert finds their rows beside it; each costs hosts and storage, so the list stays short.
 */
export const KEPT_FOR_RESPONDERS: Readonly<Record<string, string>> = {
  'margay/heartbeat': 'The pulse: its rows tell that a host lives and which configuration it runs.',
}
