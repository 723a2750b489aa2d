export const ALERT_KINDS = ['match', 'rule_error', 'silence', 'system'] as const

/** What an alert is about: a rule that matched, a rule that threw, a host or feed that fell silent, Margay itself. */
export type AlertKind = (typeof ALERT_KINDS)[number]

/** The rule id of alerts that only test a destination; they are of the kind `system`. */
export const TEST_RULE_ID = 'margay.test'
