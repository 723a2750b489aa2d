/** Something worth finding that no rule finds, and what it would take. Shown in docs/rules.md. */
export interface NotCovered {
  /** What would be found, in a few words. */
  readonly what: string
  /** osquery tables that it would be seen in. */
  readonly tables: readonly string[]
  /** Why there is no rule, or what one would need. */
  readonly needs: string
}

/** Found by going through what others detect with osquery; looked at on 2026-11-24. */
export const NOT_COVERED: readonly NotCovered[] = []
