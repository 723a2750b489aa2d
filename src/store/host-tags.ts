/**
 * The tags of a host as its row holds them. We write an array of texts; a row that was damaged has none, for one broken row
 * must not stop what reads thousands of them.
 */
export function readTags(text: string): readonly string[] {
  try {
    const tags: unknown = JSON.parse(text)
    return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : []
  } catch {
    return []
  }
}
