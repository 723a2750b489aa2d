import { query, rule } from '../../src/detect/rule.ts'

const TOOL = /\\(?:atbroker|displayswitch|magnify|narrator|osk|sethc|utilman)\.exe$/i

/** SHA-256 of nothing: the file could not be read. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

export default rule({
  id: 'windows.accessibility-tool-replaced',
  title: 'Tool of the logon screen is a copy of a shell',
  severity: 'critical',
  // The second is the name in the pack that osquery ships. Only a query can compare the hashes of two files.
  on: query('accessibility_tools_replaced', 'StickyKeys_File_Replace_Backdoor'),
  attack: ['T1546.008'],
  means:
    'A tool that anyone can start at the logon screen (sticky keys, magnifier, on-screen keyboard) has the hash of cmd.exe, powershell.exe or explorer.exe. Whoever reaches the screen, over RDP too, has a shell as SYSTEM without logging on.',
  check:
    "SELECT path, sha256 FROM hash WHERE path IN ('C:\\Windows\\System32\\sethc.exe', 'C:\\Windows\\System32\\utilman.exe', 'C:\\Windows\\System32\\osk.exe', 'C:\\Windows\\System32\\cmd.exe');",
  benign:
    'None in service. Someone who forgot the password of a stand-alone machine may have used the trick to get back in.',
  runbook:
    'Isolate the host. Whoever did this had write access to System32: from a recovery disk, or as administrator. Look for logons over RDP and for what was done as SYSTEM since the time of the file; then put the file back with sfc /scannow, or build the host anew.',
  references: ['https://attack.mitre.org/techniques/T1546/008/'],
  detect: ({ columns }) => TOOL.test(columns['path'] ?? '') && columns['sha256'] !== EMPTY,
  alertTitle: ({ host, columns }) => `On ${host} ${columns['path']} is a copy of a shell`,
  context: ({ columns }) => ({ path: columns['path'], sha256: columns['sha256'] }),
  tests: [
    {
      name: 'sticky keys',
      match: true,
      columns: {
        path: 'c:\\windows\\system32\\sethc.exe',
        sha256: 'b99d61d874728edc0918ca0eb10eab93d381e7367e377406e65963366c874450',
      },
      title: 'On test-host c:\\windows\\system32\\sethc.exe is a copy of a shell',
      dedup: 'test-host-id',
      context: {
        path: 'c:\\windows\\system32\\sethc.exe',
        sha256: 'b99d61d874728edc0918ca0eb10eab93d381e7367e377406e65963366c874450',
      },
    },
    {
      name: 'by the query that osquery ships, before anyone looked',
      match: true,
      query: 'StickyKeys_File_Replace_Backdoor',
      pack: 'windows-attacks',
      counter: '0',
      columns: { path: 'c:\\windows\\system32\\osk.exe', sha256: 'b99d61d8' },
    },
    {
      name: 'files that could not be read',
      match: false,
      columns: { path: 'c:\\windows\\system32\\osk.exe', sha256: EMPTY },
    },
    {
      name: 'a row about another file',
      match: false,
      columns: { path: 'c:\\windows\\system32\\cmd.exe', sha256: 'b99d61d8' },
    },
    { name: 'a row that names nothing', match: false, columns: { sha256: 'b99d61d8' } },
    {
      name: 'the hash of another query',
      match: false,
      query: 'hashes',
      columns: { path: 'c:\\windows\\system32\\sethc.exe', sha256: 'b99d61d8' },
    },
    {
      name: 'put back',
      match: false,
      action: 'removed',
      columns: { path: 'c:\\windows\\system32\\sethc.exe', sha256: 'b99d61d8' },
    },
  ],
})
