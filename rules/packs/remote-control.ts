import { pack } from '../../src/detect/pack.ts'

/** What is installed on Windows, for rules about programs; for macOS see the query `apps` of the pack `macos-security`. */
export const remoteControl = pack({
  name: 'remote-control',
  description: 'Programs that may let others in',
  platform: 'windows',
  queries: {
    programs: {
      // Without version and date: an update is no new program.
      query: 'SELECT DISTINCT name, publisher, install_location, install_source FROM programs;',
      interval: 10_800,
      removed: false,
      table: 'programs',
      description: 'Installed programs, without their versions',
    },
  },
})
