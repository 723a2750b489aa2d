export const ALERT_KINDS = ['match', 'rule_error', 'silence', 'system'] as const

/** What an alert is about: a rule that matched, a rule that threw, a host or feed that fell silent, Margay itself. */
export type AlertKind = (typeof ALERT_KINDS)[number]
