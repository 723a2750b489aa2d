import { pack } from '../../src/detect/pack.ts'

/** Extensions of browsers, without their versions, which change by themselves. */
export const browsers = pack({
  name: 'browsers',
  description: 'Extensions of browsers',
  queries: {
    chrome_extensions: {
      query:
        'SELECT DISTINCT u.username, e.uid, e.browser_type, e.profile, e.name, e.identifier, e.from_webstore, e.update_url, e.permissions, e.state FROM users u CROSS JOIN chrome_extensions e USING (uid);',
      interval: 7200,
      removed: false,
      table: 'chrome_extensions',
      description: 'Chrome and the browsers made of it',
    },
    firefox_addons: {
      query:
        "SELECT DISTINCT u.username, a.uid, a.name, a.identifier, a.type, a.source_url, a.location, a.disabled, a.path FROM users u CROSS JOIN firefox_addons a USING (uid) WHERE a.location NOT IN ('app-builtin', 'app-system-defaults', 'app-system-addons', 'app-builtin-addons');",
      interval: 7200,
      removed: false,
      table: 'firefox_addons',
      description: 'Firefox, without what is part of it',
    },
    safari_extensions: {
      query:
        'SELECT DISTINCT u.username, e.uid, e.name, e.identifier, e.path FROM users u CROSS JOIN safari_extensions e USING (uid);',
      interval: 7200,
      platform: 'darwin',
      removed: false,
      table: 'safari_extensions',
      description: 'Safari; needs Full Disk Access',
    },
  },
})
