import { attackUrl } from '../../src/detect/attack.ts'
import { TEMPLATE_MARK } from './test-run.ts'

/** What a new rule is to be about. */
export type Subject =
  | {
      readonly kind: 'table'
      readonly table: string
      /** A column whose value decides, and which a query of the packs selects. */
      readonly column: string
      readonly columns: readonly string[]
      /** The table is sent as snapshots only. */
      readonly snapshot: boolean
    }
  | { readonly kind: 'query'; readonly query: string; readonly table: string | null }
  | { readonly kind: 'pack'; readonly pack: string; readonly query: string }

/** The source of a rule that passes its tests as it is, for its author to change. */
export function ruleTemplate(id: string, technique: string, subject: Subject): string {
  const { imports, on, actions, detect, alertTitle, context, tests } = partsFor(subject, nounOf(id))
  return `import { ${imports} } from '../../src/detect/rule.ts'

export default rule({
  id: '${id}',
  title: '${TEMPLATE_MARK} what happened, in a few words',
  severity: 'medium',
  on: ${on},
${actions}  // The technique of an attacker that it shows: https://attack.mitre.org/techniques/enterprise/
  attack: ['${technique}'],
  means: '${TEMPLATE_MARK} what an attacker gains by it, in two or three sentences.',
  check: '${checkFor(subject)}',
  benign: '${TEMPLATE_MARK} what innocent people do that looks the same.',
  runbook: '${TEMPLATE_MARK} what to do when it fires, for someone just woken up.',
  references: ['${attackUrl(technique)}'],
${detect}
${alertTitle}
${context}
  tests: [
${tests.map(lines => `    {\n${lines.map(line => `      ${line},\n`).join('')}    },\n`).join('')}  ],
})
`
}

interface Parts {
  readonly imports: string
  readonly on: string
  readonly actions: string
  readonly detect: string
  readonly alertTitle: string
  readonly context: string
  readonly tests: readonly (readonly string[])[]
}

function partsFor(subject: Subject, noun: string): Parts {
  return subject.kind === 'table' ? tableParts(subject, noun) : selectedParts(subject, noun)
}

function tableParts(subject: Extract<Subject, { kind: 'table' }>, noun: string): Parts {
  const { table, column, columns, snapshot } = subject
  const row = (value: string) => `columns: { ${column}: '${value}' }`
  return {
    imports: 'rule, table',
    on: `table('${table}')`,
    actions: snapshot ? "  actions: ['snapshot'],\n" : '',
    detect: `  // Every column is a string, '' when a query does not select it: ${columns.join(', ')}.\n  detect: ({ columns }) => columns.${column}.includes('what-gives-it-away'),`,
    alertTitle: `  alertTitle: ({ host, columns }) => \`${noun} on \${host}: \${columns.${column}}\`,`,
    context: `  context: ({ columns }) => ({ ${column}: columns.${column} }),`,
    tests: [
      [
        "name: 'the thing itself'",
        'match: true',
        row('a what-gives-it-away b'),
        `title: '${noun} on test-host: a what-gives-it-away b'`,
      ],
      ["name: 'what only looks like it'", 'match: false', row('a what-does-not b')],
      [
        snapshot ? "name: 'of another kind of query'" : "name: 'it went away'",
        'match: false',
        `action: '${snapshot ? 'added' : 'removed'}'`,
        row('a what-gives-it-away b'),
      ],
    ],
  }
}

/** A rule for whatever a query or a pack finds: the SQL has decided already. */
function selectedParts(subject: Extract<Subject, { kind: 'query' | 'pack' }>, noun: string): Parts {
  const { kind, query } = subject
  const inPack = kind === 'pack' ? [`query: '${query}'`] : []
  return {
    imports: `${kind}, rule`,
    on: `${kind}('${kind === 'pack' ? subject.pack : query}')`,
    actions: '',
    detect: '  detect: () => true,',
    alertTitle: `  alertTitle: ({ host, query }) => \`${noun} on \${host}: \${query} found something\`,`,
    context: '  context: ({ columns }) => ({ ...columns }),',
    tests: [
      [
        "name: 'any row'",
        'match: true',
        ...inPack,
        "columns: { path: '/example' }",
        `title: '${noun} on test-host: ${query} found something'`,
      ],
      ["name: 'it went away'", 'match: false', ...inPack, "action: 'removed'"],
      ["name: 'another query'", 'match: false', "pack: 'another-pack'", "query: 'another_query'"],
    ],
  }
}

function checkFor(subject: Subject): string {
  const table = subject.kind === 'table' ? subject.table : subject.kind === 'query' ? subject.table : null
  return `SELECT * FROM ${table ?? 'osquery_info'};`
}

/** `posix.odd-cron-job` is about an "Odd cron job". */
function nounOf(id: string): string {
  const words = (id.split('.')[1] ?? id).replaceAll('-', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
