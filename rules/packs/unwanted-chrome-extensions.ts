import { pack, type QueryDefinition } from '../../src/detect/pack.ts'
import { HARMFUL_CHROME_EXTENSIONS } from '../data/chrome-extensions.ts'

/** Chrome extensions nobody should have, by their identifiers: one query each, so that the name of the query says which. */
export const unwantedChromeExtensions = pack({
  name: 'unwanted-chrome-extensions',
  description: 'Chrome extensions known to do harm',
  queries: Object.fromEntries(
    HARMFUL_CHROME_EXTENSIONS.extensions.map(({ query, identifier, does }) => [
      query,
      extension(identifier, does),
    ]),
  ),
})

function extension(identifier: string, description: string): QueryDefinition {
  return {
    query: `SELECT u.username, e.uid, e.browser_type, e.profile, e.name, e.identifier, e.version, e.path, e.from_webstore, e.update_url, e.permissions, e.state FROM users u CROSS JOIN chrome_extensions e USING (uid) WHERE e.identifier = '${identifier}';`,
    interval: 3600,
    table: 'chrome_extensions',
    description,
  }
}
