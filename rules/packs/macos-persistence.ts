import { pack } from '../../src/detect/pack.ts'

/** How a program comes back after a restart or a login. Launch items themselves are in the pack `incident-response`. */
export const macosPersistence = pack({
  name: 'macos-persistence',
  description: 'What starts with a Mac or a login',
  platform: 'darwin',
  queries: {
    apple_named_launch_items: {
      // The program ends where the first option begins: launchd joins the arguments with blanks, and paths hold blanks too.
      query:
        "SELECT l.path, l.name, l.label, l.program, l.program_arguments, l.run_at_load, l.keep_alive, l.username, s.identifier, s.authority, s.team_identifier FROM launchd l LEFT JOIN signature s ON s.path = CASE WHEN l.program <> '' THEN l.program ELSE SUBSTR(l.program_arguments, 1, INSTR(l.program_arguments || ' -', ' -') - 1) END AND s.hash_resources = 0 WHERE (l.label LIKE 'com.apple.%' OR l.name LIKE 'com.apple.%') AND l.path NOT LIKE '/System/%' AND l.path NOT LIKE '/Library/Apple/%';",
      interval: 3600,
      table: 'launchd',
      description:
        'Launch items that say they are Apple’s and are not part of macOS, and who signed their program',
    },
    authorization_plugins: {
      query: 'SELECT DISTINCT label, plugin, mechanism, privileged FROM authorization_mechanisms;',
      interval: 3600,
      removed: false,
      table: 'authorization_mechanisms',
      description: 'What takes part in a login',
    },
    login_hooks: {
      query:
        "SELECT key, subkey, value, path FROM plist WHERE path IN ('/Library/Preferences/com.apple.loginwindow.plist', '/var/root/Library/Preferences/com.apple.loginwindow.plist', '/Library/Preferences/loginwindow.plist') UNION ALL SELECT p.key, p.subkey, p.value, p.path FROM users u CROSS JOIN plist p WHERE u.directory LIKE '/Users/%' AND p.path IN (u.directory || '/Library/Preferences/com.apple.loginwindow.plist', u.directory || '/Library/Preferences/loginwindow.plist');",
      interval: 3600,
      removed: false,
      table: 'plist',
      description: 'Settings of the login window',
    },
  },
})
