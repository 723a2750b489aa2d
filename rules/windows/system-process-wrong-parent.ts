import { windowsBaseName } from '../../src/detect/reading/windows-paths.ts'
import { query, rule } from '../../src/detect/rule.ts'

/** Who starts them: the service manager, and maintenance of Windows now and then. A parent that has ended has no row, so no name. */
const PARENTS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'svchost.exe',
    new Set(['services.exe', 'mrt.exe', 'msmpeng.exe', 'ngen.exe', 'rpcnet.exe', 'tiworker.exe']),
  ],
  ['services.exe', new Set(['wininit.exe'])],
  ['lsass.exe', new Set(['wininit.exe'])],
])

/** Queries of the pack that osquery ships: the row is the wrong parent, and the query’s name says of what. */
const OF_THE_PACK = /^(svchost\.exe|services\.exe)_incorrect_parent_process$/

export default rule({
  id: 'windows.system-process-wrong-parent',
  title: 'Process of Windows started by a stranger',
  severity: 'high',
  // Only a query can look up the parent of a process. The last two are of the pack that osquery ships.
  on: query(
    'system_process_parents',
    'services.exe_incorrect_parent_process',
    'svchost.exe_incorrect_parent_process',
  ),
  attack: ['T1036.005', 'T1055.012'],
  means:
    'svchost.exe, services.exe or lsass.exe runs as the child of a program that never starts it. Malware starts the real one to put its own code into it (hollowing).',
  check:
    "SELECT c.pid, c.path, c.cmdline, p.pid AS parent, p.name AS parent_name, p.path AS parent_path FROM processes c LEFT JOIN processes p ON p.pid = c.parent WHERE c.name IN ('svchost.exe', 'services.exe', 'lsass.exe');",
  benign:
    'A process number that was used again after the parent ended: see whether the parent is younger than its child (start_time).',
  runbook:
    'Is the parent younger than the child? Then it is chance. Otherwise isolate the host, keep the memory of both processes, hash the parent, and look for what starts it.',
  references: [
    'https://attack.mitre.org/techniques/T1036/005/',
    'https://attack.mitre.org/techniques/T1055/012/',
  ],
  detect: ({ columns, query: name }) => strangerOf(columns, name) !== null,
  alertTitle: ({ host, columns, query: name }) => {
    const { child = '?', parent = '?' } = strangerOf(columns, name) ?? {}
    return `${child} on ${host} started by ${parent}`
  },
  context: ({ columns }) => ({
    pid: columns['pid'],
    path: columns['path'],
    command: columns['cmdline'],
    parent: columns['parent'],
    parent_path: columns['parent_path'],
    parent_command: columns['parent_cmdline'],
  }),
  tests: [
    {
      name: 'svchost of a stranger',
      match: true,
      query: 'system_process_parents',
      columns: {
        name: 'svchost.exe',
        path: 'C:\\Windows\\System32\\svchost.exe',
        parent_name: 'rundll32.exe',
        parent_path: 'C:\\Windows\\System32\\rundll32.exe',
      },
      title: 'svchost.exe on test-host started by rundll32.exe',
      dedup: 'test-host-id',
      severity: 'high',
    },
    {
      name: 'lsass of a shell',
      match: true,
      query: 'system_process_parents',
      columns: { path: 'C:\\Windows\\System32\\lsass.exe', parent_path: 'C:\\Windows\\System32\\cmd.exe' },
    },
    {
      name: 'by the query that osquery ships',
      match: true,
      query: 'svchost.exe_incorrect_parent_process',
      pack: 'windows-attacks',
      columns: { name: 'explorer.exe' },
      title: 'svchost.exe on test-host started by explorer.exe',
    },
    {
      name: 'as Windows does it',
      match: false,
      query: 'system_process_parents',
      columns: { name: 'svchost.exe', parent_name: 'services.exe' },
    },
    {
      name: 'as Windows does it, in other letters',
      match: false,
      query: 'system_process_parents',
      columns: { name: 'Services.exe', parent_name: 'WININIT.EXE' },
    },
    {
      name: 'a parent that has ended',
      match: false,
      query: 'system_process_parents',
      columns: { name: 'svchost.exe', parent_name: '' },
    },
    {
      name: 'by the query of osquery, of a parent that is right',
      match: false,
      query: 'svchost.exe_incorrect_parent_process',
      columns: { name: 'MsMpEng.exe' },
    },
    {
      name: 'another process',
      match: false,
      query: 'system_process_parents',
      columns: { name: 'cmd.exe', parent_name: 'explorer.exe' },
    },
    {
      name: 'no longer running',
      match: false,
      action: 'removed',
      query: 'system_process_parents',
      columns: { name: 'svchost.exe', parent_name: 'cmd.exe' },
    },
  ],
})

/** The child and its parent when that is not one who starts it; null otherwise. */
function strangerOf(
  columns: Readonly<Record<string, string | undefined>>,
  query: string,
): { readonly child: string; readonly parent: string } | null {
  const named = OF_THE_PACK.exec(query)?.[1]
  const child = named ?? nameOf(columns['name'], columns['path'])
  const parent =
    named === undefined
      ? nameOf(columns['parent_name'], columns['parent_path'])
      : nameOf(columns['name'], undefined)
  const known = PARENTS.get(child)
  return known === undefined || parent === '' || known.has(parent) ? null : { child, parent }
}

function nameOf(name: string | undefined, path: string | undefined): string {
  return windowsBaseName(name || (path ?? ''))
}
