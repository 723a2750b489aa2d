/** Rows with a header as text whose columns stand below each other. Cells after the last one with text are left out. */
export function asTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)))
  const lines = all.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** One JSON object a line. */
export function asJsonLines(objects: readonly object[]): string {
  return objects.map(object => `${JSON.stringify(object)}\n`).join('')
}
