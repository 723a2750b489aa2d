/** Longest line that the formatter leaves alone. */
const LINE_WIDTH = 110

/**
 * Adds a rule to the index of its room, in the order of the files, laid out as the formatter would.
 *
 * @param source  the text of the room's index.ts
 * @param name  the file of the rule without its ending: `ssh-login`
 * @returns null when the text is not laid out like an index
 */
export function withRule(source: string, name: string): string | null {
  const list = /^(export const \w+: readonly Rule\[\] = )\[([^\]]*)\]/m.exec(source)
  if (list === null) return null
  const imports = Array.from(
    source.matchAll(/^import (\w+) from '\.\/([\w-]+)\.ts'\n/gm),
    ([, as = '', file = '']) => ({
      as,
      file,
    }),
  )
  const all = [...imports, { as: variableOf(name), file: name }].toSorted((a, b) =>
    a.file < b.file ? -1 : 1,
  )
  const [declaration, head = ''] = list
  const names = all.map(({ as }) => as)
  const oneLine = `${head}[${names.join(', ')}]`
  const array =
    oneLine.length <= LINE_WIDTH ? oneLine : `${head}[\n${names.map(as => `  ${as},\n`).join('')}]`
  const withoutImports = source
    .replace(declaration, array)
    .replace(/^import \w+ from '\.\/[\w-]+\.ts'\n/gm, '')
  const importLines = all.map(({ as, file }) => `import ${as} from './${file}.ts'\n`).join('')
  // The types that every index imports stand first.
  return withoutImports.replace(/^(import type [^\n]*\n)/m, `$1${importLines}`)
}

/** `ssh-login` is imported as `sshLogin`. */
function variableOf(name: string): string {
  const camel = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return /^[a-z]/.test(camel) ? camel : `rule${camel}`
}
