import { pack } from '../../src/detect/pack.ts'

/** Of the environments of processes only these variables, since others hold passwords and keys. */
export const processEnvironments = pack({
  name: 'process-environments',
  description: 'Libraries that programs are made to load, and shells without a history',
  platform: 'posix',
  queries: {
    telling_variables: {
      query:
        "SELECT e.pid, e.key, e.value, p.path AS program, p.cmdline, p.uid FROM processes p CROSS JOIN process_envs e USING (pid) WHERE e.key IN ('LD_PRELOAD', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES', 'HISTFILE', 'HISTSIZE', 'HISTFILESIZE');",
      interval: 1800,
      removed: false,
      table: 'process_envs',
      description: 'Variables that change what a program loads or what a shell remembers',
    },
  },
})
