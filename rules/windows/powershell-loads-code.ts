import { plainPowerShell } from '../../src/detect/reading/powershell-code.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Ways to make code out of bytes: a .NET program in memory, or machine code put where it can run. */
const ASSEMBLY = ['reflection.assembly]::load(', '[assembly]::load(', 'appdomain]::currentdomain.load(']
const NATIVE = [
  'virtualalloc',
  'getdelegateforfunctionpointer',
  'createthread',
  'rtlmovememory',
  'marshal]::copy(',
]
const BYTES = ['frombase64string(', 'io.compression.gzipstream', 'io.compression.deflatestream', '[byte[]]']

export default rule({
  id: 'windows.powershell-loads-code',
  title: 'PowerShell loads a program out of its own text',
  severity: 'high',
  on: table('powershell_events'),
  attack: ['T1620', 'T1027', 'T1059.001'],
  means:
    'A script unpacks bytes from its text and loads them as a program, or puts machine code into memory and starts it. The program never touches the disk; it is how Cobalt Strike and its like get going.',
  check: 'SELECT datetime, script_path, script_text FROM powershell_events ORDER BY time DESC LIMIT 20;',
  benign:
    'A few tools of administrators that carry a DLL in their text, so as to be one file. In Windows and Program Files they are left out.',
  runbook:
    'Isolate the host. Unpack the bytes away from it and look up their hash. Which process and user ran the script, and what did it connect to? Keep the memory of that process.',
  references: ['https://attack.mitre.org/techniques/T1620/', 'https://attack.mitre.org/techniques/T1027/'],
  detect: ({ columns }) => columns.script_text !== '' && loadsCode(columns.script_text),
  exclude: ({ columns }) =>
    /^[a-z]:\\(?:windows\\system32|program files|program files \(x86\))\\/i.test(columns.script_path),
  alertTitle: ({ host, columns }) =>
    `PowerShell on ${host} loads a program out of ${columns.script_path || 'its text'}`,
  context: ({ columns }) => ({
    script: columns.script_text.slice(0, 10_000),
    path: columns.script_path,
    id: columns.script_block_id,
  }),
  tests: [
    {
      name: 'a .NET program',
      match: true,
      columns: {
        script_text:
          "[System.Reflection.Assembly]::Load([Convert]::FromBase64String('TVqQAAMAAAAEAAAA')).EntryPoint.Invoke($null, $null)",
      },
      title: 'PowerShell on test-host loads a program out of its text',
      dedup: 'test-host-id',
      severity: 'high',
    },
    {
      name: 'machine code',
      match: true,
      columns: {
        script_text:
          '[Byte[]]$code = [Convert]::FromBase64String("/EiD5PDo"); $m = $k::VirtualAlloc(0, $code.Length, 0x3000, 0x40); [Runtime.InteropServices.Marshal]::Copy($code, 0, $m, $code.Length); [Runtime.InteropServices.Marshal]::GetDelegateForFunctionPointer($m, $t).Invoke()',
        script_path: 'C:\\Users\\ada\\a.ps1',
      },
      title: 'PowerShell on test-host loads a program out of C:\\Users\\ada\\a.ps1',
    },
    {
      name: 'bytes alone',
      match: false,
      columns: { script_text: '[IO.File]::WriteAllBytes("a.png", [Convert]::FromBase64String($x))' },
    },
    {
      name: 'a DLL from the disk',
      match: false,
      columns: { script_text: '[Reflection.Assembly]::LoadFrom("C:\\Program Files\\x.dll")' },
    },
    {
      name: 'a call of Windows',
      match: false,
      columns: {
        script_text: 'Add-Type "[DllImport(`"kernel32`")] public static extern IntPtr VirtualAlloc();"',
      },
    },
    {
      name: 'a product',
      match: false,
      columns: {
        script_text: '[Reflection.Assembly]::Load([Convert]::FromBase64String($dll))',
        script_path: 'C:\\Program Files\\Example\\a.psm1',
      },
    },
    { name: 'no script', match: false, columns: { script_path: 'C:\\a.ps1' } },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: { script_text: '[Reflection.Assembly]::Load([Convert]::FromBase64String($dll))' },
    },
  ],
})

const SCRIPT_MAX = 262_144

function loadsCode(script: string): boolean {
  const plain = plainPowerShell(script.slice(0, SCRIPT_MAX))
  const count = (words: readonly string[]) => words.filter(word => plain.includes(word)).length
  return count(BYTES) > 0 && (count(ASSEMBLY) > 0 || count(NATIVE) >= 2)
}
