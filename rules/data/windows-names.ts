/**
 * What CryptFindLocalizedName calls the store of trusted roots, which osquery writes into `certificates.store`: by its own
 * name, or in the language of Windows. Lower case. Source: certmgr.msc of Windows in these languages. An agent before 5.22
 * sends other letters than ASCII as `\xNN`; of such hosts the store is known by `path` only when Windows speaks English.
 */
export const ROOT_STORES = {
  checked: '2026-11-24',
  names: new Set([
    'root',
    'trusted root certification authorities',
    'vertrauenswürdige stammzertifizierungsstellen',
    'autorités de certification racines de confiance',
    'entidades de certificación raíz de confianza',
    'autorità di certificazione radice attendibili',
    'autoridades de certificação raiz confiáveis',
    'vertrouwde basiscertificeringsinstanties',
    '信頼されたルート証明機関',
    '受信任的根证书颁发机构',
  ]),
} as const

/**
 * Named pipes of tools that attackers bring, as `pipes.name` has them. Sources: the tools' own documentation and default
 * profiles (Cobalt Strike's "Malleable C2", Covenant, PAExec, RemCom, CSExec), published incident reports.
 */
export const ATTACK_PIPES = {
  checked: '2026-11-24',
  /** Lower case, in full: names that nothing else bears. */
  names: new Map([
    ['gruntsvc', 'Covenant'],
    ['remcom_communicaton', 'RemCom'],
    ['remcom_communication', 'RemCom'],
    ['csexecsvc', 'CSExec'],
    ['csexec', 'CSExec'],
    ['lsadump', 'a password dumper'],
    ['cachedump', 'a password dumper'],
    ['wceservicepipe', 'Windows Credentials Editor'],
    ['isapi_http', 'a known backdoor'],
    ['isapi_dg', 'a known backdoor'],
    ['isapi_dg2', 'a known backdoor'],
    ['ahexec', 'a known backdoor'],
    ['winsession', 'a known backdoor'],
    ['rpchlp_3', 'a known backdoor'],
    ['sdlrpc', 'a known backdoor'],
    ['pcheap_reuse', 'a known backdoor'],
    ['namepipe_morewindows', 'a known backdoor'],
    ['583da945-62af-10e8-4902-a8f205c72b2e', 'a known backdoor'],
  ]),
  /** Default names of Cobalt Strike, whose numbers are random. */
  patterns: [
    { pattern: /^msagent_[0-9a-f]{1,4}$/i, tool: 'Cobalt Strike' },
    { pattern: /^msse-[0-9a-f]{1,5}-server$/i, tool: 'Cobalt Strike' },
    { pattern: /^postex_(?:ssh_)?[0-9a-f]{1,4}$/i, tool: 'Cobalt Strike' },
    { pattern: /^dsernamepipe[0-9a-f]{1,4}$/i, tool: 'Cobalt Strike' },
    { pattern: /^mypipe-[fh][0-9a-f]{1,4}$/i, tool: 'Cobalt Strike' },
    { pattern: /^windows\.update\.manager[0-9a-f]{1,4}$/i, tool: 'Cobalt Strike' },
    { pattern: /^scerpc_?[0-9a-f]{1,4}$/i, tool: 'Cobalt Strike' },
  ],
  /** Tools that administrators use as well. */
  remoteExecution: [
    { pattern: /^psexesvc(?:-|$)/i, tool: 'PsExec' },
    { pattern: /^paexec(?:svc)?(?:-|_|$)/i, tool: 'PAExec' },
  ],
} as const
