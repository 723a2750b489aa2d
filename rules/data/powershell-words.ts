/**
 * Words that only attackers' tools have, as `plainPowerShell` reads them: lower case, strings joined. Sources: the tools'
 * own code (PowerSploit, Mimikatz, Empire, Nishang, PowerView, Rubeus, BloodHound's collector) and published ways around AMSI.
 */
export const POWERSHELL_ATTACK_WORDS = {
  checked: '2026-11-24',
  words: [
    { word: 'invoke-mimikatz', tool: 'Mimikatz' },
    { word: 'sekurlsa::', tool: 'Mimikatz' },
    { word: 'lsadump::', tool: 'Mimikatz' },
    { word: 'kerberos::golden', tool: 'Mimikatz' },
    { word: 'dumpcreds', tool: 'Mimikatz' },
    { word: 'invoke-dcsync', tool: 'DCSync' },
    { word: 'invoke-kerberoast', tool: 'Kerberoast' },
    { word: 'invoke-rubeus', tool: 'Rubeus' },
    { word: 'invoke-bloodhound', tool: 'BloodHound' },
    { word: 'invoke-sharphound', tool: 'BloodHound' },
    { word: 'invoke-reflectivepeinjection', tool: 'PowerSploit' },
    { word: 'invoke-shellcode', tool: 'PowerSploit' },
    { word: 'invoke-dllinjection', tool: 'PowerSploit' },
    { word: 'invoke-tokenmanipulation', tool: 'PowerSploit' },
    { word: 'out-minidump', tool: 'PowerSploit' },
    { word: 'get-gpppassword', tool: 'PowerSploit' },
    { word: 'invoke-userhunter', tool: 'PowerView' },
    { word: 'invoke-sharefinder', tool: 'PowerView' },
    { word: 'find-localadminaccess', tool: 'PowerView' },
    { word: 'invoke-powershelltcp', tool: 'Nishang' },
    { word: 'invoke-psgcat', tool: 'Nishang' },
    { word: 'invoke-psexec', tool: 'Empire' },
    { word: 'invoke-wmiexec', tool: 'Invoke-TheHash' },
    { word: 'invoke-smbexec', tool: 'Invoke-TheHash' },
    { word: 'invoke-inveigh', tool: 'Inveigh' },
    { word: 'invoke-powerdump', tool: 'PowerDump' },
    { word: 'invoke-ninjacopy', tool: 'NinjaCopy' },
    { word: 'invoke-allchecks', tool: 'PowerUp' },
    { word: 'amsiinitfailed', tool: 'A way around AMSI' },
    { word: 'amsiscanbuffer', tool: 'A way around AMSI' },
    { word: 'management.automation.amsiutils', tool: 'A way around AMSI' },
    { word: 'amsicontext', tool: 'A way around AMSI' },
  ],
} as const

/**
 * Hosts whose install scripts people are told to pipe into PowerShell, by the pages of those projects: Chocolatey, Scoop,
 * winget and .NET (aka.ms, dot.net), Rustup, Deno, Bun, uv, PowerShell Gallery.
 */
export const INSTALL_SCRIPT_HOSTS = {
  checked: '2026-11-24',
  hosts: new Set([
    'aka.ms',
    'astral.sh',
    'bun.sh',
    'chocolatey.org',
    'community.chocolatey.org',
    'deno.land',
    'dot.net',
    'get.scoop.sh',
    'onegetcdn.azureedge.net',
    'static.rust-lang.org',
    'win.rustup.rs',
    'www.powershellgallery.com',
  ]),
} as const
