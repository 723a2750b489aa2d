/**
 * Queries that no rule reads and that hosts run all the same, by pack and name, with the reason. Whoever looks into an
 * alert finds their rows beside it; each costs hosts and storage, so the list stays short.
 */
export const KEPT_FOR_RESPONDERS: Readonly<Record<string, string>> = {
  'margay/heartbeat': 'The pulse: its rows tell that a host lives and which configuration it runs.',
  'host-kind/hardware': 'Tells servers from laptops, by which the silence of a host is judged.',
  'host-kind/chassis': 'Tells servers from laptops, by which the silence of a host is judged.',
  'host-kind/battery': 'Tells laptops, whose silence is no news.',
  'host-kind/linux_battery': 'Tells laptops, whose silence is no news.',
  'host-kind/ec2_group': 'Tells machines that come and go, whose silence is no news.',
  'host-kind/azure_scale_set': 'Tells machines that come and go, whose silence is no news.',
}
